// What the subcommands of the program share: exit codes, common options, output that is checked,
// the choice of the value type, and the progress bar.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "oscillon/inference/inference.hpp"

namespace oscillon::cli {

constexpr int exit_ok = 0;
constexpr int exit_mismatch = 1;  // a verification that was asked for has failed

// 2 usage, 65 bad data, 66 cannot open, 70 internal check, 71 memory, 73 cannot create, 74 I/O
// error, 75 interrupted.
int exit_code(Fault fault);

// What a parsed subcommand does, until it is asked to stop; returns the exit code.
using Action = std::function<int(const std::stop_token&)>;

struct CommonOptions {
  int threads = 0;
  std::string precision = "fp32";
  bool json = false;
};

// Those of a subcommand that infers.
struct EngineOptions : CommonOptions {
  std::string plan = "automatic";
  Index tile = 0;
  bool profile = false;
  bool reduce = true;
  std::uint64_t memory_limit = 0;
};

// Validators. A count in decimal digits, from `least` to `most`; a finite number; a path that is
// not empty (an unset variable of the shell makes one).
CLI::Validator whole_number(Index least, Index most);
CLI::Validator finite_number();
CLI::Validator some_path();
inline constexpr Index most_samples = Index{1} << 40;

// Throws Error(usage) when `output` is one of the `inputs`, under whatever name.
void require_distinct(const std::string& output, const std::vector<std::string>& inputs);

// For files that are written at the end, before anything is done for them; empty names are none.
// Throws also when two are the same, and Error(cannot_create).
void require_outputs(const std::vector<std::string>& outputs,
                     const std::vector<std::string>& inputs);

void add_threads_option(CLI::App& app, CommonOptions& options);
void add_precision_option(CLI::App& app, CommonOptions& options);
CLI::Option* add_json_option(CLI::App& app, CommonOptions& options);
void add_tile_option(CLI::App& app, EngineOptions& options);
void add_reduce_option(CLI::App& app, EngineOptions& options);
void add_engine_options(CLI::App& app, EngineOptions& options);  // all but --json

// The text under a subcommand's --help.
void add_example(CLI::App& app, std::string_view example);

// Writes to stdout. Throws Error(io) when that fails.
void print(std::string_view text);

// A stop token for SIGINT and SIGTERM: the first asks to stop, a second ends the program at once.
// To be called once, before other threads are made.
std::stop_token stop_on_signals();

// printf-like formatting of a number with `digits` significant digits.
std::string number(double value, int digits = 4);

// 1234567 as "1,234,567".
std::string grouped(Index value);

// Calls run.operator()<T>() for the network type that `precision` names.
template <class Run>
auto with_precision(std::string_view precision, Run&& run) {
  return visit_network_type(precision, std::forward<Run>(run));
}

// A bar on stderr, once a run takes more than two seconds and if stderr is a terminal; else
// nothing.
class ProgressBar {
 public:
  ProgressBar();
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  void show(const Progress& progress);

  // `done` of `all` steps that are called `what`, and `more` to say, after so many seconds.
  void show(std::size_t done, std::size_t all, const char* what, const std::string& more,
            double seconds);

 private:
  bool terminal_;
  bool shown_ = false;
};

// `bar`, which must outlive the inference, shows its progress.
InferenceOptions inference_options(const EngineOptions& options, ProgressBar& bar,
                                   const std::stop_token& stop);

void add_challenge(CLI::App& program, Action& action);
void add_bench(CLI::App& program, Action& action);
void add_bench_arrays(CLI::App& bench, Action& action);
void add_bench_challenge(CLI::App& bench, Action& action);
void add_bench_combine(CLI::App& bench, Action& action);
void add_bench_latency(CLI::App& bench, Action& action);
void add_bench_perturb(CLI::App& bench, Action& action);
void add_bench_plot(CLI::App& bench, Action& action);
void add_bench_reading(CLI::App& bench, Action& action);
void add_bench_roofline(CLI::App& bench, Action& action);
void add_convert(CLI::App& program, Action& action);
void add_infer(CLI::App& program, Action& action);
void add_perturb(CLI::App& program, Action& action);
void add_show(CLI::App& program, Action& action);
void add_solve(CLI::App& program, Action& action);
void add_vectors(CLI::App& program, Action& action);

}  // namespace oscillon::cli
