// Scanning a text of one record a line, in parallel, with errors that name line and column.
//
// One table of spellings for numbers everywhere. Accepted: what std::from_chars reads, which is
// decimal digits with at most one '-', and for floating point a '.' and an exponent (`1`, `-0.5`,
// `.5`, `2.`, `6.25e-02`). Refused, each with its own message: a leading '+', a decimal comma,
// `1.0D+00`, NaN and infinity, an integer written `1.5` or `1e3`, a value beyond the type, bytes
// after the number, a negative number where there is no sign. Lines end in LF or CRLF, the last may
// lack its end; an empty line, a NUL byte, an
// overlong line and a byte order mark are errors.
#pragma once

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "oscillon/algebra/graphblas.hpp"
#include "oscillon/base/thread_team.hpp"
#include "oscillon/io/scan_options.hpp"

namespace oscillon {

// A fault at a byte of the text; scan_lines turns it into a ParseError with line and column.
struct ScanFailure {
  const char* place;
  std::string message;
};

// Where one to seven digits at `at` end, and their
// number; nullptr when there are none or more. Eight bytes are looked at in one word, without a
// branch for each.
inline const char* short_digits(const char* at, const char* readable_end, std::uint64_t& number) {
  if (std::endian::native != std::endian::little) return nullptr;
  std::uint64_t digits = 0;
  if (readable_end - at >= 8) [[likely]] {
    std::memcpy(&digits, at, 8);
  } else {
    std::memcpy(&digits, at, static_cast<std::size_t>(readable_end - at));
  }
  digits ^= 0x3030303030303030;  // '0' … '9' become 0 … 9, and no other byte does
  const std::uint64_t others = ((digits + 0x7676767676767676) | digits) & 0x8080808080808080;
  const int count = std::countr_zero(others) / 8;
  if (count == 0 || count == 8) return nullptr;
  digits <<= 8 * (8 - count);  // as if zeros stood before: eight digits
  digits = (digits * (1 + (10 << 8))) >> 8 & 0x00FF00FF00FF00FF;
  digits = (digits * (1 + (100 << 16))) >> 16 & 0x0000FFFF0000FFFF;
  number = (digits * (1 + (std::uint64_t{10000} << 32))) >> 32;
  return at + count;
}

// The last value that was read, and its text with the line's end: in the Challenge's files all
// values are one. Up to 16 bytes are compared as two words.
template <Value T>
class LastValue {
 public:
  // Where the same text at `at` ends; nullptr when another stands there.
  const char* passed(const char* at, const char* readable_end) const {
    if (length_ == 0 || readable_end - at < 16) return nullptr;
    std::uint64_t words[2];
    std::memcpy(words, at, 16);
    const bool same =
        ((words[0] ^ words_[0]) & masks_[0]) == 0 && ((words[1] ^ words_[1]) & masks_[1]) == 0;
    return same ? at + length_ : nullptr;
  }

  T value() const { return value_; }

  // `text` is kept if it ends with the line and is short.
  void remember(std::string_view text, T value) {
    value_ = value;
    length_ = text.ends_with('\n') && text.size() <= 16 ? text.size() : 0;
    if (length_ == 0) return;
    for (std::size_t w = 0; w < 2; ++w) {
      words_[w] = masks_[w] = 0;
      const std::size_t bytes = std::min<std::size_t>(8, length_ - std::min(length_, 8 * w));
      std::memcpy(&words_[w], text.data() + 8 * w, bytes);
      std::memset(&masks_[w], 0xFF, bytes);
    }
  }

 private:
  T value_{};
  std::size_t length_ = 0;
  std::uint64_t words_[2] = {0, 0};
  std::uint64_t masks_[2] = {0, 0};
};

// One line, field after field.
class LineScanner {
 public:
  LineScanner(std::string_view line, char separator)
      : LineScanner(line, separator, line.data() + line.size()) {}

  // Bytes up to `readable_end`, beyond the line, may be looked at.
  LineScanner(std::string_view line, char separator, const char* readable_end)
      : next_(line.data()),
        end_(line.data() + line.size()),
        readable_end_(readable_end),
        separator_(separator) {}

  // A 1-based index up to `limit`, returned 0-based. `what` is its name in messages ("row").
  Index index(const char* what, Index limit) {
    std::uint64_t number = 0;
    const char* stop = short_number(number);
    if (stop == nullptr || number - 1 >= limit) return any_index(what, limit);
    next_ = stop;
    return number - 1;
  }

  // A number, which may be followed only by a separator or the line's end.
  template <Value T>
  T value() {
    std::uint64_t number = 0;
    constexpr bool holds_seven_digits = std::is_floating_point_v<T> || sizeof(T) >= 4;
    const char* stop = holds_seven_digits ? short_number(number) : nullptr;
    if (stop == nullptr) return any_value<T>();
    next_ = stop;
    return static_cast<T>(number);
  }

  // The same for the last field of a line, which may well be what it was in the line before.
  template <Value T>
  T value(LastValue<T>& last_value) {
    if (last_value.passed(next_, readable_end_) != nullptr) {
      next_ = end_;
      return last_value.value();
    }
    const char* const begin = next_;
    const T read = value<T>();
    if (next_ == end_ && end_ < readable_end_) {
      last_value.remember({begin, static_cast<std::size_t>(end_ + 1 - begin)}, read);
    }
    return read;
  }

  // The bytes up to the next separator or the end.
  std::string_view text();

  // Requires and passes a separator; `what` names the field that must follow.
  void separator(const char* what) {
    if (next_ == end_ || *next_ != separator_) fail_separator(what);
    ++next_;
  }

  // Passes any number of spaces and tabs; `what` names the field that must follow, if one must.
  void blanks(const char* what = nullptr);

  // Requires the line's end.
  void end() {
    if (next_ != end_) fail_end();
  }

  bool at_end() const { return next_ == end_; }
  const char* place() const { return next_; }
  [[noreturn]] void fail(const char* place, const std::string& message) const;

 private:
  // Where a field of one to seven digits ends, whose number fp32 and int32 hold exactly; nullptr
  // when the field is another.
  const char* short_number(std::uint64_t& number) const {
    const char* const stop = short_digits(next_, readable_end_, number);
    return stop != nullptr && (stop == end_ || *stop == separator_) ? stop : nullptr;
  }
  Index any_index(const char* what, Index limit);
  template <Value T>
  T any_value();
  [[noreturn]] void fail_separator(const char* what) const;
  [[noreturn]] void fail_end() const;
  [[noreturn]] void fail_number(const char* begin, const char* what) const;
  template <Value T>
  void refuse_value(const char* begin, const char* stop, std::errc error) const;
  std::string_view field_at(const char* begin) const;

  const char* next_;
  const char* end_;
  const char* readable_end_;
  char separator_;
};

// Appends a number in its shortest exact form.
template <class Number>
void append_number(std::string& text, Number value) {
  char digits[64];
  const auto result = std::to_chars(digits, digits + sizeof digits, value);
  text.append(digits, result.ptr);
}

// Where to cut a text into chunks of about `chunk_bytes` that end at line ends: begins of chunks,
// from the byte `begin` on; then the text's size.
std::vector<std::size_t> chunk_borders(std::string_view text, std::size_t chunk_bytes,
                                       std::size_t begin = 0);

// The line that begins at `begin`, without its end; moves `begin` behind it. Throws ScanFailure for
// a line that is empty or too long, or has a NUL byte, which `may_have_nul` tells to look for.
std::string_view take_line(std::string_view text, std::size_t& begin, std::size_t longest_line,
                           bool may_have_nul = true);

[[noreturn]] void throw_parse_error(const std::string& path, std::string_view text,
                                    const ScanFailure& failure);

// Calls scan_line(LineScanner&, Chunk&) for every line; each chunk of lines has a Chunk of its own,
// in the order of the text, and chunk.reserve_for_text(bytes) is called first where there is such a
// member. The first fault in the text is thrown, however many threads there are.
template <class Chunk, class ScanLine>
std::vector<Chunk> scan_lines(const std::string& path, std::string_view text,
                              const ScanOptions& options, ScanLine&& scan_line) {
  const std::vector<std::size_t> borders = chunk_borders(text, options.chunk_bytes, options.begin);
  std::vector<Chunk> chunks(borders.size() - 1);
  try {
    run_tasks(chunks.size(), options.threads, [&](std::size_t c) {
      const std::string_view bytes = text.substr(borders[c], borders[c + 1] - borders[c]);
      const bool may_have_nul = bytes.find('\0') != std::string_view::npos;
      Chunk chunk;  // of this thread alone: neighbours in `chunks` would share cache lines
      if constexpr (requires { chunk.reserve_for_text(bytes.size()); }) {
        chunk.reserve_for_text(bytes.size());
      }
      for (std::size_t begin = borders[c]; begin < borders[c + 1];) {
        LineScanner line(take_line(text, begin, options.longest_line, may_have_nul),
                         options.separator, text.data() + text.size());
        scan_line(line, chunk);
      }
      chunks[c] = std::move(chunk);
    });
  } catch (const ScanFailure& failure) {
    throw_parse_error(path, text, failure);
  }
  return chunks;
}

}  // namespace oscillon
