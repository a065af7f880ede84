#include "engine/io/text_scan.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "oscillon/base/error.hpp"

namespace oscillon {

std::string_view LineScanner::field_at(const char* begin) const {
  return {begin, static_cast<std::size_t>(std::find(begin, end_, separator_) - begin)};
}

void LineScanner::fail(const char* place, const std::string& message) const {
  throw ScanFailure{place, message};
}

void LineScanner::fail_number(const char* begin, const char* what) const {
  const std::string_view field = field_at(begin);
  if (field.empty()) fail(begin, std::string("the ") + what + " is missing");
  if (field.front() == '+') {
    fail(begin,
         std::string("the ") + what + " " + in_quotes(field) + " has a leading +; leave it out");
  }
  if (field.front() == '-' && field.size() > 1 && field[1] >= '0' && field[1] <= '9') {
    fail(begin, std::string("the ") + what + " " + in_quotes(field) + " is negative");
  }
  fail(begin, std::string("the ") + what + " " + in_quotes(field) + " is not a number");
}

Index LineScanner::any_index(const char* what, Index limit) {
  const char* begin = next_;
  Index index = 0;
  const auto [stop, error] = std::from_chars(begin, end_, index);
  if (error == std::errc::result_out_of_range) {
    fail(begin, std::string("the ") + what + " index " + in_quotes(field_at(begin)) +
                    " does not fit in 64 bits");
  }
  if (error != std::errc()) fail_number(begin, (std::string(what) + " index").c_str());
  if (stop != end_ && *stop != separator_) {
    fail(begin, std::string("the ") + what + " index " + in_quotes(field_at(begin)) +
                    " is not a whole number");
  }
  if (index == 0) fail(begin, std::string("the ") + what + " index is 0; indices count from 1");
  if (index > limit) {
    fail(begin, std::string("the ") + what + " index " + std::to_string(index) +
                    " is beyond the last one, " + std::to_string(limit));
  }
  next_ = stop;
  return index - 1;
}

template <Value T>
void LineScanner::refuse_value(const char* begin, const char* stop, std::errc error) const {
  const std::string_view field = field_at(begin);
  if (error == std::errc::invalid_argument) fail_number(begin, "value");
  if (error == std::errc::result_out_of_range) {
    fail(begin, "the value " + in_quotes(field) + " is out of the range of " +
                    std::string(GraphblasType<T>::name));
  }
  if (*stop == ',') {
    fail(begin, "the value " + in_quotes(field) + " has a decimal comma; write a point");
  }
  if (*stop == 'D' || *stop == 'd') {
    fail(begin, "the value " + in_quotes(field) + " has a Fortran exponent; write E for D");
  }
  if (!std::is_floating_point_v<T> && (*stop == '.' || *stop == 'e' || *stop == 'E')) {
    fail(begin, "the value " + in_quotes(field) + " is not an integer, as " +
                    std::string(GraphblasType<T>::name) + " needs");
  }
  fail(stop, "bytes follow the value " +
                 in_quotes({begin, static_cast<std::size_t>(stop - begin)}) + ": " +
                 in_quotes(field_at(stop)));
}

template <Value T>
T LineScanner::any_value() {
  using Number = std::conditional_t<std::is_same_v<T, bool>, std::uint8_t, T>;
  const char* begin = next_;
  Number value{};
  const auto [stop, error] = std::from_chars(begin, end_, value);
  if (error != std::errc() || (stop != end_ && *stop != separator_)) {
    refuse_value<T>(begin, stop, error);
  }
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(value)) fail(begin, "the value is NaN; only finite numbers are accepted");
    if (std::isinf(value)) fail(begin, "the value is infinite; only finite numbers are accepted");
  }
  if constexpr (std::is_same_v<T, bool>) {
    if (value > 1) fail(begin, "a truth value must be 0 or 1");
  }
  next_ = stop;
  return static_cast<T>(value);
}

std::string_view LineScanner::text() {
  const std::string_view field = field_at(next_);
  next_ += field.size();
  return field;
}

void LineScanner::fail_separator(const char* what) const {
  if (next_ == end_) fail(next_, std::string("the line ends before the ") + what);
  fail(next_, std::string("a ") + (separator_ == '\t' ? "tab" : "comma") +
                  " is missing before the " + what);
}

void LineScanner::blanks(const char* what) {
  while (next_ != end_ && (*next_ == ' ' || *next_ == '\t')) ++next_;
  if (what != nullptr && next_ == end_) {
    fail(next_, std::string("the line ends before the ") + what);
  }
}

void LineScanner::fail_end() const {
  fail(next_, "the line goes on after its last column: " +
                  in_quotes({next_, static_cast<std::size_t>(end_ - next_)}));
}

std::vector<std::size_t> chunk_borders(std::string_view text, std::size_t chunk_bytes,
                                       std::size_t begin) {
  std::vector<std::size_t> borders{begin};
  while (borders.back() < text.size()) {
    const std::size_t target = borders.back() + std::max<std::size_t>(chunk_bytes, 1) - 1;
    const std::size_t line_end =
        target >= text.size() ? std::string_view::npos : text.find('\n', target);
    borders.push_back(line_end == std::string_view::npos ? text.size() : line_end + 1);
  }
  if (borders.size() == 1) borders.push_back(begin);
  return borders;
}

std::string_view take_line(std::string_view text, std::size_t& begin, std::size_t longest_line,
                           bool may_have_nul) {
  const char* start = text.data() + begin;
  if (begin == 0 && text.starts_with("\xEF\xBB\xBF")) {
    throw ScanFailure{start, "the file begins with a byte order mark; save it as plain UTF-8"};
  }
  const std::size_t rest = text.size() - begin;
  // A line that is as long as can be may have CR LF behind it; further there is no need to look.
  const std::size_t reach = std::min(rest, longest_line + 2);
  const void* found = reach > 0 ? std::memchr(start, '\n', reach) : nullptr;
  const std::size_t length =
      found != nullptr ? static_cast<std::size_t>(static_cast<const char*>(found) - start) : reach;
  std::string_view line(start, length);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() > longest_line) {
    throw ScanFailure{start, "the line is longer than " + std::to_string(longest_line) + " bytes"};
  }
  begin += found != nullptr ? length + 1 : length;
  if (line.empty()) throw ScanFailure{start, "the line is empty"};
  if (may_have_nul) {
    if (const void* nul = std::memchr(line.data(), '\0', line.size()); nul != nullptr) {
      throw ScanFailure{static_cast<const char*>(nul), "the line has a NUL byte"};
    }
  }
  return line;
}

void throw_parse_error(const std::string& path, std::string_view text, const ScanFailure& failure) {
  const auto offset = static_cast<std::size_t>(failure.place - text.data());
  const std::string_view before = text.substr(0, offset);
  const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  throw ParseError(path, line + 1, offset - line_begin + 1, failure.message);
}

#define OSCILLON_INSTANTIATE_VALUE(T) template T LineScanner::any_value();
OSCILLON_FOR_EACH_VALUE_TYPE(OSCILLON_INSTANTIATE_VALUE)
#undef OSCILLON_INSTANTIATE_VALUE

}  // namespace oscillon
