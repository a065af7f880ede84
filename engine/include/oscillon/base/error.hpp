// Errors of the library. Everything that can go wrong because of data, memory or the outside world
// is thrown as an `Error`; its `Fault` says what kind of trouble it is, and its text says what,
// where and what to do. Assertions are kept for the programmer's own mistakes.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace oscillon {

enum class Fault {
  usage,          // the caller asked for something that does not exist or does not go together
  bad_data,       // the data are malformed or do not fit together
  cannot_open,    // an input cannot be opened
  internal,       // a check of our own failed
  out_of_memory,  // memory ran out, or the limit would be exceeded
  cannot_create,  // an output cannot be created
  io,             // reading or writing failed half-way
  interrupted,    // a stop was requested and obeyed
};

class Error : public std::runtime_error {
 public:
  Error(Fault fault, const std::string& message) : std::runtime_error(message), fault_(fault) {}
  Fault fault() const noexcept { return fault_; }

 private:
  Fault fault_;
};

// Operands whose shapes do not fit; the message names the operation and every shape.
class ShapeError : public Error {
 public:
  explicit ShapeError(const std::string& message) : Error(Fault::bad_data, message) {}
};

// A key that is not there, is there twice, or does not meet its partner; the message quotes the
// key.
class KeyError : public Error {
 public:
  explicit KeyError(const std::string& message) : Error(Fault::bad_data, message) {}
};

// Malformed input at a place: what() reads `file:line:column: error: message`. Lines and columns
// count from 1; a column of 0 means the whole line, a line of 0 the whole file.
class ParseError : public Error {
 public:
  ParseError(const std::string& file, std::size_t line, std::size_t column,
             const std::string& message);
  std::size_t line() const noexcept { return line_; }
  std::size_t column() const noexcept { return column_; }

 private:
  std::size_t line_;
  std::size_t column_;
};

// Within a catch block: throws the error that is handled again, of its own type, with the place
// where it happened in front. A ParseError names its place already, and what is no Error passes.
[[noreturn]] void rethrow_from(const std::string& place);

// A key or a field as a message shows it: in quotes, cut where it is long, control bytes as '?'.
std::string in_quotes(std::string_view text);

}  // namespace oscillon
