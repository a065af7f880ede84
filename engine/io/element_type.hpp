// The number types of files and of other engines, some of which C++ has no type for. Values pass
// through double, which holds those of all of them but large int64.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace oscillon {

enum class ElementType { fp64, fp32, fp16, bf16, int8, int16, int32, int64 };

// In the order of the enumeration.
std::span<const ElementType> element_types();

// "fp64" and so on. Throws Error(usage) for another name.
std::string_view name_of(ElementType type);
ElementType element_type_from_name(std::string_view name);

std::size_t bytes_of(ElementType type);
bool is_floating(ElementType type);

// Bits of the significand, the implicit one included; for integers the bits of the greatest value.
int precision_of(ElementType type);

double greatest_of(ElementType type);

// Whether the type has this very value.
bool holds(ElementType type, double value);

// The nearest value of the type, of two equally near ones the even one. For floating point what is
// too large becomes an infinity; for integers Error(bad_data), as for NaN.
double rounded(ElementType type, double value);

// The bits of a value that the type holds, in the low bits; and the value of such bits.
std::uint64_t encoded(ElementType type, double value);
double decoded(ElementType type, std::uint64_t bits);

// The bits of a whole number, which may be one that double does not have. Throws Error(bad_data)
// when the type does not hold it.
std::uint64_t encoded_whole(ElementType type, std::int64_t value);

}  // namespace oscillon
