// `oscillon bench`: times the engine, verified before timed.
#include "verify/cli/command.hpp"

namespace oscillon::cli {

void add_bench(CLI::App& program, Action& action) {
  auto* bench = program.add_subcommand("bench", "Time the engine, verified before timed");
  bench->require_subcommand(1);
  add_bench_challenge(*bench, action);
  add_bench_latency(*bench, action);
  add_bench_roofline(*bench, action);
  add_bench_plot(*bench, action);
  add_bench_arrays(*bench, action);
  add_bench_combine(*bench, action);
  add_bench_perturb(*bench, action);
  add_bench_reading(*bench, action);
}

}  // namespace oscillon::cli
