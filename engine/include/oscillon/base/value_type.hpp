// The number types of files and of other engines, some of which C++ has no type for. Values pass
// through double, which holds those of all of them but large int64.
//
// A new type is an enumerator and a row of the table, both here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace oscillon {

enum class ValueType { fp64, fp32, fp16, bf16, int8, int16, int32, int64 };

// What sets a type apart, and what files call it.
struct ValueTypeRow {
  ValueType type;
  std::string_view name;
  std::size_t bytes;
  int precision;  // bits of the significand, the implicit one included, or of the greatest value
  int exponent_bits;  // 0 for integers
  std::string_view safetensors;
  std::string_view numpy;  // empty where numpy has no such type
};

// In the order of the enumeration.
inline constexpr std::array<ValueTypeRow, 8> value_types{
    {{ValueType::fp64, "fp64", 8, 53, 11, "F64", "<f8"},
     {ValueType::fp32, "fp32", 4, 24, 8, "F32", "<f4"},
     {ValueType::fp16, "fp16", 2, 11, 5, "F16", "<f2"},
     {ValueType::bf16, "bf16", 2, 8, 8, "BF16", ""},
     {ValueType::int8, "int8", 1, 7, 0, "I8", "|i1"},
     {ValueType::int16, "int16", 2, 15, 0, "I16", "<i2"},
     {ValueType::int32, "int32", 4, 31, 0, "I32", "<i4"},
     {ValueType::int64, "int64", 8, 63, 0, "I64", "<i8"}}};

constexpr const ValueTypeRow& row_of(ValueType type) {
  return value_types[static_cast<std::size_t>(type)];
}
constexpr std::string_view name_of(ValueType type) {
  return row_of(type).name;
}
constexpr std::size_t bytes_of(ValueType type) {
  return row_of(type).bytes;
}
constexpr int precision_of(ValueType type) {
  return row_of(type).precision;
}
constexpr bool is_floating(ValueType type) {
  return row_of(type).exponent_bits > 0;
}

// The type of a C++ type: a floating-point number of four or eight bytes, or a signed integer.
template <class T>
requires(std::is_arithmetic_v<T>&& std::is_signed_v<T>) constexpr ValueType value_type_of() {
  std::size_t row = 0;
  while (value_types[row].bytes != sizeof(T) ||
         (value_types[row].exponent_bits > 0) != std::is_floating_point_v<T>) {
    ++row;
  }
  return value_types[row].type;
}

// The type of this name. Throws Error(usage), naming those there are, for another.
ValueType value_type_from_name(std::string_view name);

// The names of several types, as "fp32, fp64 and int32".
std::string in_words(const std::string_view* names, std::size_t count);

double greatest_of(ValueType type);

// Whether the type has this very value.
bool holds(ValueType type, double value);

// The nearest value of the type, of two equally near ones the even one. For floating point what is
// too large becomes an infinity; for integers Error(bad_data), as for NaN.
double rounded(ValueType type, double value);

// The bits of a value that the type holds, in the low bits; and the value of such bits.
std::uint64_t encoded(ValueType type, double value);
double decoded(ValueType type, std::uint64_t bits);

// The bits of a whole number, which may be one that double does not have. Throws Error(bad_data)
// when the type does not hold it.
std::uint64_t encoded_whole(ValueType type, std::int64_t value);

// Calls visit.operator()<T>() for the one of these C++ types that has this name, and returns what
// it does. Throws Error(usage), naming those there are, for another.
[[noreturn]] void refuse_type_name(std::string_view name, const std::string_view* names,
                                   std::size_t count);
template <class First, class... Others, class Visit>
auto visit_type(std::string_view name, Visit&& visit) {
  static constexpr std::array<std::string_view, 1 + sizeof...(Others)> names{
      name_of(value_type_of<First>()), name_of(value_type_of<Others>())...};
  const auto visit_one = [&]<class T, class... Rest>(const auto& self) {
    if (name == name_of(value_type_of<T>())) return visit.template operator()<T>();
    if constexpr (sizeof...(Rest) > 0) {
      return self.template operator()<Rest...>(self);
    } else {
      refuse_type_name(name, names.data(), names.size());
    }
  };
  return visit_one.template operator()<First, Others...>(visit_one);
}

}  // namespace oscillon
