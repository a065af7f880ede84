// `oscillon challenge run`: a problem from its files, or made on the way, and its check.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <nlohmann/json.hpp>
#include <numeric>

#include "engine/io/atomic_file.hpp"
#include "oscillon/verify/challenge/check.hpp"
#include "verify/cli/challenge.hpp"
#include "verify/cli/problem.hpp"
#include "verify/cli/profile_table.hpp"
#include "verify/oracle/from_engine.hpp"

namespace oscillon::cli {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct RunOptions : ProblemOptions {
  std::string truth, categories_out, result_out, truth_out, record;
  Index verified = 0;
  CheckpointOptions checkpoint;
};

// `wanted` samples, or all: half of them survivors as far as there are so many, the others dead,
// both spread over the batch.
std::vector<Index> samples_to_verify(Index wanted, Index samples, const std::vector<Index>& alive) {
  std::vector<Index> all(samples), dead, chosen;
  std::iota(all.begin(), all.end(), Index{0});
  std::set_difference(all.begin(), all.end(), alive.begin(), alive.end(), std::back_inserter(dead));
  const auto spread = [&](Index count, const std::vector<Index>& from) {
    for (Index i = 0; i < count; ++i) chosen.push_back(from[i * from.size() / count]);
  };
  wanted = std::min(wanted, samples);
  const Index dead_count =
      std::min<Index>(wanted - std::min<Index>((wanted + 1) / 2, alive.size()), dead.size());
  spread(dead_count, dead);
  spread(wanted - dead_count, alive);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

// Samples of a matrix or a batch as a matrix of their own.
template <NetworkValue T, class Columns>
Matrix<T> chosen_samples(Index neurons, const std::vector<Index>& chosen, Columns&& columns) {
  SampleBatch<T> made(neurons);
  for (const Index sample : chosen) {
    const Compressed<T> one = columns(sample);
    made.append(one.indices, one.values);
  }
  return made.matrix();
}

template <NetworkValue T>
struct Verification {
  std::vector<Index> samples;             // that were looked at
  std::optional<Index> loops_differ;      // the first of them for which plain loops differ
  std::optional<Index> semiring_differs;  // and plan semiring
  bool agrees() const { return !loops_differ && !semiring_differs; }
};

// The answer to some samples, worked out in plain loops and, with `two_ways`, by plan semiring.
template <NetworkValue T>
Verification<T> verify(const RunOptions& options, const LayerSource<T>& source,
                       const SampleBatch<T>& Y0, const Matrix<T>& Y,
                       const std::vector<Index>& alive, Index wanted, bool two_ways,
                       const std::stop_token& stop) {
  Verification<T> made;
  made.samples = samples_to_verify(wanted, Y0.samples(), alive);
  const Matrix<T> inputs = chosen_samples<T>(
      Y0.neurons(), made.samples, [&](Index sample) { return Y0.columns(sample, sample + 1); });
  const SampleBatch<T> answers(Y);
  const Matrix<T> answer = chosen_samples<T>(
      Y.rows(), made.samples, [&](Index sample) { return answers.columns(sample, sample + 1); });
  std::vector<Index> all(made.samples.size());
  std::iota(all.begin(), all.end(), Index{0});
  if (const auto wrong = oracle::first_disagreement(source, inputs, answer, all)) {
    made.loops_differ = made.samples[*wrong];
  }
  if (two_ways) {
    InferenceOptions semiring;
    semiring.plan = Plan::semiring;
    semiring.threads = options.threads;
    semiring.stop = stop;
    const auto a = infer(source, inputs, semiring).Y.compressed(Orientation::by_column);
    const auto b = answer.compressed(Orientation::by_column);
    for (Index j = 0; j < all.size() && !made.semiring_differs; ++j) {
      const auto of = [&](const Compressed<T>& from, const auto& array) {
        return std::vector(array.begin() + static_cast<std::ptrdiff_t>(from.offsets[j]),
                           array.begin() + static_cast<std::ptrdiff_t>(from.offsets[j + 1]));
      };
      if (of(a, a.indices) != of(b, b.indices) || of(a, a.values) != of(b, b.values)) {
        made.semiring_differs = made.samples[j];
      }
    }
  }
  return made;
}

std::string official_lines(Index neurons, std::size_t depth, const Profile& profile) {
  char text[256];
  std::snprintf(text, sizeof text,
                "DNN neurons/layer: %llu, layers: %llu, edges: %llu\n"
                "Run time (sec): %.6f, run rate (edges/sec): %.6e\n",
                static_cast<unsigned long long>(neurons), static_cast<unsigned long long>(depth),
                static_cast<unsigned long long>(profile.edges), profile.seconds, profile.rate());
  return text;
}

void require_creatable_outputs(const RunOptions& options) {
  std::vector<std::string> inputs = files_of(options);
  inputs.push_back(options.truth);
  require_outputs({options.categories_out, options.result_out, options.truth_out, options.record},
                  inputs);
  if (!options.checkpoint.folder.empty()) {
    make_folder(options.checkpoint.folder);
    require_creatable(options.checkpoint.folder + "/checkpoint-0");
  }
}

// Refuses at once what cannot fit, before inputs are made that may take minutes.
template <NetworkValue T>
void require_memory(const LayerSource<T>& source, const InferenceOptions& inference) {
  if (inference.memory_limit == 0) return;
  const MemoryPlan plan = plan_memory(source, SampleBatch<T>(source.inputs()), inference);
  if (plan.total() <= inference.memory_limit) return;
  throw Error(Fault::out_of_memory, "without any input this needs more memory than the limit of " +
                                        std::to_string(inference.memory_limit >> 20) +
                                        " MiB: " + plan.text());
}

template <NetworkValue T>
int run_in(const RunOptions& options, const std::stop_token& stop) {
  require_creatable_outputs(options);
  const auto reading = Clock::now();
  const std::unique_ptr<LayerSource<T>> opened = open_layers<T>(options);
  const LayerSource<T>& source = *opened;
  ProgressBar bar;
  InferenceOptions inference = inference_options(options, bar, stop);
  inference.checkpoint = options.checkpoint;
  require_memory(source, inference);
  const SampleBatch<T> Y0 = open_inputs<T>(options.inputs, source.inputs(), options.net.seed,
                                           options, options.memory_limit, bar, stop);
  challenge::Result truth;
  if (!options.truth.empty()) truth = challenge::read_result(options.truth, Y0.samples());
  const double reading_seconds = seconds_since(reading);
  const MemoryPlan memory = plan_memory(source, Y0, inference);

  const Inference<T> answer = infer(source, Y0, inference);

  const challenge::Result result = challenge::result_of(answer.Y);
  if (!options.categories_out.empty()) {
    challenge::write_result(options.categories_out, {result.categories, {}});
  }
  if (!options.result_out.empty()) challenge::write_result(options.result_out, result);

  nlohmann::ordered_json record{{"problem", nlohmann::ordered_json::parse(description(options))},
                                {"neurons", source.inputs()},
                                {"depth", source.depth()},
                                {"precision", GraphblasType<T>::name},
                                {"inputs", Y0.samples()},
                                {"input_entries", Y0.entries()},
                                {"reading_seconds", reading_seconds},
                                {"categories", result.categories.size()},
                                {"graphblas", graphblas_version()}};
  std::string text = official_lines(source.inputs(), source.depth(), answer.profile) +
                     "Read time (sec): " + number(reading_seconds) +
                     "; inputs: " + grouped(Y0.samples()) + " with " + grouped(Y0.entries()) +
                     " entries\n" + "Categories: " + grouped(result.categories.size()) + "\n";
  if (answer.profile.resumed_at > 0) {
    text += "Resumed after layer " + grouped(answer.profile.resumed_at) + "\n";
  }
  int code = exit_ok;
  constexpr Index verified_for_a_truth = 20;
  const Index wanted = options.verified > 0        ? options.verified
                       : options.truth_out.empty() ? 0
                                                   : verified_for_a_truth;
  if (wanted > 0) {
    const auto verified = verify(options, source, Y0, answer.Y, result.categories, wanted,
                                 !options.truth_out.empty(), stop);
    if (verified.loops_differ) {
      text += "Plain loops DISAGREE: sample " + std::to_string(*verified.loops_differ + 1) + "\n";
    } else {
      text += "Plain loops agree bit for bit on " + grouped(verified.samples.size()) + " samples\n";
    }
    if (verified.semiring_differs) {
      text += "Plan semiring DISAGREES: sample " + std::to_string(*verified.semiring_differs + 1) +
              "\n";
    } else if (!options.truth_out.empty()) {
      text += "Plan semiring agrees bit for bit on the same samples\n";
    }
    record["verified_samples"] = verified.samples.size();
    record["verified"] = verified.agrees();
    if (!verified.agrees()) code = exit_mismatch;
  }
  if (!options.truth_out.empty()) {
    if (code == exit_ok) {
      challenge::write_result(options.truth_out, result);
    } else {
      text += "No truth is written\n";
    }
  }
  if (!options.truth.empty()) {
    const challenge::Check check = challenge::check_result(result, truth);
    if (!check.passed()) {
      text += check.message() + "\n";
      code = exit_mismatch;
    }
    text += check.passed() ? "Challenge PASSED\n" : "Challenge FAILED\n";
    record["truth"] = truth.categories.size();
    record["compared_values"] = check.compared_values;
    record["passed"] = check.passed();
    record["difference"] = check.message();
  }
  if (options.profile) text += profile_table(answer.profile);
  text += "Memory: planned " + memory.text() + "; at most " +
          number(double(peak_memory()) / (1 << 20)) + " MiB were held\n";
  record["planned_memory_bytes"] = memory.total();
  record["peak_memory_bytes"] = peak_memory();
  record["profile"] = profile_record(answer.profile);
  const std::string json = record.dump(2) + "\n";
  if (!options.record.empty()) write_file(options.record, json);
  print(options.json ? json : text);
  return code;
}

}  // namespace

void add_challenge_run(CLI::App& challenge, Action& action) {
  auto* app = challenge.add_subcommand(
      "run", "Run a problem, from files or made on the way, and check the answer");
  auto options = std::make_shared<RunOptions>();
  add_problem_options(*app, *options);
  app->add_option("--truth", options->truth,
                  "Categories file, or result, to check against; exit 1 where the answer differs")
      ->check(some_path());
  app->add_option("--categories-out", options->categories_out,
                  "File to write the survivors' numbers to, an official categories file")
      ->check(some_path());
  app->add_option("--result-out", options->result_out,
                  "File to write the survivors' numbers and digests of their values to")
      ->check(some_path());
  app->add_option("--truth-out", options->truth_out,
                  "The same, but only if plain loops and plan semiring agree on some samples")
      ->check(some_path());
  app->add_option("--record", options->record, "File to write a JSON record of the run to")
      ->check(some_path());
  app->add_option("--verify", options->verified,
                  "Also compute this many samples in plain loops and compare bit for bit")
      ->check(whole_number(0, most_samples));
  auto* checkpoint = app->add_option("--checkpoint", options->checkpoint.folder,
                                     "Folder to write checkpoints to; with it, SIGINT and SIGTERM "
                                     "write one before the program ends with exit code 75")
                         ->check(some_path());
  app->add_option("--every", options->checkpoint.every_seconds, "Seconds between two checkpoints")
      ->check(CLI::NonNegativeNumber)
      ->needs(checkpoint)
      ->capture_default_str();
  app->add_flag("--resume", options->checkpoint.resume, "Go on from the newest checkpoint")
      ->needs(checkpoint);
  add_engine_options(*app, *options);
  add_json_option(*app, *options);
  add_example(*app,
              "oscillon challenge run --inputs data/sparse-images-1024.tsv --layers data \\\n"
              "      --neurons 1024 --depth 120 --truth data/neuron1024-l120-categories.tsv");
  app->callback([options, &action] {
    action = [options](const std::stop_token& stop) {
      return in_floating_point(options->precision,
                               [&]<class T>() { return run_in<T>(*options, stop); });
    };
  });
}

}  // namespace oscillon::cli
