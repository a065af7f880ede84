#include "oscillon/base/error.hpp"

#include "engine/base/utf8.hpp"

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

void rethrow_from(const std::string& place) {
  try {
    throw;
  } catch (const ParseError&) {
    throw;
  } catch (const KeyError& error) {
    throw KeyError(place + ": " + error.what());
  } catch (const ShapeError& error) {
    throw ShapeError(place + ": " + error.what());
  } catch (const Error& error) {
    throw Error(error.fault(), place + ": " + error.what());
  }
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 40;  // columns
  const std::string_view begun = utf8::fitting(text, longest);
  std::string shown(begun);
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return "\"" + shown + (begun.size() < text.size() ? "…\"" : "\"");
}

}  // namespace oscillon
