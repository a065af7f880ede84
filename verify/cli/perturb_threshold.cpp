// `oscillon perturb threshold`: down to which strength of a feature its category is detected.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/io/atomic_file.hpp"
#include "oscillon/solutions/rational.hpp"
#include "verify/cli/perturb.hpp"

namespace oscillon::cli {

namespace {

struct ThresholdOptions : PerturbOptions {
  std::vector<std::string> categories, features;
  std::string output;
};

int thresholds(const ThresholdOptions& options) {
  const PerturbationTheory theory = theory_of(options);
  std::vector<Index> categories = positions_of(options.categories, theory.categories(), "category");
  const std::vector<Index> features = positions_of(options.features, theory.features(), "feature");
  if (options.categories.empty()) {
    for (Index c = 0; c < theory.categories().size(); ++c) categories.push_back(c);
  }
  nlohmann::ordered_json record = nlohmann::ordered_json::array();
  std::string table = "category\tfeature\tp";
  for (std::size_t l = 1; l <= theory.depth(); ++l) table += "\tn_" + std::to_string(l);
  table += "\tr_d\tthreshold\n";
  Index differ = 0;
  for (const Index category : categories) {
    for (const Index feature : theory.features_of(category)) {
      const bool wanted =
          features.empty() || std::binary_search(features.begin(), features.end(), feature);
      if (!wanted) continue;
      const DetectionThreshold t = theory.threshold({category, {feature}});
      const std::string_view category_key = theory.categories()[category];
      const std::string_view feature_key = theory.features()[feature];
      std::vector<std::string> paths;
      for (std::size_t l = 1; l < t.n.size(); ++l) paths.push_back(t.n[l].get_str());
      table.append(category_key).append("\t").append(feature_key).append("\t");
      table += t.p.get_str();
      for (const std::string& n : paths) table += "\t" + n;
      table += "\t" + text_of(t.linear) + "\t" + text_of(t.relu) + "\n";
      differ += t.differ();
      record.push_back({{"category", category_key},
                        {"feature", feature_key},
                        {"p", t.p.get_str()},
                        {"n", paths},
                        {"r_d", text_of(t.linear)},
                        {"threshold", text_of(t.relu)}});
    }
  }
  if (record.empty()) {
    throw Error(Fault::usage, "none of these categories has any of these features");
  }
  if (!options.output.empty()) write_file(options.output, table);
  if (options.json) {
    print(record.dump(2) + "\n");
    return exit_ok;
  }
  if (options.output.empty()) print(table);
  if (differ > 0) {
    print("# " + grouped(differ) +
          " of them lie below r_d, above 1: ReLU stops a neuron beside the feature's paths, which "
          "the linear equations count as negative\n");
  }
  return exit_ok;
}

}  // namespace

void add_perturb_threshold(CLI::App& perturb, Action& action) {
  auto* app = perturb.add_subcommand(
      "threshold",
      "r_d: a category is detected when its feature is stronger than this. In closed form, and for "
      "ReLU");
  auto options = std::make_shared<ThresholdOptions>();
  add_source_options(*app, *options,
                     "Hidden layers for words as sets of positions, such as \"12,23\"; given "
                     "several times, the words are dealt out to them in turn");
  add_beta_option(*app, *options);
  app->add_option("--category", options->categories, "Only these categories, as cat,car")
      ->delimiter(',');
  app->add_option("--feature", options->features, "Only these features, as 1c,2a")->delimiter(',');
  app->add_option("--output", options->output, "File to write the table to, tab-separated")
      ->check(some_path());
  add_example(*app,
              "oscillon perturb threshold verify/words/three-letter.txt --structure \"12,23\" "
              "--beta 0.8,1 --category cat");
  app->callback([options, &action] {
    action = [options](const std::stop_token&) { return thresholds(*options); };
  });
}

}  // namespace oscillon::cli
