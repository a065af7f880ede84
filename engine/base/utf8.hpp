// Text in UTF-8: its characters, and the columns that they take on a screen.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace oscillon::utf8 {

// The characters, one code point each; none when the text is not UTF-8: a byte out of place, a
// longer form than needed, a surrogate, or a code point beyond U+10FFFF.
std::optional<std::vector<std::string_view>> characters(std::string_view text);

// Columns on a screen: two for wide characters, as those of Chinese are, none for those that
// combine with the one before. A byte that is not UTF-8 counts as one.
std::size_t display_width(std::string_view text);

// As many whole characters from the beginning as take no more than `width` columns.
std::string_view fitting(std::string_view text, std::size_t width);

}  // namespace oscillon::utf8
