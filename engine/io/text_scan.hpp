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

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "engine/algebra/graphblas.hpp"
#include "engine/base/thread_team.hpp"

namespace oscillon {

// A fault at a byte of the text; scan_lines turns it into a ParseError with line and column.
struct ScanFailure {
  const char* place;
  std::string message;
};

// One line, field after field.
class LineScanner {
 public:
  LineScanner(std::string_view line, char separator)
      : next_(line.data()), end_(line.data() + line.size()), separator_(separator) {}

  // A 1-based index up to `limit`, returned 0-based. `what` is its name in messages ("row").
  Index index(const char* what, Index limit);

  // A number, which may be followed only by a separator or the line's end.
  template <Value T>
  T value();

  // The bytes up to the next separator or the end.
  std::string_view text();

  // Requires and passes a separator; `what` names the field that must follow.
  void separator(const char* what);

  // Passes any number of spaces and tabs; `what` names the field that must follow, if one must.
  void blanks(const char* what = nullptr);

  // Requires the line's end.
  void end();

  bool at_end() const { return next_ == end_; }
  const char* place() const { return next_; }
  [[noreturn]] void fail(const char* place, const std::string& message) const;

 private:
  [[noreturn]] void fail_number(const char* begin, const char* what) const;
  template <Value T>
  void refuse_value(const char* begin, const char* stop, std::errc error) const;
  std::string_view field_at(const char* begin) const;

  const char* next_;
  const char* end_;
  char separator_;
};

struct ScanOptions {
  int threads = 0;
  std::size_t chunk_bytes = std::size_t{1} << 20;
  std::size_t longest_line = std::size_t{1} << 12;
  char separator = '\t';
  std::size_t begin = 0;  // the byte at which the lines begin
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
// a line that is empty, too long or has a NUL byte.
std::string_view take_line(std::string_view text, std::size_t& begin, std::size_t longest_line);

[[noreturn]] void throw_parse_error(const std::string& path, std::string_view text,
                                    const ScanFailure& failure);

// Calls scan_line(LineScanner&, Chunk&) for every line; each chunk of lines has a Chunk of its own,
// in the order of the text. The first fault in the text is thrown, however many threads there are.
template <class Chunk, class ScanLine>
std::vector<Chunk> scan_lines(const std::string& path, std::string_view text,
                              const ScanOptions& options, ScanLine&& scan_line) {
  const std::vector<std::size_t> borders = chunk_borders(text, options.chunk_bytes, options.begin);
  std::vector<Chunk> chunks(borders.size() - 1);
  try {
    run_tasks(chunks.size(), options.threads, [&](std::size_t c) {
      for (std::size_t begin = borders[c]; begin < borders[c + 1];) {
        LineScanner line(take_line(text, begin, options.longest_line), options.separator);
        scan_line(line, chunks[c]);
      }
    });
  } catch (const ScanFailure& failure) {
    throw_parse_error(path, text, failure);
  }
  return chunks;
}

}  // namespace oscillon
