#include "oscillon/solutions/rational.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "oscillon/base/error.hpp"

namespace oscillon {

namespace {

constexpr std::size_t most_digits = 30;
constexpr std::size_t most_values = 100'000;
constexpr std::int64_t most_denominator = std::int64_t{1} << 31;

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Whole numbers and powers of ten by way of strings: GMP's conversions take long, not int64_t.
mpz_class whole(std::string_view digits) {
  return mpz_class(digits.empty() ? std::string("0") : std::string(digits), 10);
}

mpz_class power_of_ten(std::size_t exponent) {
  return mpz_class("1" + std::string(exponent, '0'), 10);
}

}  // namespace

mpq_class parse_rational(std::string_view text) {
  const auto fail = [&] {
    throw Error(Fault::usage, in_quotes(text) + " is not a number such as 0.8 or 4/5");
  };
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative) rest.remove_prefix(1);
  const std::size_t slash = rest.find('/');
  const std::size_t point = rest.find('.');
  const std::size_t cut = std::min({slash, point, rest.size()});
  const std::string_view before = rest.substr(0, cut);
  const std::string_view after = cut < rest.size() ? rest.substr(cut + 1) : "";
  if (!all_digits(before) || !all_digits(after) || before.size() + after.size() == 0 ||
      before.size() + after.size() > most_digits) {
    fail();
  }
  mpq_class value;
  if (slash == cut && cut < rest.size()) {
    if (before.empty() || after.empty() || whole(after) == 0) fail();
    value = mpq_class(whole(before), whole(after));
  } else {
    value = mpq_class(whole(std::string(before) + std::string(after)), power_of_ten(after.size()));
  }
  value.canonicalize();
  return negative ? mpq_class(-value) : value;
}

std::vector<mpq_class> parse_rationals(const std::vector<std::string>& texts) {
  std::vector<mpq_class> values;
  for (const std::string& text : texts) values.push_back(parse_rational(text));
  return values;
}

std::vector<mpq_class> parse_grid(std::string_view text) {
  const std::size_t first = text.find(':');
  if (first == std::string_view::npos) return {parse_rational(text)};
  const std::size_t second = text.find(':', first + 1);
  if (second == std::string_view::npos) {
    throw Error(Fault::usage, in_quotes(text) + " is not a range: write FIRST:LAST:STEP");
  }
  const mpq_class begin = parse_rational(text.substr(0, first));
  const mpq_class end = parse_rational(text.substr(first + 1, second - first - 1));
  const mpq_class step = parse_rational(text.substr(second + 1));
  if (step <= 0 || end < begin) {
    throw Error(Fault::usage, "the range " + in_quotes(text) + " holds nothing");
  }
  if ((end - begin) / step >= most_values) {
    throw Error(Fault::usage, "the range " + in_quotes(text) + " has more than " +
                                  std::to_string(most_values) + " values");
  }
  std::vector<mpq_class> values;
  for (mpq_class value = begin; value <= end; value += step) values.push_back(value);
  return values;
}

std::string text_of(const mpq_class& value) {
  // The decimal is finite when the denominator has no prime factors but 2 and 5.
  mpz_class left = value.get_den();
  std::size_t twos = 0, fives = 0;
  for (; left % 2 == 0; left /= 2) ++twos;
  for (; left % 5 == 0; left /= 5) ++fives;
  const std::size_t places = std::max(twos, fives);
  if (left != 1 || places > 12) return value.get_str();
  const mpz_class shifted = value.get_num() * (power_of_ten(places) / value.get_den());
  std::string digits = mpz_class(abs(shifted)).get_str();
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  if (places > 0) digits.insert(digits.size() - places, ".");
  return (shifted < 0 ? "-" : "") + digits;
}

double nearest_double(const mpq_class& value) {
  const double towards_zero = value.get_d();
  const double away = std::nextafter(
      towards_zero, std::copysign(std::numeric_limits<double>::infinity(), sgn(value)));
  const mpq_class below = abs(value - mpq_class(towards_zero));
  return abs(value - mpq_class(away)) < below ? away : towards_zero;
}

std::int64_t common_denominator(const std::vector<mpq_class>& values) {
  mpz_class common = 1;
  for (const mpq_class& value : values) {
    common = lcm(common, value.get_den());
    if (common > most_denominator) {
      throw Error(Fault::usage,
                  "the common denominator of beta and r is above 2^31; take rounder numbers");
    }
  }
  return common.get_si();
}

std::int64_t scaled(const mpq_class& value, std::int64_t denominator) {
  const mpq_class product = value * mpz_class(denominator);
  if (product.get_den() != 1 || !product.get_num().fits_slong_p()) {
    throw Error(Fault::usage, std::to_string(denominator) + " times " + text_of(value) +
                                  " is not a whole number of 64 bits");
  }
  return product.get_num().get_si();
}

}  // namespace oscillon
