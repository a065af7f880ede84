#include "oscillon/io/keyed_tsv.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <random>

#include "tests/error_of.hpp"
#include "tests/io/gzip.hpp"
#include "tests/temporary_folder.hpp"

namespace oscillon {

using testing::contents_of;
using testing::error_of;
using testing::fails_with;
using testing::gzipped;
using testing::TemporaryFolder;

namespace {

constexpr KeyedFormat tab = KeyedFormat::tab_separated;
constexpr KeyedFormat comma = KeyedFormat::comma_separated;

template <Value T = double>
std::string error_in(std::string_view text, KeyedFormat format = tab) {
  const std::string error = error_of([&] { parse_array<T>(text, "f", format); });
  ScanOptions smallest;
  smallest.chunk_bytes = 1;
  smallest.threads = 3;
  CHECK(error_of([&] { parse_array<T>(text, "f", format, Collision::none, smallest); }) == error);
  return error;
}

template <Value T>
AssocArray<T> array_of(const std::vector<std::string_view>& k1,
                       const std::vector<std::string_view>& k2, const ValueArray<T>& v) {
  return AssocArray<T>::from_triples(k1, k2, v);
}

}  // namespace

TEST_CASE("an entry a line: row key, column key, value") {
  const auto A = parse_array<double>("cat\tlegs\t4\nbird\tlegs\t2\nbird\twings\t2\n", "f", tab);
  CHECK(A.entries() == 3);
  CHECK(A.at("bird", "wings") == 2);
  CHECK(A.at("cat", "legs") == 4);
  CHECK(!A.at("cat", "wings"));
  CHECK(array_text(A) == "bird\tlegs\t2\nbird\twings\t2\ncat\tlegs\t4\n");
  CHECK(array_text(A, comma) == "bird,legs,2\nbird,wings,2\ncat,legs,4\n");
}

TEST_CASE("the format follows from the name") {
  CHECK(keyed_format_of("a.csv") == comma);
  CHECK(keyed_format_of("a.csv.gz") == comma);
  CHECK(keyed_format_of("a.tsv") == tab);
  CHECK(keyed_format_of("csv") == tab);
}

TEST_CASE("no lines, no entries") {
  for (const KeyedFormat format : {tab, comma}) {
    const auto A = parse_array<float>("", "f", format);
    CHECK(A.entries() == 0);
    CHECK(array_text(A, format).empty());
  }
}

TEST_CASE("keys with separators, quotes, escapes and line ends come back from both formats") {
  const std::vector<std::string_view> keys{"",     "a\tb", "a\nb", "a\r\nb", "a\\b", "a\\nb",
                                           "a\"b", "\"",   "a,b",  " a ",    "ä",    "\xff\x01",
                                           "\\",   "\"\"", "\r",   "\n"};
  const ValueArray<double> values(keys.size(), 0.1);
  const auto A = array_of<double>(keys, std::vector(keys.rbegin(), keys.rend()), values);
  for (const KeyedFormat format : {tab, comma}) {
    const std::string text = array_text(A, format);
    CHECK(equal(parse_array<double>(text, "f", format), A));
    CHECK(array_text(parse_array<double>(text, "f", format), format) == text);
  }
  CHECK(array_text(array_of<double>({"a\tb\\"}, {"c\n\r"}, {1})) == "a\\tb\\\\\tc\\n\\r\t1\n");
  CHECK(array_text(array_of<double>({"a,\"b\""}, {"c\nd"}, {1}), comma) ==
        "\"a,\"\"b\"\"\",\"c\nd\",1\n");
}

TEST_CASE_TEMPLATE("extreme values of every type come back exactly", T, bool, std::int8_t,
                   std::int16_t, std::int32_t, std::int64_t, std::uint8_t, std::uint16_t,
                   std::uint32_t, std::uint64_t, float, double) {
  using Limits = std::numeric_limits<T>;
  ValueArray<T> values{Limits::lowest(), Limits::max(), Limits::min(), T(0), T(1)};
  if constexpr (std::is_floating_point_v<T>) values[4] = Limits::denorm_min();
  const auto A = array_of<T>({"a", "b", "c", "d", "e"}, {"k", "k", "k", "k", "k"}, values);
  for (const KeyedFormat format : {tab, comma}) {
    CHECK(equal(parse_array<T>(array_text(A, format), "f", format), A));
  }
}

TEST_CASE("truth values are written 0 and 1") {
  CHECK(array_text(array_of<bool>({"a", "b"}, {"k", "k"}, {1, 0})) == "a\tk\t1\nb\tk\t0\n");
}

TEST_CASE("each malformed tab-separated line has its own message") {
  CHECK(error_in("a\n") == "f:1:2: error: the line ends before the column key");
  CHECK(error_in("a\tb\n") == "f:1:4: error: the line ends before the value");
  CHECK(error_in("a\tb\t\n") == "f:1:5: error: the value is missing");
  CHECK(error_in("a\tb\t1\tc\n") == "f:1:6: error: the line goes on after its last column: \"?c\"");
  CHECK(error_in("a\tb\t1\n\nc\td\t1\n") == "f:2:1: error: the line is empty");
  CHECK(error_in("a\tb\tx\n") == "f:1:5: error: the value \"x\" is not a number");
  CHECK(error_in("a\tb\tnan\n") ==
        "f:1:5: error: the value is NaN; only finite numbers are accepted");
  CHECK(error_in<bool>("a\tb\t2\n") == "f:1:5: error: a truth value must be 0 or 1");
  CHECK(error_in<std::uint8_t>("a\tb\t256\n") ==
        "f:1:5: error: the value \"256\" is out of the range of uint8");
  CHECK(error_in<std::int64_t>("a\tb\t1.5\n") ==
        "f:1:5: error: the value \"1.5\" is not an integer, as int64 needs");
  const std::string escape = "a backslash in a key must be followed by t, n, r or another one";
  CHECK(error_in("a\tb\t1\na\\x\tb\t1\n") == "f:2:2: error: " + escape);
  CHECK(error_in("a\tb\\\t1\n") == "f:1:4: error: " + escape);
  CHECK(error_in(std::string_view("a\0\tb\t1\n", 7)) == "f:1:2: error: the line has a NUL byte");
  CHECK(error_in("a\tb\t1\n" + std::string((1 << 20) + 1, 'k')) ==
        "f:2:1: error: the line is longer than 1048576 bytes");
}

TEST_CASE("each malformed comma-separated line has its own message") {
  CHECK(error_in("a\n", comma) == "f:1:2: error: the line ends before the column key");
  CHECK(error_in("a,b\n", comma) == "f:1:4: error: the line ends before the value");
  CHECK(error_in("a,b,\n", comma) == "f:1:5: error: the value is missing");
  CHECK(error_in("a,b,\r\n", comma) == "f:1:5: error: the value is missing");
  CHECK(error_in("a,b,", comma) == "f:1:5: error: the value is missing");
  CHECK(error_in("a,b,1,c\n", comma) ==
        "f:1:6: error: the line goes on after its last column: \",c\"");
  CHECK(error_in("a,b,1\n\r\nc,d,1\n", comma) == "f:2:1: error: the line is empty");
  CHECK(error_in("a,b\"c,1\n", comma) == "f:1:4: error: a quote inside an unquoted field");
  CHECK(error_in("a,b,1\na,\"b,1\nc,d,1\n", comma) == "f:2:3: error: the quote is never closed");
  CHECK(error_in("\"a\"x,b,1\n", comma) ==
        "f:1:4: error: bytes follow the closing quote of a field");
  CHECK(error_in("a,b,\"1\"\n", comma) == "f:1:5: error: the value \"\"1\"\" is not a number");
  CHECK(error_in("\"two\nlines\",b,x\n", comma) ==
        "f:2:10: error: the value \"x\" is not a number");
  for (const char* nul : {"\"a\0\",b,1\n", "  a\0,b,1\n"}) {
    CHECK(error_in(std::string_view(nul, 9), comma).ends_with("error: the line has a NUL byte"));
  }
}

TEST_CASE("an entry that stands twice names the keys and both lines, unless a rule combines") {
  const std::string text = "a\tb\t1\nc\td\t5\na\tb\t2\n";
  CHECK(error_in(text) == "f:3:1: error: the entry (\"a\", \"b\") stands on line 1 already");
  CHECK(error_in("\"a\nb\",c,1\n\"a\nb\",c,2\n", comma) ==
        "f:3:1: error: the entry (\"a?b\", \"c\") stands on line 1 already");
  CHECK(parse_array<double>(text, "f", tab, Collision::sum).at("a", "b") == 3);
  CHECK(parse_array<double>(text, "f", tab, Collision::last).at("a", "b") == 2);
  CHECK(parse_array<double>("a\tbc\t1\nab\tc\t2\n", "f", tab).entries() == 2);
}

TEST_CASE("arrays come back from files, plain and gzipped") {
  const TemporaryFolder folder;
  const auto A = array_of<float>({"r1", "r2"}, {"c,1", "c2"}, {0.1F, -3});
  for (const char* name : {"a.tsv", "a.csv"}) {
    const std::string path = folder.at(name);
    write_array(path, A);
    CHECK(equal(read_array<float>(path), A));
    folder.write(std::string(name) + ".gz", gzipped(contents_of(path)));
    CHECK(equal(read_array<float>(path + ".gz"), A));
  }
  const std::string bad = folder.write("bad.tsv", "r\tc\tx\n");
  CHECK(error_of([&] { read_array<float>(bad); }) ==
        bad + ":1:5: error: the value \"x\" is not a number");
}

TEST_CASE("a key that the format cannot hold is refused and leaves no file") {
  const TemporaryFolder folder;
  const auto A = array_of<double>({std::string_view("a\0b", 3)}, {"c"}, {1});
  CHECK(error_of([&] { write_array(folder.at("a.tsv"), A); }) ==
        "the key \"a?b\" has a NUL byte, which a text file cannot hold");
  CHECK(folder.files() == 0);
  CHECK(fails_with(Fault::cannot_create, [&] { write_array(folder.at("none/a.tsv"), A); }));
}

TEST_CASE("every prefix is read or refused") {
  const std::string lines = "a\\tb\tc\t1\nd\te\t-2.5\n";
  const std::string quoted = "\"a,\"\"b\"\"\",c,1\r\n\"d\ne\",f,-2.5\n";
  for (const auto& [text, format] : {std::pair{lines, tab}, std::pair{quoted, comma}}) {
    for (std::size_t size = 0; size <= text.size(); ++size) {
      CAPTURE(size);
      Index entries = 99;
      const std::string error = error_of(
          [&] { entries = parse_array<double>(text.substr(0, size), "f", format).entries(); });
      CHECK((error.starts_with("f:") || entries <= 2));
    }
  }
}

TEST_CASE("random bytes as keys come back, and random bytes as text never crash") {
  std::mt19937_64 random(7);
  const std::string_view alphabet = "ab\t\n\r\\,\"1\xc3";
  const auto random_text = [&](std::size_t longest) {
    std::string text(random() % (longest + 1), ' ');
    for (char& c : text) c = alphabet[random() % alphabet.size()];
    return text;
  };
  for (int trial = 0; trial < 300; ++trial) {
    const KeyedFormat format = trial % 2 == 0 ? tab : comma;
    std::vector<std::string> keys;
    for (int i = 0; i < 16; ++i) keys.push_back(random_text(6));
    const std::vector<std::string_view> rows(keys.begin(), keys.begin() + 8);
    const std::vector<std::string_view> columns(keys.begin() + 8, keys.end());
    const auto A = AssocArray<std::int32_t>::from_triples(rows, columns, {1, 2, 3, 4, 5, 6, 7, 8},
                                                          Collision::max);
    const std::string text = array_text(A, format);
    ScanOptions smallest;
    smallest.chunk_bytes = 1;
    CHECK(equal(parse_array<std::int32_t>(text, "f", format, Collision::none, smallest), A));

    const std::string noise = random_text(40);
    const std::string error = error_of([&] {
      const auto B = parse_array<std::int32_t>(noise, "f", format);
      CHECK(equal(parse_array<std::int32_t>(array_text(B, format), "f", format), B));
    });
    CHECK((error == "no error" || error.starts_with("f:")));
  }
}

}  // namespace oscillon
