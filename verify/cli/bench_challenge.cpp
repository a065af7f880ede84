// `oscillon bench challenge`: plans side by side on one problem, in one process, beside the naive
// way.
#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "engine/io/atomic_file.hpp"
#include "oscillon/base/thread_team.hpp"
#include "oscillon/inference/engine.hpp"
#include "oscillon/verify/challenge/check.hpp"
#include "verify/bench/eigen.hpp"
#include "verify/bench/measure.hpp"
#include "verify/bench/naive.hpp"
#include "verify/cli/bench_record.hpp"
#include "verify/cli/machine.hpp"
#include "verify/cli/problem.hpp"
#include "verify/cli/profile_table.hpp"

namespace oscillon::cli {

namespace {

constexpr const char* naive_way = "naive";
constexpr const char* eigen_way = "eigen";

// Ways to run the engine beside its plans: plan `fused` without reductions, and in an engine that
// was made before, as for many batches.
struct Way {
  const char* name;
  bool prepared;
  bool reduce;
};
constexpr Way ways[] = {{"fused-no-reduce", false, false},
                        {"prepared", true, true},
                        {"prepared-no-reduce", true, false}};

// What is timed unless told otherwise: the naive way, every plan, and two of the ways.
std::vector<std::string> usual_ways() {
  std::vector<std::string> names{naive_way};
  for (const PlanName& plan : plan_names()) names.emplace_back(plan.name);
  for (const Way& way : {ways[0], ways[1]}) names.emplace_back(way.name);
  return names;
}

struct BenchOptions : ProblemOptions {
  int repeats = 3;
  std::vector<int> thread_counts{0};
  std::vector<std::string> plans = usual_ways();
  std::string record, csv, compare;
};

template <NetworkValue T>
struct Runner {
  std::string name;
  int threads = 0;
  std::vector<double> seconds;
  Profile profile;  // of a plan of the engine
  // Returns the answer; adds the seconds that count.
  std::function<Matrix<T>(Runner&)> run;

  bool is_engine = true;
  bool reduces = false;  // what its profile counts may be less than there is

  Matrix<T> operator()() {
    set_graphblas_threads(threads);
    omp_set_num_threads(threads);  // of Eigen
    return run(*this);
  }
};

template <NetworkValue T>
std::vector<Runner<T>> runners_of(const BenchOptions& options,
                                  const std::vector<std::shared_ptr<const Layer<T>>>& layers,
                                  const LayerSource<T>& source, const SampleBatch<T>& batch,
                                  const Matrix<T>& Y0, int threads, const std::stop_token& stop) {
  const auto timed = [](Runner<T>& runner, auto&& run) {
    bench::Times times;
    Matrix<T> Y;
    times.time([&] { Y = run(); });
    runner.seconds.push_back(times.seconds.front());
    return Y;
  };
  std::vector<Runner<T>> runners;
  for (const std::string& name : options.plans) {
    Runner<T> runner;
    runner.name = name;
    runner.threads = threads;
    if (name == naive_way) {
      runner.is_engine = false;
      runner.run = [&, timed](Runner<T>& own) {
        return timed(own, [&] { return bench::infer_naive(layers, Y0); });
      };
    } else if (name == eigen_way) {
      runner.is_engine = false;
      if (!bench::has_eigen()) {
        throw Error(Fault::usage, "this program was built without Eigen (Debian: libeigen3-dev)");
      }
      runner.run = [&](Runner<T>& own) {
        double seconds = 0;
        Matrix<T> Y = bench::infer_eigen(layers, Y0, seconds);
        own.seconds.push_back(seconds);
        return Y;
      };
    } else {
      const auto* way = std::find_if(std::begin(ways), std::end(ways),
                                     [&](const Way& one) { return name == one.name; });
      const bool is_plan = way == std::end(ways);
      InferenceOptions inference;
      inference.threads = threads;
      inference.tile = options.tile;
      inference.stop = stop;
      inference.reduce = is_plan || way->reduce;
      inference.plan = is_plan ? plan_from_name(name) : Plan::fused;
      runner.reduces = inference.reduce && inference.plan != Plan::semiring &&
                       inference.plan != Plan::dense_tiles;
      std::shared_ptr<const Engine<T>> engine;
      if (!is_plan && way->prepared) engine = std::make_shared<Engine<T>>(source, inference);
      runner.run = [&source, &batch, engine, timed, inference](Runner<T>& own) {
        return timed(own, [&] {
          Inference<T> answer = engine ? engine->infer(batch) : infer(source, batch, inference);
          own.profile = std::move(answer.profile);
          return std::move(answer.Y);
        });
      };
    }
    runners.push_back(std::move(runner));
  }
  return runners;
}

// Runs each once, which is the warm-up too. All plans of the engine must give the same values, and
// the others, which may sum in another order, the same categories. Says what differs; else nothing.
template <NetworkValue T>
std::string mismatch(std::vector<Runner<T>>& runners, std::uint64_t& categories) {
  std::optional<challenge::Result> values;
  std::optional<std::vector<Index>> expected;
  for (Runner<T>& runner : runners) {
    challenge::Result result = challenge::result_of(runner());
    runner.seconds.clear();
    if (!expected) expected = result.categories;
    auto check = challenge::check_categories(result.categories, *expected);
    if (check.passed() && runner.is_engine && values) check = check_result(result, *values);
    if (!check.passed()) {
      return runner.name + " with " + std::to_string(runner.threads) +
             " threads differs from what ran before it, so nothing is timed: " + check.message() +
             "\n";
    }
    if (runner.is_engine && !values) values = std::move(result);
  }
  categories = expected->size();
  return "";
}

// The edges that the samples meet that are alive before a layer, over all layers; unknown where
// each plan that ran leaves some out.
template <NetworkValue T>
double live_edges(const std::vector<Runner<T>>& runners,
                  const std::vector<std::shared_ptr<const Layer<T>>>& layers) {
  for (const Runner<T>& runner : runners) {
    if (!runner.is_engine || runner.reduces) continue;
    double edges = 0;
    Index live = runner.profile.samples;
    for (std::size_t l = 0; l < layers.size(); ++l) {
      edges += static_cast<double>(live) * static_cast<double>(layers[l]->edges());
      live = runner.profile.layers[l].live_samples;
    }
    return edges;
  }
  return unknown;
}

std::string table(const BenchRecord& record, const BenchRecord* saved) {
  std::string text =
      "plan               threads  median s     least      most    edges/s  live edges/s  of peak  "
      "x naive";
  text += saved != nullptr ? "  x saved\n" : "\n";
  for (const BenchRow& row : record.rows) {
    const auto [least, most] = std::minmax_element(row.seconds.begin(), row.seconds.end());
    char live[32] = "           -        -";
    if (row.live_rate > 0) {
      std::snprintf(live, sizeof live, "   %.3e  %5.1f %%", row.live_rate, 100 * row.share_of_peak);
    }
    char line[200];
    std::snprintf(line, sizeof line, "%-18s %7d  %8.4f %9.4f %9.4f  %.3e  %s  %7s",
                  row.plan.c_str(), row.threads, row.median, *least, *most, row.edges_rate, live,
                  row.faster_than_naive > 0 ? number(row.faster_than_naive, 3).c_str() : "-");
    text += line;
    if (saved != nullptr) {
      const BenchRow* before = saved->row(row.plan, row.threads);
      text += "  " + (before != nullptr ? number(before->median / row.median, 3) : "-");
    }
    text += "\n";
  }
  return text;
}

template <NetworkValue T>
int bench_challenge(const BenchOptions& options, const std::stop_token& stop) {
  std::vector<std::string> inputs = files_of(options);
  inputs.push_back(options.compare);
  require_outputs({options.record, options.csv}, inputs);
  std::optional<BenchRecord> saved;
  if (!options.compare.empty()) saved = read_bench_record(options.compare);

  std::vector<std::shared_ptr<const Layer<T>>> layers;
  SampleBatch<T> batch;
  {
    ProgressBar bar;
    const auto opened = open_layers<T>(options);
    for (std::size_t l = 0; l < opened->depth(); ++l) layers.push_back(opened->layer(l));
    batch = open_inputs<T>(options.inputs, opened->inputs(), options.net.seed, options,
                           options.memory_limit, bar, stop);
  }
  const bool needs_matrix =
      std::any_of(options.plans.begin(), options.plans.end(),
                  [](const std::string& plan) { return plan == naive_way || plan == eigen_way; });
  const Matrix<T> Y0 = needs_matrix ? batch.matrix() : Matrix<T>();
  Network<T> network(layers);
  std::map<int, bench::Roofline> limits;  // for each number of threads
  for (const int count : options.thread_counts) limits[thread_count(count)] = {};
  std::vector<Runner<T>> runners;
  for (const auto& [threads, unmeasured] : limits) {
    for (auto& runner : runners_of<T>(options, layers, network, batch, Y0, threads, stop)) {
      runners.push_back(std::move(runner));
    }
  }

  BenchRecord record;
  record.neurons = network.inputs();
  record.depth = network.depth();
  record.inputs = batch.samples();
  record.edges = network.edges();
  record.precision = std::string(GraphblasType<T>::name);
  if (saved && !saved->is_comparable(record)) {
    throw Error(Fault::usage, options.compare +
                                  " is of another problem: " + grouped(saved->neurons) +
                                  " neurons x " + std::to_string(saved->depth) + " layers with " +
                                  grouped(saved->edges) + " connections, " +
                                  grouped(saved->inputs) + " inputs, " + saved->precision);
  }
  const std::string differs = mismatch(runners, record.categories);
  if (!differs.empty()) {
    print(differs);
    return exit_mismatch;
  }
  for (auto& [threads, found] : limits) found = bench::measure_roofline<T>(threads);
  for (int i = 0; i < options.repeats; ++i) {
    for (Runner<T>& runner : runners) runner();
  }

  record.machine = machine_record();
  record.problem = description(options);
  std::string limits_text;
  for (const auto& [threads, found] : limits) {
    record.limits.push_back(roofline_record(found));
    limits_text += roofline_text(found);
  }
  record.peak_memory = peak_memory();
  const double work = static_cast<double>(batch.samples()) * static_cast<double>(record.edges);
  const double live = live_edges(runners, layers);
  for (const Runner<T>& runner : runners) {
    const double median = bench::Times{runner.name, runner.seconds}.median();
    const double peak = limits.at(runner.threads).multiply_adds;
    record.rows.push_back({runner.name, runner.threads, runner.seconds, median, work / median,
                           live / median, live / median / peak, unknown, nullptr});
    if (runner.is_engine) record.rows.back().profile = profile_record(runner.profile);
  }
  for (BenchRow& row : record.rows) {
    const BenchRow* naive = record.row(naive_way, row.threads);
    if (naive != nullptr) row.faster_than_naive = naive->median / row.median;
  }

  const std::string json = to_json(record).dump(2) + "\n";
  if (!options.record.empty()) write_file(options.record, json);
  if (!options.csv.empty()) write_file(options.csv, to_csv(record));
  if (options.json) {
    print(json);
    return exit_ok;
  }
  std::string text = machine_text() + limits_text + grouped(record.neurons) + " neurons x " +
                     std::to_string(record.depth) + " layers, " + grouped(record.inputs) +
                     " inputs, " + record.precision + ", " + std::to_string(options.repeats) +
                     " runs each in turn, " + grouped(record.categories) +
                     " categories each way\n" + table(record, saved ? &*saved : nullptr);
  if (options.profile) {
    for (const Runner<T>& runner : runners) {
      if (!runner.is_engine) continue;
      text += runner.name + ", threads: " + std::to_string(runner.threads) + "\n" +
              profile_table(runner.profile);
    }
  }
  print(text + "At most " + number(double(record.peak_memory) / (1 << 20)) +
        " MiB were held by all of them\n");
  return exit_ok;
}

}  // namespace

void add_bench_challenge(CLI::App& bench, Action& action) {
  auto* app = bench.add_subcommand("challenge", "A Challenge problem, beside the naive way");
  auto options = std::make_shared<BenchOptions>();
  add_problem_options(*app, *options);
  app->add_option(
         "--plans", options->plans,
         "What to time, each once; prepared, prepared-no-reduce: fused, what it makes of the "
         "layers being kept")
      ->delimiter(',')
      ->check(CLI::IsMember({naive_way, eigen_way, "semiring", "dense-tiles", "fused",
                             "fused-no-reduce", "prepared", "prepared-no-reduce", "automatic"}))
      ->capture_default_str();
  add_tile_option(*app, *options);
  app->add_option("--repeats", options->repeats, "Timed runs of each")
      ->check(whole_number(1, 1'000'000))
      ->capture_default_str();
  app->add_option("--record", options->record, "File to write a JSON record to")
      ->check(some_path());
  app->add_option("--csv", options->csv, "File to write a table to, comma-separated")
      ->check(some_path());
  app->add_option("--compare", options->compare,
                  "A record of before: how many times faster each plan is now")
      ->check(some_path());
  app->add_flag("--profile", options->profile, "Print seconds and more per layer, of the last run");
  add_precision_option(*app, *options);
  app->add_option("--threads", options->thread_counts,
                  "Threads of the timed runs; 0 takes all cores; several numbers may be given")
      ->delimiter(',')
      ->check(whole_number(0, 1024))
      ->capture_default_str();
  add_json_option(*app, *options);
  add_example(*app, "oscillon bench challenge --images data/sparse-images-1024.tsv --layers data");
  app->callback([options, &action] {
    const auto& counts = options->thread_counts;
    const bool all = std::find(counts.begin(), counts.end(), 0) != counts.end();
    std::set<std::string> plans(options->plans.begin(), options->plans.end());
    if (plans.size() < options->plans.size())
      throw CLI::ValidationError("--plans", "a plan is given twice");
    options->threads = all ? 0 : *std::max_element(counts.begin(), counts.end());
    action = [options](const std::stop_token& stop) {
      return in_floating_point(options->precision,
                               [&]<class T>() { return bench_challenge<T>(*options, stop); });
    };
  });
}

}  // namespace oscillon::cli
