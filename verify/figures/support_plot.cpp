#include "verify/figures/support_plot.hpp"

#include <algorithm>

#include "verify/figures/gnuplot.hpp"

namespace oscillon::figures {

namespace {

constexpr std::size_t most_neurons = 60;
constexpr int pixels_a_neuron = 46;
constexpr int pixels_a_letter = 9;
constexpr double rank_gap = 1.0;
constexpr double panel_gap = 0.8;

// Where a neuron is drawn: neurons of a rank are spread evenly over the height 1.
double height_of(Index position, Index neurons) {
  return 1 - (static_cast<double>(position) + 0.5) / static_cast<double>(neurons);
}

const KeySet& rank(const SupportPanel& panel, std::size_t r) {
  return r == 0 ? panel.support.front().column_keys() : panel.support[r - 1].row_keys();
}

// The lines of a layer: from the places of its columns to those of its rows.
void add_lines(const AssocArray<float>& layer, const KeySet& below, const KeySet& above, double x,
               const char* style, std::string& script) {
  const Triples<float> entries = layer.matrix().triples();
  for (std::size_t e = 0; e < entries.size(); ++e) {
    const Index from = *below.find(layer.column_keys()[entries.columns[e]]);
    const Index to = *above.find(layer.row_keys()[entries.rows[e]]);
    script += "set arrow from " + std::to_string(x) + "," +
              std::to_string(height_of(from, below.size())) + " to " +
              std::to_string(x + rank_gap) + "," + std::to_string(height_of(to, above.size())) +
              " nohead back " + style + "\n";
  }
}

}  // namespace

void draw_supports(const std::string& path, const std::vector<SupportPanel>& panels) {
  double width = 0;
  std::size_t tallest = 1, longest = 1;
  for (const SupportPanel& panel : panels) {
    width += static_cast<double>(panel.support.size()) * rank_gap + panel_gap;
    for (std::size_t r = 0; r <= panel.support.size(); ++r) {
      const KeySet& keys = rank(panel, r);
      if (keys.size() > most_neurons) {
        throw Error(Fault::usage, "a sub-DNN with " + std::to_string(keys.size()) +
                                      " neurons side by side is too large to draw; at most " +
                                      std::to_string(most_neurons) + " are");
      }
      tallest = std::max<std::size_t>(tallest, keys.size());
      for (Index i = 0; i < keys.size(); ++i) longest = std::max(longest, keys[i].size());
    }
  }
  const int pixels_a_rank = 110 + static_cast<int>(longest) * pixels_a_letter;
  Gnuplot figure(path, static_cast<int>(width * pixels_a_rank),
                 std::max(240, static_cast<int>(tallest) * pixels_a_neuron + 90));
  std::string script =
      "unset border\nunset tics\nunset key\nset lmargin 0\nset rmargin 0\nset tmargin 0\n"
      "set bmargin 0\nset style textbox opaque border lc rgb 'black' margins 1.2,0.8\n"
      "set yrange [0:1.15]\nset xrange [0:" +
      std::to_string(width) + "]\n";
  double x = panel_gap / 2;
  for (const SupportPanel& panel : panels) {
    const std::size_t layers = panel.support.size();
    script += "set label " + gnuplot_string(panel.title) + " at " +
              std::to_string(x + static_cast<double>(layers) * rank_gap / 2) +
              ",1.08 center font ',11'\n";
    for (std::size_t r = 0; r <= layers; ++r, x += rank_gap) {
      const KeySet& keys = rank(panel, r);
      if (r < layers) {
        // What is affected is drawn again in red, over white: a dash lets black through.
        add_lines(panel.support[r], keys, rank(panel, r + 1), x, "lc rgb 'black' lw 1.5", script);
        if (!panel.affected.empty()) {
          add_lines(panel.affected[r], keys, rank(panel, r + 1), x, "lc rgb 'white' lw 4", script);
          add_lines(panel.affected[r], keys, rank(panel, r + 1), x, "lc rgb 'red' lw 2 dt 2",
                    script);
        }
      }
      for (Index i = 0; i < keys.size(); ++i) {
        script += "set label " + gnuplot_string(keys[i]) + " at " + std::to_string(x) + "," +
                  std::to_string(height_of(i, keys.size())) + " center front boxed\n";
      }
    }
    x += panel_gap - rank_gap;
  }
  figure.draw(script + "plot NaN\n");
}

}  // namespace oscillon::figures
