// `oscillon perturb support`: the sub-DNN of a category, and what a feature affects in it.
#include <nlohmann/json.hpp>

#include "engine/io/atomic_file.hpp"
#include "oscillon/io/keyed_tsv.hpp"
#include "solutions/supports.hpp"
#include "verify/cli/perturb.hpp"
#include "verify/figures/support_plot.hpp"

namespace oscillon::cli {

namespace {

struct SupportOptions : PerturbOptions {
  std::string category, feature, plot, output;
};

// Each neuron with those that feed it; what the feature affects has a star.
std::string text_of(const figures::SupportPanel& panel) {
  std::string text;
  for (std::size_t l = 0; l < panel.support.size(); ++l) {
    const Compressed<float> W = panel.support[l].matrix().compressed(Orientation::by_row);
    text += "layer " + std::to_string(l) + ", " + grouped(W.size()) + " weights\n";
    for (Index i = 0; i < W.rows; ++i) {
      const std::string_view neuron = panel.support[l].row_keys()[i];
      text += "  " + std::string(neuron) + " <-";
      for (Index p = W.offsets[i]; p < W.offsets[i + 1]; ++p) {
        const std::string_view input = panel.support[l].column_keys()[W.indices[p]];
        const bool hit = !panel.affected.empty() && panel.affected[l].at(neuron, input);
        text += " " + std::string(input) + (hit ? "*" : "");
      }
      text += "\n";
    }
  }
  return text;
}

nlohmann::ordered_json record_of(const std::vector<AssocArray<float>>& arrays) {
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (const AssocArray<float>& array : arrays) {
    nlohmann::ordered_json weights = nlohmann::ordered_json::array();
    const Triples<float> entries = array.matrix().triples();
    for (std::size_t e = 0; e < entries.size(); ++e) {
      weights.push_back(
          {array.row_keys()[entries.rows[e]], array.column_keys()[entries.columns[e]]});
    }
    layers.push_back(std::move(weights));
  }
  return layers;
}

void write_arrays(const std::string& folder, const char* name,
                  const std::vector<AssocArray<float>>& arrays) {
  for (std::size_t l = 0; l < arrays.size(); ++l) {
    write_array(folder + "/layer-" + std::to_string(l) + "-" + name + ".tsv", arrays[l]);
  }
}

int support_of(const SupportOptions& options) {
  std::vector<figures::SupportPanel> panels;
  for (const auto& [structure, network] : networks_of(options)) {
    figures::SupportPanel panel;
    panel.title = options.category;
    if (!options.feature.empty()) panel.title += ", " + options.feature;
    if (!structure.empty()) panel.title += " by " + structure;
    panel.support = support(network, options.category);
    if (!options.feature.empty()) {
      panel.affected = affected(network, options.category, options.feature);
    }
    panels.push_back(std::move(panel));
  }
  if (!options.output.empty()) {
    if (panels.size() > 1) throw Error(Fault::usage, "--output is for one structure");
    make_folder(options.output);
    write_arrays(options.output, "support", panels.front().support);
    write_arrays(options.output, "affected", panels.front().affected);
  }
  if (!options.plot.empty()) figures::draw_supports(options.plot, panels);
  nlohmann::ordered_json record = nlohmann::ordered_json::array();
  std::string text;
  for (const figures::SupportPanel& panel : panels) {
    text += panel.title + "\n" + text_of(panel);
    record.push_back({{"title", panel.title},
                      {"support", record_of(panel.support)},
                      {"affected", record_of(panel.affected)}});
  }
  print(options.json ? record.dump(2) + "\n" : text);
  return exit_ok;
}

}  // namespace

void add_perturb_support(CLI::App& perturb, Action& action) {
  auto* app = perturb.add_subcommand(
      "support", "The sub-DNN that a category rests on, and the part that a feature affects");
  auto options = std::make_shared<SupportOptions>();
  add_source_options(*app, *options,
                     "Hidden layers for words as sets of positions, such as \"12,23\"; given "
                     "several times, each is looked at, side by side");
  app->add_option("--category", options->category, "The category")->required();
  app->add_option("--feature", options->feature, "A feature of the category, such as 1c");
  app->add_option("--plot", options->plot,
                  "Draw it: the support in black, what the feature affects in dashed red; .svg or "
                  ".png, through gnuplot")
      ->check(some_path());
  app->add_option("--output", options->output,
                  "Folder to write layer-L-support.tsv and layer-L-affected.tsv to")
      ->check(some_path());
  add_example(*app,
              "oscillon perturb support verify/words/three-letter.txt --structure \"12,23\" "
              "--category cat --feature 1c --plot figure9.svg");
  app->callback([options, &action] {
    action = [options](const std::stop_token&) { return support_of(*options); };
  });
}

}  // namespace oscillon::cli
