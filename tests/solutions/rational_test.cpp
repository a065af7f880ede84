// Rationals as text and scaled to whole numbers.
#include "oscillon/solutions/rational.hpp"

#include <doctest/doctest.h>

#include "tests/error_of.hpp"

using namespace oscillon;
using testing::fails_with;

TEST_CASE("a decimal is the number that it spells") {
  CHECK(parse_rational("0.8") == mpq_class(4, 5));
  CHECK(parse_rational(".5") == mpq_class(1, 2));
  CHECK(parse_rational("2.") == 2);
  CHECK(parse_rational("-1.25") == mpq_class(-5, 4));
  CHECK(parse_rational("6/4") == mpq_class(3, 2));
  CHECK(parse_rational("010") == 10);
  for (const char* text : {"", "-", ".", "1e3", "1/0", "/2", "1/", "+1", "1.5/2", "0x1", "1 ",
                           "1,5", "1.2.3", "1234567890123456789012345678901"}) {
    CHECK_MESSAGE(fails_with(Fault::usage, [&] { parse_rational(text); }), text);
  }
}

TEST_CASE("text of rationals") {
  for (const char* text : {"0.4", "0", "-0.05", "12", "-3", "2/3", "1.0625", "-5/7"}) {
    CHECK(text_of(parse_rational(text)) == text);
  }
}

TEST_CASE("grids") {
  const auto grid = parse_grid("0:2:0.05");
  REQUIRE(grid.size() == 41);
  CHECK(grid[20] == 1);
  CHECK(grid.back() == 2);
  CHECK(parse_grid("0:1:0.3").back() == mpq_class(9, 10));
  CHECK(parse_grid("1/3") == std::vector<mpq_class>{mpq_class(1, 3)});
  for (const char* text : {"0:1", "0:1:0", "1:0:0.1", "0:1:0.1:2", "0:1000000:0.1"}) {
    CHECK_MESSAGE(fails_with(Fault::usage, [&] { parse_grid(text); }), text);
  }
}

TEST_CASE("scaling to whole numbers") {
  CHECK(common_denominator({mpq_class(4, 5), mpq_class(1, 4), 3}) == 20);
  CHECK(common_denominator({}) == 1);
  CHECK(scaled(mpq_class(4, 5), 20) == 16);
  CHECK(fails_with(Fault::usage, [] { scaled(mpq_class(1, 3), 20); }));
  CHECK(fails_with(Fault::usage, [] { common_denominator({parse_rational("0.00000000000001")}); }));
}

TEST_CASE("the nearest double is the compiler's") {
  CHECK(nearest_double(parse_rational("0.8")) == 0.8);
  CHECK(nearest_double(parse_rational("0.9")) == 0.9);
  CHECK(nearest_double(parse_rational("-0.1")) == -0.1);
  CHECK(nearest_double(mpq_class(1, 3)) == 1.0 / 3);
  CHECK(nearest_double(0) == 0);
}
