#include "engine/io/element_type.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "oscillon/base/error.hpp"

namespace oscillon {

namespace {

// What sets a type apart. `exponent_bits` is 0 for integers.
struct Traits {
  ElementType type;
  std::string_view name;
  std::size_t bytes;
  int precision;
  int exponent_bits;
};

constexpr std::array<Traits, 8> all_traits{{{ElementType::fp64, "fp64", 8, 53, 11},
                                            {ElementType::fp32, "fp32", 4, 24, 8},
                                            {ElementType::fp16, "fp16", 2, 11, 5},
                                            {ElementType::bf16, "bf16", 2, 8, 8},
                                            {ElementType::int8, "int8", 1, 7, 0},
                                            {ElementType::int16, "int16", 2, 15, 0},
                                            {ElementType::int32, "int32", 4, 31, 0},
                                            {ElementType::int64, "int64", 8, 63, 0}}};

constexpr std::array<ElementType, 8> all_types{
    ElementType::fp64, ElementType::fp32,  ElementType::fp16,  ElementType::bf16,
    ElementType::int8, ElementType::int16, ElementType::int32, ElementType::int64};

const Traits& traits(ElementType type) {
  return all_traits[static_cast<std::size_t>(type)];
}

// The greatest exponent e of a value 1.xxx * 2^e, which is also the bias of the stored one.
int greatest_exponent(const Traits& of) {
  return (1 << (of.exponent_bits - 1)) - 1;
}

}  // namespace

std::span<const ElementType> element_types() {
  return all_types;
}

std::string_view name_of(ElementType type) {
  return traits(type).name;
}

ElementType element_type_from_name(std::string_view name) {
  for (const Traits& of : all_traits) {
    if (of.name == name) return of.type;
  }
  throw Error(Fault::usage, "no precision is called " + in_quotes(name) +
                                ": there are fp64, fp32, fp16, bf16, int8, int16, int32 and int64");
}

std::size_t bytes_of(ElementType type) {
  return traits(type).bytes;
}

bool is_floating(ElementType type) {
  return traits(type).exponent_bits > 0;
}

int precision_of(ElementType type) {
  return traits(type).precision;
}

double greatest_of(ElementType type) {
  const Traits& of = traits(type);
  if (!is_floating(type)) return std::ldexp(1.0, of.precision) - 1;  // int64: rounded up to 2^63
  return (2 - std::ldexp(1.0, 1 - of.precision)) * std::ldexp(1.0, greatest_exponent(of));
}

double rounded(ElementType type, double value) {
  const Traits& of = traits(type);
  if (!is_floating(type)) {
    const double whole = std::nearbyint(value);
    const double limit = std::ldexp(1.0, of.precision);
    if (!(whole >= -limit && whole < limit)) {
      throw Error(Fault::bad_data,
                  std::to_string(value) + " does not fit in " + std::string(of.name));
    }
    return whole == 0 ? 0 : whole;
  }
  if (value == 0 || !std::isfinite(value)) return value;
  // The spacing of the type's values around this one; below the least exponent it stays.
  const int least = 1 - greatest_exponent(of);
  const int spacing = std::max(std::ilogb(value), least) - (of.precision - 1);
  const double near = std::ldexp(std::nearbyint(std::ldexp(value, -spacing)), spacing);
  return std::abs(near) > greatest_of(type)
             ? std::copysign(std::numeric_limits<double>::infinity(), near)
             : near;
}

bool holds(ElementType type, double value) {
  if (is_floating(type)) return std::isnan(value) || rounded(type, value) == value;
  const double limit = std::ldexp(1.0, traits(type).precision);
  return value == std::nearbyint(value) && value >= -limit && value < limit;
}

std::uint64_t encoded(ElementType type, double value) {
  const Traits& of = traits(type);
  if (!holds(type, value)) {
    throw Error(Fault::bad_data,
                std::string(of.name) + " does not hold " + std::to_string(value) + " exactly");
  }
  if (type == ElementType::fp64) return std::bit_cast<std::uint64_t>(value);
  if (!is_floating(type)) {
    const auto bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
    return of.bytes == 8 ? bits : bits & ((std::uint64_t{1} << (8 * of.bytes)) - 1);
  }
  const int stored = of.precision - 1;  // bits of the significand
  const std::uint64_t sign = std::signbit(value) ? std::uint64_t{1} << (8 * of.bytes - 1) : 0;
  const std::uint64_t top = ((std::uint64_t{1} << of.exponent_bits) - 1) << stored;
  if (std::isnan(value)) return sign | top | std::uint64_t{1} << (stored - 1);
  if (std::isinf(value)) return sign | top;
  if (value == 0) return sign;
  const int bias = greatest_exponent(of);
  const int exponent = std::max(std::ilogb(value), 1 - bias);
  // A subnormal value lacks the leading one, and adding the exponent field 0 leaves it so.
  const auto significand =
      static_cast<std::uint64_t>(std::ldexp(std::abs(value), stored - exponent));
  const bool normal = (significand >> stored) != 0;
  const auto field = static_cast<std::uint64_t>(normal ? exponent + bias : 0);
  return sign | field << stored | (significand & ((std::uint64_t{1} << stored) - 1));
}

std::uint64_t encoded_whole(ElementType type, std::int64_t value) {
  if (type == ElementType::int64) return static_cast<std::uint64_t>(value);
  const auto as_double = static_cast<double>(value);
  if (!holds(ElementType::int64, as_double) || static_cast<std::int64_t>(as_double) != value) {
    throw Error(Fault::bad_data, std::string(name_of(type)) + " does not hold " +
                                     std::to_string(value) + " exactly");
  }
  return encoded(type, as_double);
}

double decoded(ElementType type, std::uint64_t bits) {
  const Traits& of = traits(type);
  if (type == ElementType::fp64) return std::bit_cast<double>(bits);
  if (!is_floating(type)) {
    const int unused = 64 - 8 * static_cast<int>(of.bytes);
    return static_cast<double>(static_cast<std::int64_t>(bits << unused) >> unused);
  }
  const int stored = of.precision - 1;
  const int bias = greatest_exponent(of);
  const std::uint64_t top = (std::uint64_t{1} << of.exponent_bits) - 1;
  const std::uint64_t field = bits >> stored & top;
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << stored) - 1);
  const bool negative = (bits >> (8 * of.bytes - 1) & 1) != 0;
  double value;
  if (field == top) {
    value = fraction == 0 ? std::numeric_limits<double>::infinity()
                          : std::numeric_limits<double>::quiet_NaN();
  } else if (field == 0) {
    value = std::ldexp(static_cast<double>(fraction), 1 - bias - stored);
  } else {
    value = std::ldexp(static_cast<double>(fraction | std::uint64_t{1} << stored),
                       static_cast<int>(field) - bias - stored);
  }
  return negative ? -value : value;
}

}  // namespace oscillon
