// `oscillon solve`: builds DNN problems whose answer is known exactly, proves them, writes them.
#include "verify/cli/solve.hpp"

#include <algorithm>

#include "oscillon/solutions/combinatoric.hpp"

namespace oscillon::cli {

CLI::Option* add_solve_options(CLI::App& app, SolveOptions& options) {
  app.add_option("--precision", options.precision,
                 "Value type: fp32, fp64, int32, int64, or all of them (the output is fp32)")
      ->capture_default_str();
  app.add_option("--beta", options.betas, "beta of each layer, as 0.8,1; default: 1 everywhere")
      ->check(finite_number())
      ->delimiter(',');
  app.add_option("--output", options.output,
                 "Folder to write the network, inputs.tsv and expected.tsv to")
      ->check(some_path());
  add_threads_option(app, options);
  return add_json_option(app, options);
}

std::vector<std::string> precisions_of(const std::string& precision) {
  if (precision == "all") return {"fp32", "fp64", "int32", "int64"};
  return {precision};
}

SolveReport::SolveReport(const SolveOptions& options, const std::stop_token& stop)
    : options_(options), precisions_(precisions_of(options.precision)) {
  inference_.threads = options.threads;
  inference_.stop = stop;
}

void SolveReport::describe(Index categories, Index features, std::size_t layers, Index edges) {
  record_["categories"] = categories;
  record_["features"] = features;
  record_["layers"] = layers;
  record_["edges"] = edges;
  add_line(grouped(categories) + " categories, " + grouped(features) + " features, " +
           std::to_string(layers) + " layer" + (layers == 1 ? "" : "s") + ", " + grouped(edges) +
           " edges");
}

void SolveReport::note_theory(const Theory& theory) {
  exact_ = exact_ && theory.exact();
  record_["cover"] = theory.cover;
  record_["antichain"] = theory.antichain;
  record_["reason"] = theory.reason;
  add_line("  theory: " + (theory.exact()
                               ? std::string("each category is the union of its features, and no "
                                             "category contains another")
                               : theory.reason));
}

void SolveReport::note_range(const BetaRange& range) {
  record_["beta_above"] = {range.paths - 1, range.paths};
  add_line("  one beta in all layers: exact for " + std::to_string(range.paths - 1) + "/" +
           std::to_string(range.paths) + " < beta <= 1");
}

void SolveReport::add(std::string_view precision, std::string_view form,
                      const Exactness& exactness) {
  exact_ = exact_ && exactness.exact;
  std::string line = "  " + std::string(precision);
  line.resize(9, ' ');
  line += form;
  line.resize(20, ' ');
  add_line(line + (exactness.exact ? "Y_L = I" : exactness.difference));
  record_["runs"].push_back({{"precision", precision},
                             {"form", form},
                             {"exact", exactness.exact},
                             {"difference", exactness.difference},
                             {"seconds", exactness.profile.seconds}});
}

int SolveReport::finish() {
  record_["exact"] = exact_;
  add_line(exact_ ? "Solution EXACT" : "Solution NOT EXACT");
  print(options_.json ? record_.dump(2) + "\n" : text_);
  return exact_ ? exit_ok : exit_mismatch;
}

namespace {

struct CombineOptions : SolveOptions {
  std::size_t sets = 2;
  std::size_t letters = 26;
  std::size_t layers = 1;
  std::string features, tree, separator;
  Index sample = 1000;
  std::uint64_t seed = 1;
};

int solve_combine(const CombineOptions& options, const std::stop_token& stop) {
  std::vector<KeySet> features;
  if (!options.features.empty()) {
    for (const auto& labels : read_table(options.features)) {
      features.emplace_back(labels);
      const bool empty = std::find(labels.begin(), labels.end(), "") != labels.end();
      if (empty || features.back().size() != labels.size()) {
        throw ParseError(options.features, features.size(), 1,
                         empty ? "a label is empty" : "a label stands twice in the set");
      }
    }
    if (features.empty()) throw ParseError(options.features, 0, 0, "there are no feature sets");
  }
  const std::size_t sets = features.empty() ? options.sets : features.size();
  const FeatureTree tree =
      options.tree.empty() ? even_tree(sets, options.layers) : parse_tree(options.tree);
  if (features.empty()) features = lettered_features(tree.leaves(), options.letters);
  CombinatoricOptions combine;
  combine.separator = options.separator;
  combine.betas = options.betas;
  combine.sample = {options.sample, options.seed};
  return solve(options, stop,
               [&]<class T>() { return combinatoric_problem<T>(features, tree, combine); });
}

}  // namespace

void add_solve_combine(CLI::App& solve, Action& action) {
  auto* app = solve.add_subcommand(
      "combine", "Tell all combinations of features apart: 1a, 1b, … with 2a, 2b, … and so on");
  auto options = std::make_shared<CombineOptions>();
  auto* sets = app->add_option("--sets", options->sets, "Feature sets")
                   ->check(whole_number(1, 64))
                   ->capture_default_str();
  auto* letters =
      app->add_option("--letters", options->letters, "Features a set: the letters a, b, …")
          ->check(whole_number(1, 26))
          ->capture_default_str();
  app->add_option("--features", options->features,
                  "Feature sets by a file instead: a set a line, its labels separated by tabs")
      ->check(some_path())
      ->excludes(sets)
      ->excludes(letters);
  auto* layers = app->add_option("--layers", options->layers, "Layers, each joining neighbours")
                     ->check(whole_number(1, 64))
                     ->capture_default_str();
  app->add_option("--tree", options->tree, "What joins what, as \"((1,2),(3,4))\"")
      ->excludes(sets)
      ->excludes(layers);
  app->add_option("--separator", options->separator, "Between the joined keys");
  app->add_option("--sample", options->sample, "Random categories to prove; 0 proves all")
      ->check(whole_number(0, most_samples))
      ->capture_default_str();
  app->add_option("--seed", options->seed, "Seed of the random categories")
      ->check(whole_number(0, ~Index{0}))
      ->capture_default_str();
  add_solve_options(*app, *options);
  add_example(*app, "oscillon solve combine --tree \"((1,2),(3,4))\" --letters 2 --output figure5");
  app->callback([options, &action] {
    action = [options](const std::stop_token& stop) { return solve_combine(*options, stop); };
  });
}

void add_solve(CLI::App& program, Action& action) {
  auto* solve = program.add_subcommand("solve", "Build exact DNN solutions and prove them");
  solve->require_subcommand(1);
  add_solve_combine(*solve, action);
  add_solve_images(*solve, action);
  add_solve_structures(*solve, action);
  add_solve_words(*solve, action);
}

}  // namespace oscillon::cli
