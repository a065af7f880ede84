// `oscillon bench perturb`: times a sweep over all features of many random words.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>

#include "oscillon/solutions/rational.hpp"
#include "oscillon/solutions/selective.hpp"
#include "oscillon/solutions/sweep.hpp"
#include "verify/bench/measure.hpp"
#include "verify/cli/command.hpp"

namespace oscillon::cli {

namespace {

struct PerturbBenchOptions : CommonOptions {
  std::size_t words = 1000;
  std::size_t letters = 5;
  std::size_t layers = 2;
  int repeats = 3;
  std::uint64_t seed = 1;
};

std::vector<std::string> random_words(const PerturbBenchOptions& options) {
  std::mt19937_64 random(options.seed);
  std::vector<std::string> words;
  const auto add = [&] {
    std::string word;
    for (std::size_t i = 0; i < options.letters; ++i) {
      word += static_cast<char>('a' + random() % 26);
    }
    words.push_back(std::move(word));
  };
  while (words.size() < options.words) {
    while (words.size() < options.words) add();
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
  }
  return words;
}

int bench_perturb(const PerturbBenchOptions& options, const std::stop_token& stop) {
  const Problem<float> problem = selective_problem<float>(
      random_words(options), sliding_windows(options.letters, options.layers));
  std::vector<mpq_class> betas(options.layers, 1);
  betas.front() = parse_rational("0.8");
  const std::vector<mpq_class> r = parse_grid("0:2:0.05");
  InferenceOptions inference;
  inference.threads = options.threads;
  inference.stop = stop;
  Index samples = 0;
  const auto run = [&] {
    const PerturbationTheory theory(problem.network, betas);
    Sweep result = sweep<std::int64_t>(theory, perturbations(theory, {}), r, inference);
    samples = result.inference.samples;
    return result;
  };
  if (const Sweep result = run(); result.differing > 0) {
    print("Inference and theory differ, so nothing is timed: " + result.first_difference + "\n");
    return exit_mismatch;
  }
  bench::Times times{"sweep", {}};
  for (int i = 0; i < options.repeats; ++i) times.time(run);
  char line[200];
  std::snprintf(line, sizeof line, "sweep %9.3f %9.3f %9.3f   %.3e samples/s\n", times.median(),
                times.least(), times.most(), static_cast<double>(samples) / times.median());
  const nlohmann::ordered_json record{
      {"words", options.words},           {"letters", options.letters},
      {"layers", options.layers},         {"samples", samples},
      {"graphblas", graphblas_version()}, {"seconds", times.seconds},
      {"median_seconds", times.median()}};
  print(options.json
            ? record.dump(2) + "\n"
            : grouped(options.words) + " random words of " + std::to_string(options.letters) +
                  " letters, " + std::to_string(options.layers) + " layers, each feature at " +
                  std::to_string(r.size()) + " values of r: " + grouped(samples) +
                  " samples, theory and comparison included\n" +
                  "       median s     least      most\n" + line);
  return exit_ok;
}

}  // namespace

void add_bench_perturb(CLI::App& bench, Action& action) {
  auto* app = bench.add_subcommand("perturb", "A sweep over every feature of many words");
  auto options = std::make_shared<PerturbBenchOptions>();
  app->add_option("--words", options->words, "Random words")
      ->check(whole_number(1, 10'000))
      ->capture_default_str();
  app->add_option("--letters", options->letters, "Letters a word")
      ->check(whole_number(4, 16))
      ->capture_default_str();
  app->add_option("--layers", options->layers, "Layers; hidden ones take windows of letters")
      ->check(whole_number(1, 15))
      ->capture_default_str();
  app->add_option("--repeats", options->repeats, "Timed runs")
      ->check(whole_number(1, 1'000'000))
      ->capture_default_str();
  app->add_option("--seed", options->seed, "Seed of the words")
      ->check(whole_number(0, ~Index{0}))
      ->capture_default_str();
  add_threads_option(*app, *options);
  add_json_option(*app, *options);
  add_example(*app, "oscillon bench perturb --words 1000 --letters 5 --layers 2");
  app->callback([options, &action] {
    action = [options](const std::stop_token& stop) { return bench_perturb(*options, stop); };
  });
}

}  // namespace oscillon::cli
