// `oscillon bench arrays`: times associative arrays with random string keys.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>

#include "oscillon/algebra/array_algebra.hpp"
#include "oscillon/base/thread_team.hpp"
#include "verify/bench/measure.hpp"
#include "verify/cli/command.hpp"

namespace oscillon::cli {

namespace {

struct ArraysOptions : CommonOptions {
  Index scale = 18;
  Index entries_a_key = 8;
  int repeats = 3;
  std::uint64_t seed = 1;
};

// 2^scale * entries_a_key triples; keys are the numbers 1 … 2^scale as text, drawn at random.
struct RandomTriples {
  std::vector<std::string> texts;
  std::vector<std::string_view> k1, k2;
  ValueArray<double> values;

  RandomTriples(std::mt19937_64& random, const ArraysOptions& options) {
    const Index keys = Index{1} << options.scale;
    const Index count = keys * options.entries_a_key;
    texts.reserve(2 * count);
    std::uniform_int_distribution<Index> number(1, keys);
    for (Index i = 0; i < 2 * count; ++i) texts.push_back(std::to_string(number(random)));
    for (Index i = 0; i < count; ++i) {
      k1.push_back(texts[2 * i]);
      k2.push_back(texts[2 * i + 1]);
      values.push_back(static_cast<double>(1 + random() % 100));
    }
  }
};

int bench_arrays(const ArraysOptions& options) {
  std::mt19937_64 random(options.seed);
  const RandomTriples a(random, options), b(random, options);
  const int threads = thread_count(options.threads);
  set_graphblas_threads(threads);
  omp_set_num_threads(threads);
  const auto array = [](const RandomTriples& from) {
    return AssocArray<double>::from_triples(from.k1, from.k2, from.values, Collision::sum);
  };
  const AssocArray<double> A = array(a), B = array(b);

  // Verified first: the sum of all entries is that of the triples, and of both arrays.
  const auto total = [](const AssocArray<double>& one) {
    double sum = 0;
    for (const double value : one.matrix().triples().values) sum += value;
    return sum;
  };
  double given = 0;
  for (const double value : a.values) given += value;
  if (total(A) != given || total(plus<PlusTimes>(A, B)) != total(A) + total(B)) {
    print("The arrays are not what they were made of, so nothing is timed\n");
    return exit_mismatch;
  }

  bench::Times construct{"construction", {}}, add{"plus", {}}, meet{"times", {}},
      dot{"multiply", {}};
  Index product_entries = 0;
  for (int i = 0; i < options.repeats; ++i) {
    construct.time([&] { array(a); });
    add.time([&] { plus<PlusTimes>(A, B); });
    meet.time([&] { times<PlusTimes>(A, B); });
    dot.time([&] { product_entries = multiply<PlusTimes>(A, B).entries(); });
  }
  nlohmann::ordered_json record{{"keys", Index{1} << options.scale},
                                {"triples", a.values.size()},
                                {"threads", threads},
                                {"graphblas", graphblas_version()}};
  std::string text = grouped(a.values.size()) + " triples with " +
                     grouped(Index{1} << options.scale) + " keys, fp64, " +
                     std::to_string(threads) + " threads, GraphBLAS " + graphblas_version() +
                     "; the product has " + grouped(product_entries) +
                     " entries\noperation       median s     least      most\n";
  for (const bench::Times& times : {construct, add, meet, dot}) {
    char line[128];
    std::snprintf(line, sizeof line, "%-14s %9.3f %9.3f %9.3f\n", times.name.c_str(),
                  times.median(), times.least(), times.most());
    text += line;
    record["operations"].push_back({{"operation", times.name},
                                    {"seconds", times.seconds},
                                    {"median_seconds", times.median()}});
  }
  print(options.json ? record.dump(2) + "\n" : text);
  return exit_ok;
}

}  // namespace

void add_bench_arrays(CLI::App& bench, Action& action) {
  auto* app = bench.add_subcommand("arrays", "Associative arrays with random string keys");
  auto options = std::make_shared<ArraysOptions>();
  app->add_option("--scale", options->scale, "2^SCALE keys")
      ->check(whole_number(1, 24))
      ->capture_default_str();
  app->add_option("--entries", options->entries_a_key, "Triples a key")
      ->check(whole_number(1, 1000))
      ->capture_default_str();
  app->add_option("--repeats", options->repeats, "Timed runs of each")
      ->check(whole_number(1, 1'000'000))
      ->capture_default_str();
  app->add_option("--seed", options->seed, "Seed of the triples")
      ->check(whole_number(0, ~Index{0}))
      ->capture_default_str();
  add_threads_option(*app, *options);
  add_json_option(*app, *options);
  add_example(*app, "oscillon bench arrays --scale 18 --entries 8");
  app->callback([options, &action] {
    action = [options](const std::stop_token&) { return bench_arrays(*options); };
  });
}

}  // namespace oscillon::cli
