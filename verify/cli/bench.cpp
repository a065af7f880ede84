// `oscillon bench`: times the engine beside the naive way, in one process, verified before timed.
#include <functional>
#include <nlohmann/json.hpp>

#include "engine/base/thread_team.hpp"
#include "engine/inference/inference.hpp"
#include "verify/bench/measure.hpp"
#include "verify/bench/naive.hpp"
#include "verify/challenge/check.hpp"
#include "verify/cli/problem.hpp"

namespace oscillon::cli {

namespace {

struct BenchOptions : ProblemOptions {
  int repeats = 3;
};

int bench_challenge(const BenchOptions& options, const std::stop_token& stop) {
  using T = float;
  std::vector<std::shared_ptr<const Layer<T>>> layers;
  SampleBatch<T> batch;
  {
    ProgressBar bar;
    const auto opened = open_layers<T>(options);
    for (std::size_t l = 0; l < opened->depth(); ++l) layers.push_back(opened->layer(l));
    batch = open_inputs<T>(options.inputs, opened->inputs(), options.net.seed, options,
                           options.memory_limit, bar, stop);
  }
  const Matrix<T> Y0 = batch.matrix();
  Network<T> network(layers);
  LayerSource<T>& source = network;
  const int threads = thread_count(options.threads);
  set_graphblas_threads(threads);
  struct Runner {
    bench::Times times;
    std::function<Matrix<T>()> run;
  };
  std::vector<Runner> runners{{{"naive", {}}, [&] { return bench::infer_naive(layers, Y0); }}};
  for (const Plan plan : {Plan::semiring, Plan::dense_tiles, Plan::fused}) {
    InferenceOptions inference;
    inference.threads = threads;
    inference.tile = options.tile;
    inference.stop = stop;
    inference.plan = plan;
    runners.push_back({{std::string(name_of(plan)), {}},
                       [&source, &batch, inference] { return infer(source, batch, inference).Y; }});
  }

  // Verify first; this is the warm-up too.
  const auto expected = challenge::categories_of(runners.front().run());
  for (const Runner& runner : runners) {
    const auto check =
        challenge::check_categories(challenge::categories_of(runner.run()), expected);
    if (!check.passed()) {
      print("Plan " + runner.times.name +
            " and the naive way differ, so nothing is timed: " + check.message() + "\n");
      return exit_mismatch;
    }
  }
  for (int i = 0; i < options.repeats; ++i) {
    for (Runner& runner : runners) {
      runner.times.time([&] { runner.run(); });
    }
  }

  const double work = static_cast<double>(Y0.columns()) * static_cast<double>(network.edges());
  const double naive = runners.front().times.median();
  std::string text = grouped(network.inputs()) + " neurons x " + std::to_string(network.depth()) +
                     " layers, " + grouped(Y0.columns()) + " inputs, fp32, " +
                     std::to_string(threads) + " threads, GraphBLAS " + graphblas_version() + ", " +
                     std::to_string(options.repeats) + " runs each in turn, " +
                     grouped(expected.size()) + " categories each way\n" +
                     "plan         median s     least      most     edges/s   of naive\n";
  nlohmann::ordered_json record{{"neurons", network.inputs()}, {"depth", network.depth()},
                                {"inputs", Y0.columns()},      {"edges", network.edges()},
                                {"threads", threads},          {"graphblas", graphblas_version()}};
  for (const Runner& runner : runners) {
    const bench::Times& times = runner.times;
    char line[160];
    std::snprintf(line, sizeof line, "%-11s %9.3f %9.3f %9.3f   %.3e   %8.3f\n", times.name.c_str(),
                  times.median(), times.least(), times.most(), work / times.median(),
                  times.median() / naive);
    text += line;
    record["plans"].push_back({{"plan", times.name},
                               {"seconds", times.seconds},
                               {"median_seconds", times.median()},
                               {"edges_per_second", work / times.median()},
                               {"of_naive", times.median() / naive}});
  }
  print(options.json ? record.dump(2) + "\n" : text);
  return exit_ok;
}

}  // namespace

void add_bench(CLI::App& program, Action& action) {
  auto* bench = program.add_subcommand("bench", "Time the engine, verified before timed");
  bench->require_subcommand(1);
  add_bench_arrays(*bench, action);
  add_bench_combine(*bench, action);
  add_bench_perturb(*bench, action);
  add_bench_reading(*bench, action);
  auto* app = bench->add_subcommand("challenge", "A Challenge problem, beside the naive way");
  auto options = std::make_shared<BenchOptions>();
  add_problem_options(*app, *options);
  add_tile_option(*app, *options);
  app->add_option("--repeats", options->repeats, "Timed runs of each")
      ->check(whole_number(1, 1'000'000))
      ->capture_default_str();
  add_threads_option(*app, *options);
  add_json_option(*app, *options);
  add_example(*app, "oscillon bench challenge --images data/sparse-images-1024.tsv --layers data");
  app->callback([options, &action] {
    action = [options](const std::stop_token& stop) { return bench_challenge(*options, stop); };
  });
}

}  // namespace oscillon::cli
