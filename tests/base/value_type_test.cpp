// Number types bit by bit: every pattern of the 16-bit ones, rounding at ties and edges.
#include "oscillon/base/value_type.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "tests/error_of.hpp"

using namespace oscillon;
using testing::fails_with;

TEST_CASE("every pattern of 8 and 16 bits comes back") {
  for (const ValueType type :
       {ValueType::fp16, ValueType::bf16, ValueType::int16, ValueType::int8}) {
    int wrong = 0;
    for (std::uint64_t bits = 0; bits < std::uint64_t{1} << (8 * bytes_of(type)); ++bits) {
      const double value = decoded(type, bits);
      if (std::isnan(value)) {
        wrong += !std::isnan(decoded(type, encoded(type, value)));
      } else {
        wrong += !holds(type, value) || encoded(type, value) != bits;
      }
    }
    CHECK_MESSAGE(wrong == 0, name_of(type));
  }
}

TEST_CASE("known patterns") {
  CHECK(encoded(ValueType::fp16, 1) == 0x3C00);
  CHECK(encoded(ValueType::fp16, -2) == 0xC000);
  CHECK(encoded(ValueType::fp16, 65504) == 0x7BFF);
  CHECK(encoded(ValueType::fp16, std::ldexp(1.0, -24)) == 1);  // the least subnormal
  CHECK(encoded(ValueType::bf16, 1) == 0x3F80);
  CHECK(encoded(ValueType::int8, -1) == 0xFF);
  CHECK(encoded(ValueType::int64, -1) == ~std::uint64_t{0});
  CHECK(greatest_of(ValueType::fp16) == 65504);
  CHECK(greatest_of(ValueType::int16) == 32767);
  CHECK(greatest_of(ValueType::fp32) == double(std::numeric_limits<float>::max()));
}

TEST_CASE("rounding is to nearest, ties to even") {
  CHECK(rounded(ValueType::fp16, 2049) == 2048);
  CHECK(rounded(ValueType::fp16, 2051) == 2052);
  CHECK(rounded(ValueType::fp16, 65519) == 65504);
  CHECK(std::isinf(rounded(ValueType::fp16, 65520)));
  CHECK(rounded(ValueType::fp16, std::ldexp(1.0, -26)) == 0);
  CHECK(rounded(ValueType::fp16, std::ldexp(3.0, -26)) == std::ldexp(1.0, -24));
  CHECK(rounded(ValueType::bf16, 257) == 256);
  CHECK(rounded(ValueType::bf16, 259) == 260);
  CHECK(rounded(ValueType::int8, 2.5) == 2);
  CHECK(rounded(ValueType::int8, -127.6) == -128);
  CHECK(fails_with(Fault::bad_data, [] { rounded(ValueType::int8, 127.5); }));
  CHECK(fails_with(Fault::bad_data, [] { rounded(ValueType::int32, std::nan("")); }));
}

TEST_CASE("fp32 is the compiler's float") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const double value = std::bit_cast<double>(random());
    if (!std::isfinite(value) || std::abs(value) > 1e39) continue;
    const auto as_float = static_cast<float>(value);
    CHECK_UNARY(rounded(ValueType::fp32, value) == double(as_float));
    if (!std::isfinite(as_float)) continue;
    CHECK_UNARY(encoded(ValueType::fp32, as_float) == std::bit_cast<std::uint32_t>(as_float));
    CHECK_UNARY(decoded(ValueType::fp32, std::bit_cast<std::uint32_t>(as_float)) == as_float);
  }
  for (std::uint32_t bits : {1u, 0x007FFFFFu, 0x00800000u, 0x80000001u}) {  // around subnormals
    CHECK(encoded(ValueType::fp32, std::bit_cast<float>(bits)) == bits);
  }
}

TEST_CASE("names and what a type does not hold") {
  for (const ValueTypeRow& row : value_types) {
    const ValueType type = row.type;
    CHECK(value_type_from_name(name_of(type)) == type);
  }
  CHECK(fails_with(Fault::usage, [] { value_type_from_name("fp8"); }));
  CHECK(!holds(ValueType::fp16, 0.1));
  CHECK(!holds(ValueType::int8, 128));
  CHECK(!holds(ValueType::int32, 0.5));
  CHECK(fails_with(Fault::bad_data, [] { encoded(ValueType::bf16, 257); }));
}
