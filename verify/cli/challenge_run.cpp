// `oscillon challenge run`: a problem from its files, or made on the way, and its check.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "engine/base/clock.hpp"
#include "engine/io/atomic_file.hpp"
#include "oscillon/verify/challenge/run.hpp"
#include "verify/cli/challenge.hpp"
#include "verify/cli/problem.hpp"
#include "verify/cli/profile_table.hpp"

namespace oscillon::cli {

namespace {

struct RunOptions : ProblemOptions {
  std::string truth, categories_out, result_out, truth_out, record;
  Index verified = 0;
  CheckpointOptions checkpoint;
};

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

// What was verified and checked, as text, and in the record.
std::string findings(const challenge::RunReport& report, bool truth_is_written,
                     nlohmann::ordered_json& record) {
  std::string text;
  if (const auto& verified = report.verification) {
    text += verified->loops_differ ? "Plain loops DISAGREE: sample " +
                                         std::to_string(*verified->loops_differ + 1) + "\n"
                                   : "Plain loops agree bit for bit on " +
                                         grouped(verified->samples.size()) + " samples\n";
    if (verified->semiring_differs) {
      text += "Plan semiring DISAGREES: sample " + std::to_string(*verified->semiring_differs + 1) +
              "\n";
    } else if (verified->by_semiring) {
      text += "Plan semiring agrees bit for bit on the same samples\n";
    }
    record["verified_samples"] = verified->samples.size();
    record["verified"] = verified->agrees();
    if (truth_is_written && !verified->agrees()) text += "No truth is written\n";
  }
  if (const auto& check = report.check) {
    if (!check->passed()) text += check->message() + "\n";
    text += check->passed() ? "Challenge PASSED\n" : "Challenge FAILED\n";
    record["compared_values"] = check->compared_values;
    record["passed"] = check->passed();
    record["difference"] = check->message();
  }
  return text;
}

template <NetworkValue T>
int run_in(const RunOptions& options, const std::stop_token& stop) {
  require_creatable_outputs(options);
  const Stopwatch reading;
  const std::unique_ptr<LayerSource<T>> opened = open_layers<T>(options);
  const LayerSource<T>& source = *opened;
  ProgressBar bar;
  challenge::RunRequest request;
  request.inference = inference_options(options, bar, stop);
  request.inference.checkpoint = options.checkpoint;
  require_memory(source, request.inference);
  const SampleBatch<T> Y0 = open_inputs<T>(options.inputs, source.inputs(), options.net.seed,
                                           options, options.memory_limit, bar, stop);
  if (!options.truth.empty()) {
    request.truth = challenge::read_result(options.truth, Y0.samples());
  }
  constexpr Index verified_for_a_truth = 20;
  request.by_semiring = !options.truth_out.empty();
  request.verified = options.verified > 0  ? options.verified
                     : request.by_semiring ? verified_for_a_truth
                                           : 0;
  const double reading_seconds = reading.seconds();

  const challenge::RunReport report = challenge::run(source, Y0, request);

  const challenge::Result& result = report.result;
  if (!options.categories_out.empty()) {
    challenge::write_result(options.categories_out, {result.categories, {}});
  }
  if (!options.result_out.empty()) challenge::write_result(options.result_out, result);
  if (!options.truth_out.empty() && report.verification->agrees()) {
    challenge::write_result(options.truth_out, result);
  }

  nlohmann::ordered_json record{{"problem", description(options)},
                                {"network", source.fingerprint()},
                                {"neurons", source.inputs()},
                                {"depth", source.depth()},
                                {"precision", GraphblasType<T>::name},
                                {"inputs", Y0.samples()},
                                {"input_entries", Y0.entries()},
                                {"reading_seconds", reading_seconds},
                                {"categories", result.categories.size()},
                                {"graphblas", graphblas_version()}};
  std::string text = official_lines(source.inputs(), source.depth(), report.profile) +
                     "Read time (sec): " + number(reading_seconds) +
                     "; inputs: " + grouped(Y0.samples()) + " with " + grouped(Y0.entries()) +
                     " entries\n" + "Categories: " + grouped(result.categories.size()) + "\n";
  if (report.profile.resumed_at > 0) {
    text += "Resumed after layer " + grouped(report.profile.resumed_at) + "\n";
  }
  if (request.truth) record["truth"] = request.truth->categories.size();
  text += findings(report, !options.truth_out.empty(), record);
  if (options.profile) text += profile_table(report.profile);
  text += "Memory: planned " + report.memory.text() + "; at most " +
          number(double(peak_memory()) / (1 << 20)) + " MiB were held\n";
  record["planned_memory_bytes"] = report.memory.total();
  record["peak_memory_bytes"] = peak_memory();
  record["profile"] = profile_record(report.profile);
  const std::string json = record.dump(2) + "\n";
  if (!options.record.empty()) write_file(options.record, json);
  print(options.json ? json : text);
  return report.passed() ? exit_ok : exit_mismatch;
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
