#include "verify/figures/spy.hpp"

#include <algorithm>

#include "verify/figures/gnuplot.hpp"

namespace oscillon::figures {

namespace {

constexpr Index most_labels = 240;
constexpr int pixels_a_label = 14;

// A key as a label: cut where it is long, as messages cut it.
std::string label_of(std::string_view key) {
  const std::string quoted = in_quotes(key);
  return quoted.substr(1, quoted.size() - 2);
}

std::string tics(const char* axis, const KeySet& keys) {
  if (keys.size() > most_labels) {
    return std::string("unset ") + axis + "tics\nset " + axis + "label \"" +
           std::to_string(keys.size()) + " keys\"\n";
  }
  std::string text = std::string("set ") + axis + "tics (";
  for (Index i = 0; i < keys.size(); ++i) {
    text += (i > 0 ? ", " : "") + gnuplot_label(label_of(keys[i])) + " " + std::to_string(i);
  }
  return text + ") font ',9'" + (axis[0] == 'x' ? " rotate by 90 right" : "") + "\n";
}

// The pixels of a side: along it one of `along` a label, or a fixed length; beside it the labels of
// the other axis.
int side(const KeySet& along, const KeySet& beside) {
  constexpr int pixels_a_letter = 7;
  int length = along.size() > most_labels ? 900 : static_cast<int>(along.size()) * pixels_a_label;
  std::size_t longest = 0;
  for (Index i = 0; i < std::min(beside.size(), most_labels); ++i) {
    longest = std::max(longest, label_of(beside[i]).size());
  }
  return length + 120 + static_cast<int>(longest) * pixels_a_letter;
}

}  // namespace

template <Value T>
void draw_spy(const std::string& path, const AssocArray<T>& array, const std::string& title) {
  const KeySet& rows = array.row_keys();
  const KeySet& columns = array.column_keys();
  Gnuplot figure(path, side(columns, rows), side(rows, columns));
  const Triples<T> entries = array.matrix().triples();
  std::string points = "NaN NaN\n";  // gnuplot wants a line
  for (std::size_t i = 0; i < entries.size(); ++i) {
    points += std::to_string(entries.columns[i]) + " " + std::to_string(entries.rows[i]) + "\n";
  }
  figure.data("entries", points);
  const bool small = std::max(rows.size(), columns.size()) <= most_labels;
  std::string script = "unset key\nset title " + gnuplot_string(title) + "\n";
  script += tics("x", columns) + tics("y", rows);
  if (small) script += "set grid lc rgb '#dddddd'\n";
  script += "set xrange [-1:" + std::to_string(columns.size()) + "]\nset yrange [" +
            std::to_string(rows.size()) + ":-1]\n";
  script += std::string("plot $entries with points pt ") + (small ? "7 ps 0.6" : "5 ps 0.2") +
            " lc rgb 'black'\n";
  figure.draw(script);
}

template <Value T>
std::string spy_text(const AssocArray<T>& array, std::size_t width, std::size_t height) {
  const Index rows = array.row_keys().size();
  const Index columns = array.column_keys().size();
  const std::string size = std::to_string(rows) + " rows x " + std::to_string(columns) +
                           " columns, " + std::to_string(array.entries()) + " entries\n";
  if (rows == 0 || columns == 0) return size;
  const Index down = std::min<Index>(rows, std::max<std::size_t>(height, 4) - 3);
  const Index across = std::min<Index>(columns, std::max<std::size_t>(width, 4) - 2);
  std::vector<double> count(down * across, 0);
  const Triples<T> entries = array.matrix().triples();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    ++count[entries.rows[i] * down / rows * across + entries.columns[i] * across / columns];
  }
  const std::string border = "+" + std::string(across, '-') + "+\n";
  std::string text = border;
  for (Index r = 0; r < down; ++r) {
    text += '|';
    for (Index c = 0; c < across; ++c) {
      // Row i belongs to block i * down / rows, so a block has the rows from the first such i on.
      const auto places = [](Index block, Index blocks, Index all) {
        return static_cast<double>(((block + 1) * all + blocks - 1) / blocks -
                                   (block * all + blocks - 1) / blocks);
      };
      const double share =
          count[r * across + c] / (places(r, down, rows) * places(c, across, columns));
      text += share == 0      ? ' '
              : share <= 0.25 ? '.'
              : share <= 0.5  ? ':'
              : share <= 0.75 ? '*'
                              : '#';
    }
    text += "|\n";
  }
  return text + border + size;
}

#define OSCILLON_INSTANTIATE_SPY(T)                                                     \
  template void draw_spy(const std::string&, const AssocArray<T>&, const std::string&); \
  template std::string spy_text(const AssocArray<T>&, std::size_t, std::size_t);
OSCILLON_FOR_EACH_VALUE_TYPE(OSCILLON_INSTANTIATE_SPY)
#undef OSCILLON_INSTANTIATE_SPY

}  // namespace oscillon::figures
