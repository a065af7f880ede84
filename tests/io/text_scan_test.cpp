#include "engine/io/text_scan.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>

#include "oscillon/algebra/matrix.hpp"
#include "tests/error_of.hpp"

namespace oscillon {

using testing::error_of;

namespace {

// One value a line, read with the smallest chunks, so that every line end is a border.
template <Value T>
ValueArray<T> values_in(std::string_view text, std::size_t longest_line = 64, int threads = 2) {
  ScanOptions options;
  options.threads = threads;
  options.chunk_bytes = 1;
  options.longest_line = longest_line;
  ValueArray<T> all;
  for (const auto& chunk :
       scan_lines<ValueArray<T>>("f", text, options, [](LineScanner&line, ValueArray<T>&into) {
         into.push_back(line.value<T>());
         line.end();
       })) {
    all.insert(all.end(), chunk.begin(), chunk.end());
  }
  return all;
}

template <Value T>
std::string error_in(std::string_view text) {
  return error_of([&] { values_in<T>(text); });
}

}  // namespace

TEST_CASE("every accepted spelling of a number") {
  CHECK(values_in<double>("1\n-0.5\n.5\n2.\n6.25e-02\n1E3\n1e+2\n-0\n00012\n") ==
        std::vector<double>{1, -0.5, 0.5, 2, 0.0625, 1000, 100, 0, 12});
  CHECK(values_in<float>("0.1\n3.4028235e38\n") ==
        std::vector<float>{0.1F, std::numeric_limits<float>::max()});
  CHECK(values_in<std::int8_t>("-128\n127\n") == std::vector<std::int8_t>{-128, 127});
  CHECK(values_in<std::uint8_t>("0\n255\n") == std::vector<std::uint8_t>{0, 255});
  CHECK(values_in<std::int64_t>("-9223372036854775808\n9223372036854775807\n") ==
        std::vector<std::int64_t>{std::numeric_limits<std::int64_t>::min(),
                                  std::numeric_limits<std::int64_t>::max()});
  CHECK(values_in<std::uint64_t>("18446744073709551615") ==
        std::vector<std::uint64_t>{std::numeric_limits<std::uint64_t>::max()});
  CHECK(values_in<bool>("0\n1\n") == std::vector<std::uint8_t>{0, 1});
}

TEST_CASE("every refused spelling has its own message") {
  CHECK(error_in<double>("nan\n") ==
        "f:1:1: error: the value is NaN; only finite numbers are accepted");
  CHECK(error_in<double>("-NaN\n") ==
        "f:1:1: error: the value is NaN; only finite numbers are accepted");
  CHECK(error_in<double>("inf\n") ==
        "f:1:1: error: the value is infinite; only finite numbers are accepted");
  CHECK(error_in<double>("-Infinity\n") ==
        "f:1:1: error: the value is infinite; only finite numbers are accepted");
  CHECK(error_in<double>("+1\n") == "f:1:1: error: the value \"+1\" has a leading +; leave it out");
  CHECK(error_in<double>("1,5\n") ==
        "f:1:1: error: the value \"1,5\" has a decimal comma; write a point");
  CHECK(error_in<double>("1.0D+00\n") ==
        "f:1:1: error: the value \"1.0D+00\" has a Fortran exponent; write E for D");
  CHECK(error_in<double>("12x\n") == "f:1:3: error: bytes follow the value \"12\": \"x\"");
  CHECK(error_in<double>("0x10\n") == "f:1:2: error: bytes follow the value \"0\": \"x10\"");
  CHECK(error_in<double>("1e\n") == "f:1:2: error: bytes follow the value \"1\": \"e\"");
  CHECK(error_in<double>("1 \n") == "f:1:2: error: bytes follow the value \"1\": \" \"");
  CHECK(error_in<double>("-\n") == "f:1:1: error: the value \"-\" is not a number");
  CHECK(error_in<double>(".\n") == "f:1:1: error: the value \".\" is not a number");
  CHECK(error_in<double>("\t1\n") == "f:1:1: error: the value is missing");
  CHECK(error_in<double>("1\t2\n") ==
        "f:1:2: error: the line goes on after its last column: \"?2\"");
  CHECK(error_in<std::int32_t>("1.5\n") ==
        "f:1:1: error: the value \"1.5\" is not an integer, as int32 needs");
  CHECK(error_in<std::int32_t>("1e3\n") ==
        "f:1:1: error: the value \"1e3\" is not an integer, as int32 needs");
  CHECK(error_in<std::int32_t>("nan\n") == "f:1:1: error: the value \"nan\" is not a number");
  CHECK(error_in<std::uint16_t>("-1\n") == "f:1:1: error: the value \"-1\" is negative");
  CHECK(error_in<bool>("2\n") == "f:1:1: error: a truth value must be 0 or 1");
}

TEST_CASE("a value beyond its type is refused, one step before it is not") {
  CHECK(error_in<double>("1e400\n") ==
        "f:1:1: error: the value \"1e400\" is out of the range of fp64");
  CHECK(error_in<double>("1e-400\n") ==
        "f:1:1: error: the value \"1e-400\" is out of the range of fp64");
  CHECK(error_in<float>("1e39\n") ==
        "f:1:1: error: the value \"1e39\" is out of the range of fp32");
  CHECK(error_in<std::int8_t>("128\n") ==
        "f:1:1: error: the value \"128\" is out of the range of int8");
  CHECK(error_in<std::int8_t>("-129\n") ==
        "f:1:1: error: the value \"-129\" is out of the range of int8");
  CHECK(error_in<std::uint64_t>("18446744073709551616\n") ==
        "f:1:1: error: the value \"18446744073709551616\" is out of the range of uint64");
  CHECK(error_in<bool>("256\n") == "f:1:1: error: the value \"256\" is out of the range of bool");
}

TEST_CASE("line ends") {
  CHECK(values_in<double>("1\r\n2\r\n") == std::vector<double>{1, 2});
  CHECK(values_in<double>("1\n2") == std::vector<double>{1, 2});
  CHECK(values_in<double>("").empty());
  CHECK(error_in<double>("\n") == "f:1:1: error: the line is empty");
  CHECK(error_in<double>("1\n\n2\n") == "f:2:1: error: the line is empty");
  CHECK(error_in<double>("1\r\n\r\n2\r\n") == "f:2:1: error: the line is empty");
  CHECK(error_in<double>("1\n2\n\n") == "f:3:1: error: the line is empty");
  CHECK(error_in<double>("1\r2\n") == "f:1:2: error: bytes follow the value \"1\": \"?2\"");
}

TEST_CASE("a NUL byte is refused where it stands") {
  CHECK(error_in<double>(std::string_view("1\n2\0\n", 5)) ==
        "f:2:2: error: the line has a NUL byte");
}

TEST_CASE("a line may be as long as the cap and no longer, whatever its end") {
  for (const char* end : {"", "\n", "\r\n", "\n5\n"}) {
    CAPTURE(end);
    const std::string tail = end;
    CHECK(values_in<double>("0.25" + tail, 4).front() == 0.25);
    CHECK(error_of([&] { values_in<double>("1\n0.125" + tail, 4); }) ==
          "f:2:1: error: the line is longer than 4 bytes");
  }
  CHECK(error_of([&] { values_in<double>(std::string(100'000, '1')); }) ==
        "f:1:1: error: the line is longer than 64 bytes");
}

TEST_CASE("a long field is cut in the message and control bytes are not repeated") {
  CHECK(error_in<double>("x\x1b[31m" + std::string(50, 'y')) ==
        "f:1:1: error: the value \"x?[31m" + std::string(34, 'y') + "…\" is not a number");
}

TEST_CASE("the first fault in the text is the one reported, for any threads and chunks") {
  std::string text;
  for (int line = 1; line <= 2000; ++line) text += line % 300 == 0 ? "oops\n" : "1\n";
  for (const int threads : {1, 2, 3, 8}) {
    for (const std::size_t chunk : {1, 7, 64, 1000, 1 << 20}) {
      CAPTURE(threads);
      CAPTURE(chunk);
      ScanOptions options;
      options.threads = threads;
      options.chunk_bytes = chunk;
      struct Nothing {};
      CHECK(error_of([&] {
              scan_lines<Nothing>("f", text, options,
                                  [](LineScanner& line, Nothing&) { line.value<double>(); });
            }) == "f:300:1: error: the value \"oops\" is not a number");
    }
  }
}

TEST_CASE("chunks end at line ends, cover the text and keep its order") {
  const std::string text = "a\nbb\n\nccc\nd";
  //                        0 2    5 6   10
  CHECK(chunk_borders(text, 1) == std::vector<std::size_t>{0, 2, 5, 6, 10, 11});
  CHECK(chunk_borders(text, 3) == std::vector<std::size_t>{0, 5, 10, 11});
  CHECK(chunk_borders(text, 100) == std::vector<std::size_t>{0, 11});
  CHECK(chunk_borders(text, 0) == chunk_borders(text, 1));
  CHECK(chunk_borders("", 5) == std::vector<std::size_t>{0, 0});
}

}  // namespace oscillon
