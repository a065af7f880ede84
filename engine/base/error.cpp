#include "engine/base/error.hpp"

namespace oscillon {

namespace {

std::string located(const std::string& file, std::size_t line, std::size_t column,
                    const std::string& message) {
  std::string text = file;
  if (line > 0) text += ":" + std::to_string(line);
  if (line > 0 && column > 0) text += ":" + std::to_string(column);
  return text + ": error: " + message;
}

}  // namespace

ParseError::ParseError(const std::string& file, std::size_t line, std::size_t column,
                       const std::string& message)
    : Error(Fault::bad_data, located(file, line, column, message)), line_(line), column_(column) {}

}  // namespace oscillon
