// Exact solutions that select words: the paper's section V, with its own words.
#include "oscillon/solutions/selective.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>

#include "tests/error_of.hpp"
#include "tests/solutions/exactness.hpp"

using namespace oscillon;
using testing::check_exact;
using testing::error_of;

namespace {

using Words = std::vector<std::string>;

const Words two_letters{"ad", "ah", "am", "as", "at", "be", "by", "do", "go", "ha",
                        "he", "hi", "ie", "if", "in", "it", "me", "mr", "ms", "my",
                        "no", "of", "oh", "ok", "on", "or", "pc", "pm", "re", "so",
                        "to", "tv", "uh", "up", "us", "vs", "we"};

KeySet positional(const std::string& position, std::string_view letters) {
  Words keys;
  for (const char letter : letters) keys.push_back(position + letter);
  return KeySet(keys);
}

template <class T>
void check_words(const Words& words, const Structure& structure) {
  Problem<T> problem = selective_problem<T>(words, structure);
  CHECK(problem.network.depth() == structure.layers());
  check_exact(std::move(problem));
}

void check_exact_everywhere(const Words& words, const Structure& structure = {}) {
  check_words<float>(words, structure);
  check_words<double>(words, structure);
  check_words<std::int32_t>(words, structure);
  check_words<std::int64_t>(words, structure);
}

}  // namespace

TEST_CASE("figure 6: the two-letter words, keys and entries as printed") {
  const Problem<float> problem = selective_problem<float>(two_letters);
  CHECK(problem.categories() == KeySet(two_letters));
  const KeyMerge features =
      KeyMerge::unite(positional("1", "abdghimnoprstuvw"), positional("2", "acdefhikmnoprstvy"));
  CHECK(problem.network.input_keys() == features.keys);
  const AssocArray<float> W = problem.network.weights(0);
  CHECK(W.entries() == 74);
  for (const std::string& word : two_letters) {
    CHECK(W.at(word, "1" + word.substr(0, 1)) == 1.f);
    CHECK(W.at(word, "2" + word.substr(1, 1)) == 1.f);
    CHECK(problem.network.bias(0).at(word, "bias") == -1.f);
    CHECK(problem.inputs.at("1" + word.substr(0, 1), word) == 1.f);
  }
  CHECK(problem.expected.entries() == 37);
}

TEST_CASE("the two-letter words are exact in every value type, layered and collapsed") {
  check_exact_everywhere(two_letters);
}

TEST_CASE("figures 7 and 8: windows of letters") {
  const Words three{"age", "all", "and", "any", "are", "art", "bed", "but", "can", "car", "the"};
  const Structure figure7 = sliding_windows(3, 2);
  CHECK(figure7.hidden == parse_structure("12,23", 3).hidden);
  const Problem<float> problem = selective_problem<float>(three, figure7);
  CHECK(problem.network.weights(0).at("1t2h", "1t") == 1.f);
  CHECK(problem.network.weights(0).at("1t2h", "2h") == 1.f);
  CHECK(!problem.network.weights(0).at("1t2h", "3e"));
  CHECK(problem.network.weights(1).at("the", "2h3e") == 1.f);
  CHECK(problem.network.keys(1).contains("1a2r"));  // are and art share it
  check_exact_everywhere(three, figure7);

  const Words four{"able", "also", "area", "back", "been", "best", "book", "call", "city", "code"};
  const Structure figure8 = sliding_windows(4, 3);
  CHECK(figure8.hidden == parse_structure("12,23,34;123,234", 4).hidden);
  check_exact_everywhere(four, figure8);
  check_exact_everywhere(four, parse_structure("12,34", 4));
  check_exact_everywhere(four, parse_structure("12,23,34;123,34", 4));
}

TEST_CASE("neurons have keys of their own, where a subset or a word comes again") {
  const Words four{"able", "also", "1b2l"};
  const Problem<float> problem = selective_problem<float>(four, parse_structure("23,14;23,14", 4));
  CHECK(problem.network.keys(1) == KeySet{"1a4e", "1a4o", "114l", "2b3l", "2l3s", "2b32"});
  CHECK(problem.network.keys(2).contains("2b3l'"));
  CHECK(problem.network.weights(1).at("2b3l'", "2b3l") == 1.f);
  check_exact_everywhere(four, parse_structure("23,14;23,14", 4));
  check_exact_everywhere({"1a", "ab"});
  check_exact_everywhere({"1able2l", "also123"}, parse_structure("12,1234567", 7));
  // "blxy" activates 1b2l, which is a word too.
  const Words tricky{"1b2l", "blxy"};
  CHECK(selective_problem<float>(tricky, parse_structure("12,34", 4))
            .network.keys(1)
            .contains("1b2l'"));
  check_exact_everywhere(tricky, parse_structure("12,34", 4));
}

TEST_CASE("random words of UTF-8 letters, random lengths") {
  std::mt19937 random(12);
  const Words alphabet{"a", "b", "ä", "€", "𝄞"};
  for (int round = 0; round < 10; ++round) {
    const std::size_t length = 1 + random() % 5;
    std::set<std::string> words;
    for (int i = 0; i < 30; ++i) {
      std::string word;
      for (std::size_t p = 0; p < length; ++p) word += alphabet[random() % alphabet.size()];
      words.insert(word);
    }
    const std::size_t most = std::max<std::size_t>(length, 2) - 1;
    check_words<double>(Words(words.begin(), words.end()),
                        sliding_windows(length, 1 + random() % most));
  }
}

TEST_CASE("records of named fields") {
  const Records records{{"colour=", "size=", "shape="},
                        {{"red", "big", "cube"}, {"red", "small", "cube"}, {"blue", "big", "ball"}},
                        {"first", "second", "third"},
                        "&"};
  auto problem = selective_problem<float>(records, parse_structure("12,23", 3));
  CHECK(problem.network.weights(0).at("colour=red&size=big", "size=big") == 1.f);
  CHECK(problem.network.weights(1).at("third", "size=big&shape=ball") == 1.f);
  check_exact(selective_problem<float>(records, parse_structure("12,23", 3)));
  const auto fault = [&](auto&& change) {
    Records changed = records;
    change(changed);
    return error_of([&] { selective_problem<float>(changed); });
  };
  CHECK(fault([](Records& r) { r.fields[1] = r.fields[0]; }) ==
        "the record \"second\" comes twice");
  CHECK(fault([](Records& r) { r.keys[1] = "first"; }) == "the record \"first\" comes twice");
  CHECK(fault([](Records& r) { r.fields[1].pop_back(); }) == "there are 2 fields, not 3");
  CHECK(fault([](Records& r) { r.labels[1] = "colour="; }) == "two fields have the same label");
  CHECK(fault([](Records& r) { r.fields[2][0] = "a&b"; }) ==
        "the feature \"colour=a&b\" holds \"&\", which separates the features in the keys of "
        "neurons");
  CHECK(fault([](Records& r) {
          r.labels = {"a", "a=b", "c"};
          r.fields[0] = {"=b=c", "=c", "x"};
        }) == "the feature \"a=b=c\" may belong to two fields");
  CHECK(fault([](Records& r) { r = {}; }) == "records need a key each, and there must be one");
}

TEST_CASE("a broken solution is not exact, and says where") {
  Problem<double> problem = selective_problem<double>({"ad", "ah", "be"});
  problem.network = Network<double>({problem.network.weights(0)}, {AssocArray<double>()});
  const Exactness result = is_exact(problem);
  CHECK(!result.exact);
  CHECK(result.difference ==
        "category \"ad\" answers the inputs of \"ad\" with "
        "2.000000 instead of 1.000000");
}

TEST_CASE("structures are read, and refused") {
  CHECK(parse_structure("", 4).layers() == 1);
  CHECK(parse_structure("12,34;1234", 4).layers() == 2);
  CHECK(parse_structure("1-2,3-10", 10).hidden[0][1] == ((1u << 9) | (1u << 2)));
  for (const char* text : {"12,34", "10-,12,2-10", "1,2;12"}) {
    CHECK(structure_text(parse_structure(text, 10)) == text);
  }
  CHECK(error_of([] { parse_structure("12,5", 4); }) ==
        "in the structure, \"5\" is not a set of positions from "
        "1 to 4");
  CHECK(error_of([] { parse_structure("12,34,21", 4); }) ==
        "the structure has the positions 21 twice in a layer");
  CHECK(error_of([] { parse_structure("12,,34", 4); }) ==
        "the structure has an empty set of positions");
  CHECK(error_of([] { parse_structure("1x", 4); }) ==
        "in the structure, \"1x\" is not a set of positions "
        "from 1 to 4");
  CHECK(error_of([] { require_cover(parse_structure("12,23", 4), 4); }) ==
        "the structure is not a cover: the positions 1234 of "
        "layer 2 are fed only 123 by the "
        "subsets of the layer below that lie inside");
  CHECK(error_of([] { sliding_windows(3, 3); }) ==
        "words of 3 letters have windows for 1 to 2 layers, not "
        "3");
  CHECK(sliding_windows(1, 1).layers() == 1);
}

TEST_CASE("word lists that are none are refused") {
  const auto fault = [](const Words& words) {
    return error_of([&] { selective_problem<float>(words); });
  };
  CHECK(fault({}) == "there are no words to select");
  CHECK(fault({"ab", "abc"}) ==
        "the words must have one length: \"ab\" has 2 letters "
        "and \"abc\" has 3");
  CHECK(fault({"ab", "cd", "ab"}) == "the word \"ab\" is number 1 already");
  for (const char* word : {"a\xC3", "\x80", "\xC1\xA1", "\xE0\x81\xA1", "\xED\xA0\x80",
                           "\xF4\x90\x80\x80", "\xF8\x88\x80\x80"}) {
    CHECK(fault({word}) == in_quotes(word) + " is not UTF-8 text");
  }
  CHECK(fault({""}) == "words must have from 1 to 64 letters, not 0");
}
