// `oscillon bench combine`: times the construction of combinatoric solutions as they grow.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "oscillon/solutions/combinatoric.hpp"
#include "verify/bench/measure.hpp"
#include "verify/cli/command.hpp"

namespace oscillon::cli {

namespace {

struct CombineOptions : CommonOptions {
  std::size_t letters = 26;
  std::size_t least = 3;
  std::size_t most = 5;
  int repeats = 3;
};

int bench_combine(const CombineOptions& options, const std::stop_token& stop) {
  if (options.least > options.most) {
    throw Error(Fault::usage, "--least must not be above --most");
  }
  nlohmann::ordered_json record{
      {"letters", options.letters}, {"layers", 2}, {"graphblas", graphblas_version()}};
  std::string text = "Two layers over sets of " + std::to_string(options.letters) +
                     " features, fp32, a thousand random categories proved first\n"
                     " sets     categories    median s     least      most   ns/category\n";
  for (std::size_t sets = options.least; sets <= options.most; ++sets) {
    const auto features = lettered_features(sets, options.letters);
    CombinatoricOptions combine;
    combine.sample.count = 1000;
    const auto build = [&] {
      return combinatoric_problem<float>(features, even_tree(sets, 2), combine);
    };
    Index categories = 0;
    {
      Problem<float> problem = build();
      InferenceOptions inference;
      inference.threads = options.threads;
      inference.stop = stop;
      const Exactness result = is_exact(problem, inference);
      if (!result.exact) {
        print("The solution over " + std::to_string(sets) +
              " sets is not exact, so nothing is timed: " + result.difference + "\n");
        return exit_mismatch;
      }
      categories = problem.network.outputs();
    }
    bench::Times times{std::to_string(sets), {}};
    for (int i = 0; i < options.repeats; ++i) times.time(build);
    char line[160];
    std::snprintf(line, sizeof line, "%5zu %14s %11.4f %9.4f %9.4f %13.1f\n", sets,
                  grouped(categories).c_str(), times.median(), times.least(), times.most(),
                  times.median() / static_cast<double>(categories) * 1e9);
    text += line;
    record["sizes"].push_back({{"sets", sets},
                               {"categories", categories},
                               {"seconds", times.seconds},
                               {"median_seconds", times.median()}});
  }
  print(options.json ? record.dump(2) + "\n" : text);
  return exit_ok;
}

}  // namespace

void add_bench_combine(CLI::App& bench, Action& action) {
  auto* app = bench.add_subcommand("combine", "Building solutions over all feature combinations");
  auto options = std::make_shared<CombineOptions>();
  app->add_option("--letters", options->letters, "Features a set")
      ->check(whole_number(1, 26))
      ->capture_default_str();
  app->add_option("--least", options->least, "Feature sets to begin with")
      ->check(whole_number(3, 12))
      ->capture_default_str();
  app->add_option("--most", options->most, "Feature sets to end with")
      ->check(whole_number(3, 12))
      ->capture_default_str();
  app->add_option("--repeats", options->repeats, "Timed runs of each")
      ->check(whole_number(1, 1'000'000))
      ->capture_default_str();
  add_threads_option(*app, *options);
  add_json_option(*app, *options);
  add_example(*app, "oscillon bench combine --letters 26 --least 3 --most 5");
  app->callback([options, &action] {
    action = [options](const std::stop_token& stop) { return bench_combine(*options, stop); };
  });
}

}  // namespace oscillon::cli
