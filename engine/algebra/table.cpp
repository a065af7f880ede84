#include "oscillon/algebra/table.hpp"

#include <algorithm>
#include <charconv>

#include "engine/base/utf8.hpp"

namespace oscillon {

namespace {

constexpr std::size_t longest_row_key = 24;
constexpr std::size_t longest_column = 16;
constexpr const char* ellipsis = "…";

// At most `width` columns, the last one … when some were cut. Control bytes are shown as '?'.
std::string fitted(std::string_view text, std::size_t width) {
  const bool cut = utf8::display_width(text) > width;
  std::string out(cut ? utf8::fitting(text, width - 1) : text);
  for (char& byte : out) {
    if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F) byte = '?';
  }
  return cut ? out + ellipsis : out;
}

std::string aligned_left(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, utf8::display_width(text)), ' ');
}
std::string aligned_right(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, utf8::display_width(text)), ' ') + text;
}

template <Value T>
std::string value_text(T value, const TableOptions<T>& options) {
  if (options.format) return options.format(value);
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "1" : "0";
  } else {
    char digits[64];
    const auto result = std::to_chars(digits, digits + sizeof digits, value);
    return {digits, result.ptr};
  }
}

// The first and the last of `count` positions, `shown` in all.
std::vector<Index> ends_of(Index count, Index shown) {
  std::vector<Index> list;
  for (Index i = 0; i < std::min(count, shown); ++i) {
    const bool front = i < (shown + 1) / 2 || shown >= count;
    list.push_back(front ? i : count - shown + i);
  }
  return list;
}

// The part of an array that is shown, as text.
struct Window {
  std::vector<std::string> row_keys;
  std::vector<std::vector<std::string>> columns;  // the column key, then a text for each row
  std::vector<std::size_t> widths;
};

template <Value T>
Window window_of(const AssocArray<T>& part, const TableOptions<T>& options) {
  Window window;
  for (Index i = 0; i < part.row_keys().size(); ++i) {
    window.row_keys.push_back(fitted(part.row_keys()[i], longest_row_key));
  }
  for (Index j = 0; j < part.column_keys().size(); ++j) {
    window.columns.emplace_back(1 + part.row_keys().size());
    window.columns.back()[0] = fitted(part.column_keys()[j], longest_column);
  }
  const Triples<T> entries = part.matrix().triples();
  for (std::size_t k = 0; k < entries.size(); ++k) {
    window.columns[entries.columns[k]][entries.rows[k] + 1] =
        fitted(value_text<T>(static_cast<T>(entries.values[k]), options), longest_column);
  }
  for (const auto& column : window.columns) {
    std::size_t width = 1;
    for (const std::string& text : column) width = std::max(width, utf8::display_width(text));
    window.widths.push_back(width);
  }
  return window;
}

// How many of the columns fit, taken in turn from the front and the back.
std::size_t columns_that_fit(const Window& window, std::size_t room) {
  std::size_t used = 0;
  std::size_t fit = 0;
  const std::size_t count = window.widths.size();
  for (std::size_t n = 0; n < count; ++n) {
    const std::size_t column = n % 2 == 0 ? n / 2 : count - 1 - n / 2;
    used += window.widths[column] + 1;
    const std::size_t gap = n + 1 < count ? 2 : 0;  // for the sign that some are left out
    if (used + gap > room) break;
    fit = n + 1;
  }
  return fit;
}

}  // namespace

template <Value T>
std::string table(const AssocArray<T>& array, const TableOptions<T>& options) {
  const std::size_t width = std::max<std::size_t>(options.width, 20);
  const std::size_t height = std::max<std::size_t>(options.height, 6);
  const Index rows = array.row_keys().size();
  const Index columns = array.column_keys().size();

  const std::size_t body = height - 2;  // less the header and the last line
  const Index rows_shown = rows <= body ? rows : body - 1;
  const auto row_list = ends_of(rows, rows_shown);
  // A column takes at least two characters.
  const auto column_list = ends_of(columns, std::min<Index>(columns, width / 2));
  const Window window =
      window_of(array.select(positions(row_list), positions(column_list)), options);

  std::size_t key_width = 0;
  for (const std::string& key : window.row_keys) {
    key_width = std::max(key_width, utf8::display_width(key));
  }
  const std::size_t fit = columns_that_fit(window, width - std::min(width, key_width));
  const std::size_t front = fit == window.columns.size() ? fit : (fit + 1) / 2;
  const bool columns_cut = fit < columns;

  std::string text;
  const auto line = [&](const std::string& key, std::size_t row, const char* cut_sign) {
    std::string out = aligned_left(key, key_width);
    for (std::size_t j = 0; j < window.columns.size(); ++j) {
      if (j == front && columns_cut) out += std::string(" ") + cut_sign;
      if (j >= front && j < window.columns.size() - (fit - front)) continue;
      out += ' ' + aligned_right(window.columns[j][row], window.widths[j]);
    }
    if (front == window.columns.size() && columns_cut) out += std::string(" ") + cut_sign;
    out.erase(out.find_last_not_of(' ') + 1);
    text += out + '\n';
  };
  line("", 0, ellipsis);
  for (std::size_t i = 0; i < row_list.size(); ++i) {
    if (i > 0 && row_list[i] != row_list[i - 1] + 1) text += "⋮\n";
    line(window.row_keys[i], i + 1, " ");
  }
  text += std::to_string(rows) + " rows x " + std::to_string(columns) + " columns, " +
          std::to_string(array.entries()) + " entries";
  if (columns_cut || rows_shown < rows) {
    text += "; shown: " + std::to_string(rows_shown) + " rows, " + std::to_string(fit) + " columns";
  }
  return text + '\n';
}

#define OSCILLON_INSTANTIATE_TABLE(T) \
  template std::string table(const AssocArray<T>&, const TableOptions<T>&);
OSCILLON_FOR_EACH_VALUE_TYPE(OSCILLON_INSTANTIATE_TABLE)
#undef OSCILLON_INSTANTIATE_TABLE

}  // namespace oscillon
