// `oscillon bench latency`: small batches, a call of an engine each.
#include <chrono>
#include <nlohmann/json.hpp>

#include "engine/base/clock.hpp"
#include "oscillon/base/thread_team.hpp"
#include "oscillon/inference/engine.hpp"
#include "oscillon/verify/challenge/check.hpp"
#include "verify/bench/measure.hpp"
#include "verify/cli/machine.hpp"
#include "verify/cli/problem.hpp"

namespace oscillon::cli {

namespace {

struct LatencyOptions : ProblemOptions {
  std::vector<Index> batches{1, 8, 64};
  Index calls = 10'000;
};

template <NetworkValue T>
std::vector<SampleBatch<T>> batches_of(const SampleBatch<T>& all, Index size) {
  std::vector<SampleBatch<T>> made;
  for (Index first = 0; first + size <= all.samples(); first += size) {
    made.emplace_back(all.columns(first, first + size));
  }
  return made;
}

template <NetworkValue T>
int bench_latency(const LatencyOptions& options, const std::stop_token& stop) {
  const auto opened = open_layers<T>(options);
  SampleBatch<T> all;
  {
    ProgressBar bar;
    all = open_inputs<T>(options.inputs, opened->inputs(), options.net.seed, options,
                         options.memory_limit, bar, stop);
  }
  InferenceOptions inference;
  inference.threads = thread_count(options.threads);
  inference.reduce = options.reduce;
  inference.stop = stop;
  InferenceOptions reference = inference;
  reference.plan = Plan::semiring;
  const Engine<T> engine(*opened, inference);

  nlohmann::ordered_json record{{"machine", machine_record()},
                                {"problem", description(options)},
                                {"precision", GraphblasType<T>::name},
                                {"threads", inference.threads},
                                {"calls", options.calls}};
  std::string text = machine_text() + grouped(opened->inputs()) + " neurons x " +
                     std::to_string(opened->depth()) + " layers, " + grouped(options.calls) +
                     " calls each, " + std::to_string(inference.threads) +
                     " threads\nbatch     p50 ms     p99 ms    most ms   samples/s\n";
  for (const Index size : options.batches) {
    const std::vector<SampleBatch<T>> batches = batches_of(all, size);
    if (batches.empty()) {
      throw Error(Fault::usage, "there are " + grouped(all.samples()) +
                                    " inputs, too few for a batch of " + grouped(size));
    }
    // Verify first, some batches that lie spread over the inputs.
    constexpr Index verified = 20;
    for (Index i = 0; i < std::min<Index>(verified, batches.size()); ++i) {
      const auto& batch = batches[i * batches.size() / std::min<Index>(verified, batches.size())];
      if (challenge::result_of(engine.infer(batch).Y).digests !=
          challenge::result_of(infer<T>(*opened, batch, reference).Y).digests) {
        print("A batch of " + grouped(size) +
              " has another answer than plan semiring gives, so nothing is timed\n");
        return exit_mismatch;
      }
    }
    std::vector<double> seconds;
    for (Index call = 0; call < options.calls; ++call) {
      const Stopwatch watch;
      engine.infer(batches[call % batches.size()]);
      seconds.push_back(watch.seconds());
    }
    const double p50 = bench::quantile(seconds, 0.5);
    const double p99 = bench::quantile(seconds, 0.99);
    const double most = bench::quantile(seconds, 1);
    char line[128];
    std::snprintf(line, sizeof line, "%5llu %10.4f %10.4f %10.4f %11.0f\n",
                  static_cast<unsigned long long>(size), 1e3 * p50, 1e3 * p99, 1e3 * most,
                  static_cast<double>(size) / p50);
    text += line;
    record["batches"].push_back(
        {{"batch", size}, {"p50_seconds", p50}, {"p99_seconds", p99}, {"most_seconds", most}});
  }
  print(options.json ? record.dump(2) + "\n" : text);
  return exit_ok;
}

}  // namespace

void add_bench_latency(CLI::App& bench, Action& action) {
  auto* app = bench.add_subcommand("latency", "Small batches through an engine, a call each");
  auto options = std::make_shared<LatencyOptions>();
  add_problem_options(*app, *options);
  app->add_option("--batch", options->batches, "Samples a call; several may be given")
      ->delimiter(',')
      ->check(whole_number(1, most_samples))
      ->capture_default_str();
  app->add_option("--calls", options->calls, "Timed calls of each")
      ->check(whole_number(1, 100'000'000))
      ->capture_default_str();
  add_reduce_option(*app, *options);
  add_precision_option(*app, *options);
  add_threads_option(*app, *options);
  add_json_option(*app, *options);
  add_example(*app, "oscillon bench latency --random-inputs 1000 --batch 1,8,64");
  app->callback([options, &action] {
    action = [options](const std::stop_token& stop) {
      return in_floating_point(options->precision,
                               [&]<class T>() { return bench_latency<T>(*options, stop); });
    };
  });
}

}  // namespace oscillon::cli
