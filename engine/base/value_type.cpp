#include "oscillon/base/value_type.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "oscillon/base/error.hpp"

namespace oscillon {

namespace {

// The greatest exponent e of a value 1.xxx * 2^e, which is also the bias of the stored one.
int greatest_exponent(const ValueTypeRow& of) {
  return (1 << (of.exponent_bits - 1)) - 1;
}

}  // namespace

std::string in_words(const std::string_view* names, std::size_t count) {
  std::string words;
  for (std::size_t i = 0; i < count; ++i) {
    words += (i == 0 ? "" : i + 1 < count ? ", " : " and ") + std::string(names[i]);
  }
  return words;
}

void refuse_type_name(std::string_view name, const std::string_view* names, std::size_t count) {
  throw Error(Fault::usage, "no precision is called " + in_quotes(name) + ": there are " +
                                in_words(names, count));
}

ValueType value_type_from_name(std::string_view name) {
  std::array<std::string_view, value_types.size()> names;
  for (const ValueTypeRow& row : value_types) {
    if (row.name == name) return row.type;
    names[static_cast<std::size_t>(row.type)] = row.name;
  }
  refuse_type_name(name, names.data(), names.size());
}

double greatest_of(ValueType type) {
  const ValueTypeRow& of = row_of(type);
  if (!is_floating(type)) return std::ldexp(1.0, of.precision) - 1;  // int64: rounded up to 2^63
  return (2 - std::ldexp(1.0, 1 - of.precision)) * std::ldexp(1.0, greatest_exponent(of));
}

double rounded(ValueType type, double value) {
  const ValueTypeRow& of = row_of(type);
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

bool holds(ValueType type, double value) {
  if (is_floating(type)) return std::isnan(value) || rounded(type, value) == value;
  const double limit = std::ldexp(1.0, row_of(type).precision);
  return value == std::nearbyint(value) && value >= -limit && value < limit;
}

std::uint64_t encoded(ValueType type, double value) {
  const ValueTypeRow& of = row_of(type);
  if (!holds(type, value)) {
    throw Error(Fault::bad_data,
                std::string(of.name) + " does not hold " + std::to_string(value) + " exactly");
  }
  if (type == ValueType::fp64) return std::bit_cast<std::uint64_t>(value);
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

std::uint64_t encoded_whole(ValueType type, std::int64_t value) {
  if (type == ValueType::int64) return static_cast<std::uint64_t>(value);
  const auto as_double = static_cast<double>(value);
  if (!holds(ValueType::int64, as_double) || static_cast<std::int64_t>(as_double) != value) {
    throw Error(Fault::bad_data, std::string(name_of(type)) + " does not hold " +
                                     std::to_string(value) + " exactly");
  }
  return encoded(type, as_double);
}

double decoded(ValueType type, std::uint64_t bits) {
  const ValueTypeRow& of = row_of(type);
  if (type == ValueType::fp64) return std::bit_cast<double>(bits);
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
