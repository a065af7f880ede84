// Exact rationals: how beta, r and thresholds are given, held and printed. GMP's mpq_class does the
// arithmetic.
#pragma once

#include <gmpxx.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace oscillon {

// Reads a decimal ("0.8", "-1", ".5") or a fraction ("4/5") as the number that it spells; "0.8" is
// 4/5, not the nearest double. Throws Error(usage) for anything else and for more than 30 digits.
mpq_class parse_rational(std::string_view text);
std::vector<mpq_class> parse_rationals(const std::vector<std::string>& texts);

// "FIRST:LAST:STEP" as FIRST, FIRST + STEP, … up to LAST, which is among them only when a step
// meets it; or one rational alone. Throws Error(usage) for a step that is not positive and for more
// than 100,000 values.
std::vector<mpq_class> parse_grid(std::string_view text);

// "0.4" where the decimal is finite, else "2/3".
std::string text_of(const mpq_class& value);

// The double nearest to a value (mpq_class::get_d() cuts off instead).
double nearest_double(const mpq_class& value);

// The least D > 0 for which D times each value is whole. Throws Error(usage) when D is above 2^31.
std::int64_t common_denominator(const std::vector<mpq_class>& values);

// denominator * value, which must be whole and within 64 bits; else Error(usage).
std::int64_t scaled(const mpq_class& value, std::int64_t denominator);

}  // namespace oscillon
