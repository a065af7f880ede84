#include "oscillon/algebra/table.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace oscillon;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::size_t characters(const std::string& line) {
  std::size_t count = 0;
  for (const char c : line) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

}  // namespace

TEST_CASE("a small array is shown whole") {
  const std::vector<std::string_view> k1{"a", "a", "bä"}, k2{"x", "long", "x"};
  const auto A = AssocArray<double>::from_triples(k1, k2, {0.5, -12, 0});
  CHECK(table(A) ==
        "   long   x\n"
        "a   -12 0.5\n"
        "bä        0\n"
        "2 rows x 2 columns, 3 entries\n");
}

TEST_CASE("small integers, truth values and chosen formats") {
  const std::vector<std::string_view> k{"k"};
  CHECK(table(AssocArray<std::int8_t>::from_triples(k, k, {65})) ==
        "   k\nk 65\n1 rows x 1 columns, 1 entries\n");
  CHECK(table(AssocArray<bool>::from_triples(k, k, {1})).find("k 1\n") != std::string::npos);
  TableOptions<double> options;
  options.format = [](double value) { return "<" + std::to_string(int(value)) + ">"; };
  CHECK(table(AssocArray<double>::from_triples(k, k, {3}), options).find("k <3>") !=
        std::string::npos);
}

TEST_CASE("a large array fits the terminal and shows its ends") {
  const KeySet keys = KeySet::numbered(1000);
  const auto I = AssocArray<double>::identity(keys);
  for (const std::size_t width : {20, 40, 80, 133}) {
    for (const std::size_t height : {6, 10, 24}) {
      const std::string text = table(I, {width, height, {}});
      const auto lines = lines_of(text);
      CHECK(lines.size() <= height);
      for (std::size_t i = 0; i + 1 < lines.size(); ++i) CHECK(characters(lines[i]) <= width);
      CHECK(text.find("0001") != std::string::npos);
      CHECK(text.find("1000") != std::string::npos);
      CHECK(text.find("⋮") != std::string::npos);
      CHECK(text.find("…") != std::string::npos);
      CHECK(lines.back().find("1000 rows x 1000 columns, 1000 entries; shown: ") == 0);
    }
  }
}

TEST_CASE("wide and combining characters take the columns that they take on a screen") {
  // Two wide characters are four columns; an e with a combining acute is one.
  const std::vector<std::string_view> rows{"\u6f22\u5b57", "e\u0301", "abcd"},
      columns{"k", "k", "k"};
  CHECK(table(AssocArray<int>::from_triples(rows, columns, {1, 2, 3})) ==
        "     k\nabcd 3\ne\u0301    2\n\u6f22\u5b57 1\n3 rows x 1 columns, 3 entries\n");
  const std::string long_key = [] {
    std::string key;
    for (int i = 0; i < 30; ++i) key += "\u6f22";
    return key;
  }();
  const std::vector<std::string_view> one{long_key}, k{"k"};
  const std::string text = table(AssocArray<int>::from_triples(one, k, {1}));
  CHECK(text.find(long_key.substr(0, 3 * 11) + "… 1") != std::string::npos);  // 22 of 23 columns
}

TEST_CASE("long keys are cut and control bytes do not reach the terminal") {
  const std::string key(100, 'k');
  const std::vector<std::string_view> k1{key}, k2{"a\tb"};
  const std::string text = table(AssocArray<double>::from_triples(k1, k2, {1}));
  CHECK(text.find("\n" + std::string(23, 'k') + "… ") != std::string::npos);
  CHECK(text.find("a?b") != std::string::npos);
  CHECK(table(AssocArray<double>()) == "\n0 rows x 0 columns, 0 entries\n");
}
