#include "engine/base/utf8.hpp"

#include <utf8proc.h>

#include <algorithm>

namespace oscillon::utf8 {

namespace {

struct Character {
  std::size_t bytes;
  utf8proc_int32_t code;  // below 0: not UTF-8
};

Character first_of(std::string_view text) {
  utf8proc_int32_t code = -1;
  const utf8proc_ssize_t bytes =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                       static_cast<utf8proc_ssize_t>(text.size()), &code);
  if (bytes <= 0) return {1, -1};
  return {static_cast<std::size_t>(bytes), code};
}

std::size_t width_of(const Character& character) {
  // Control characters have no width of their own; they are shown as something that has.
  const bool is_shown_otherwise = character.code < 0x20 || character.code == 0x7F;
  if (is_shown_otherwise) return 1;
  return static_cast<std::size_t>(std::max(0, utf8proc_charwidth(character.code)));
}

}  // namespace

std::optional<std::vector<std::string_view>> characters(std::string_view text) {
  std::vector<std::string_view> list;
  while (!text.empty()) {
    const Character first = first_of(text);
    if (first.code < 0) return std::nullopt;
    list.push_back(text.substr(0, first.bytes));
    text.remove_prefix(first.bytes);
  }
  return list;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character first = first_of(text);
    width += width_of(first);
    text.remove_prefix(first.bytes);
  }
  return width;
}

std::string_view fitting(std::string_view text, std::size_t width) {
  std::size_t taken = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Character next = first_of(text.substr(at));
    taken += width_of(next);
    if (taken > width) return text.substr(0, at);
    at += next.bytes;
  }
  return text;
}

}  // namespace oscillon::utf8
