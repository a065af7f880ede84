// What the subcommands of `oscillon solve` share: proving a problem in several value types and
// forms, and telling of it.
#pragma once

#include <nlohmann/json.hpp>

#include "oscillon/io/network_folder.hpp"
#include "oscillon/solutions/problem.hpp"
#include "verify/cli/command.hpp"

namespace oscillon::cli {

struct SolveOptions : CommonOptions {
  std::string output;
  std::vector<double> betas;
};

// --precision (with "all"), --beta, --output, --threads, and --json, which is returned.
CLI::Option* add_solve_options(CLI::App& app, SolveOptions& options);

// The value types that --precision stands for: itself, or all four.
std::vector<std::string> precisions_of(const std::string& precision);

// What was proved, and how: text and JSON.
class SolveReport {
 public:
  SolveReport(const SolveOptions& options, const std::stop_token& stop);

  const std::vector<std::string>& precisions() const { return precisions_; }

  // Proves a problem layered and, up to a hundred thousand neurons, collapsed. The first call also
  // asks theory, describes the problem and writes it to --output.
  template <NetworkValue T>
  void prove(Problem<T>& problem) {
    if (first_) {
      describe(problem.network);
      const Theory by_theory = theory(problem);
      note_theory(by_theory);
      if (by_theory.exact()) note_range(beta_range(problem.network));
      if (!options_.output.empty()) {
        write_network_folder(options_.output, problem.network,
                             {{"inputs", &problem.inputs}, {"expected", &problem.expected}});
      }
      first_ = false;
    }
    const std::string_view precision = GraphblasType<T>::name;
    add(precision, "layered", is_exact(problem, inference_));
    if (neurons_ > most_collapsed) return;
    Problem<T> single = collapsed(problem);
    add(precision, "collapsed", is_exact(single, inference_));
  }

  // More for the JSON record and lines for the text, before the verdict.
  void add_record(const std::string& key, nlohmann::json value) { record_[key] = std::move(value); }
  void add_line(const std::string& line) { text_ += line + "\n"; }

  // Prints all of it; the exit code.
  int finish();

 private:
  static constexpr Index most_collapsed = 100'000;

  template <NetworkValue T>
  void describe(const Network<T>& network) {
    neurons_ = network.inputs();
    for (std::size_t l = 0; l < network.depth(); ++l) neurons_ += network.at(l).outputs();
    describe(network.outputs(), network.inputs(), network.depth(), network.edges());
  }
  void describe(Index categories, Index features, std::size_t layers, Index edges);
  void note_theory(const Theory& theory);
  void note_range(const BetaRange& range);
  void add(std::string_view precision, std::string_view form, const Exactness& exactness);

  const SolveOptions& options_;
  InferenceOptions inference_;
  std::vector<std::string> precisions_;
  bool first_ = true;
  bool exact_ = true;
  Index neurons_ = 0;
  std::string text_;
  nlohmann::ordered_json record_;
};

// Proves what make.operator()<T>() makes, in each value type asked for; prints the report.
template <class Make>
int solve(SolveReport& report, Make&& make) {
  for (const std::string& precision : report.precisions()) {
    with_precision(precision, [&]<class T>() {
      Problem<T> problem = make.template operator()<T>();
      report.prove(problem);
    });
  }
  return report.finish();
}

template <class Make>
int solve(const SolveOptions& options, const std::stop_token& stop, Make&& make) {
  SolveReport report(options, stop);
  return solve(report, std::forward<Make>(make));
}

// The words of a file, one a line; and the letters of each. ParseError names the line at fault.
std::vector<std::string> read_words(const std::string& path);
std::size_t letters_a_word(const std::vector<std::string>& words, const std::string& path);

// The lines of a file, each as its fields between tabs.
std::vector<std::vector<std::string>> read_table(const std::string& path);

void add_solve_combine(CLI::App& solve, Action& action);
void add_solve_structures(CLI::App& solve, Action& action);
void add_solve_images(CLI::App& solve, Action& action);
void add_solve_words(CLI::App& solve, Action& action);

}  // namespace oscillon::cli
