// `oscillon challenge`: runs, makes and checks problems of the sparse DNN Graph Challenge.
#include "verify/challenge/check.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <nlohmann/json.hpp>
#include <numeric>

#include "engine/inference/inference.hpp"
#include "engine/io/atomic_file.hpp"
#include "engine/io/tsv.hpp"
#include "verify/challenge/files.hpp"
#include "verify/challenge/images.hpp"
#include "verify/challenge/radix_net.hpp"
#include "verify/cli/command.hpp"
#include "verify/cli/network_input.hpp"
#include "verify/cli/profile_table.hpp"
#include "verify/oracle/from_engine.hpp"

namespace oscillon::cli {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct RunOptions : ProblemOptions {
  std::string truth, categories_out;
  Index oracle_samples = 0;
  std::optional<double> bias;
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

std::string official_lines(const RunOptions& options, const Profile& profile) {
  char text[256];
  std::snprintf(text, sizeof text,
                "DNN neurons/layer: %llu, layers: %llu, edges: %llu\n"
                "Run time (sec): %.6f, run rate (edges/sec): %.6e\n",
                static_cast<unsigned long long>(options.neurons),
                static_cast<unsigned long long>(options.depth),
                static_cast<unsigned long long>(profile.edges), profile.seconds, profile.rate());
  return text;
}

// The layers of the official files, all in memory, or of a bundle, one after the other.
template <NetworkValue T>
std::unique_ptr<LayerSource<T>> open_layers(const RunOptions& options, Index neurons, T bias) {
  if (!is_bundle(options.layers)) {
    return std::make_unique<Network<T>>(
        challenge::read_layers<T>(options.layers, neurons, options.depth, bias, options.threads));
  }
  if (options.bias) throw Error(Fault::usage, "--bias is for layer files; a bundle has its biases");
  auto source = std::make_unique<BundleSource<T>>(options.layers);
  if (source->inputs() != neurons || source->depth() != options.depth) {
    throw Error(Fault::bad_data, options.layers + " has " + std::to_string(source->depth()) +
                                     " layers from " + std::to_string(source->inputs()) +
                                     " inputs on; asked for are " + std::to_string(options.depth) +
                                     " of " + std::to_string(neurons) + " neurons");
  }
  return source;
}

template <NetworkValue T>
int run_in(const RunOptions& options, const std::stop_token& stop) {
  const challenge::Size& size = challenge::size_of(options.neurons);
  if (!options.categories_out.empty()) {
    require_distinct(options.categories_out, {options.truth, options.images});
    require_creatable(options.categories_out);
  }
  const auto reading = Clock::now();
  const T bias = static_cast<T>(options.bias.value_or(size.bias));
  const std::unique_ptr<LayerSource<T>> opened = open_layers<T>(options, size.neurons, bias);
  LayerSource<T>& source = *opened;
  const Matrix<T> Y0 =
      challenge::read_inputs<T>(options.images, size.neurons, options.samples, options.threads);
  std::vector<Index> truth;
  if (!options.truth.empty()) truth = read_categories(options.truth, Y0.columns());
  const double reading_seconds = seconds_since(reading);

  const Inference<T> answer = [&] {
    ProgressBar bar;
    return infer(source, Y0, inference_options(options, bar, stop));
  }();

  const std::vector<Index> categories = challenge::categories_of(answer.Y);
  if (!options.categories_out.empty()) write_categories(options.categories_out, categories);

  nlohmann::ordered_json record{{"neurons", size.neurons},
                                {"depth", options.depth},
                                {"precision", GraphblasType<T>::name},
                                {"inputs", Y0.columns()},
                                {"input_entries", Y0.entries()},
                                {"reading_seconds", reading_seconds},
                                {"categories", categories.size()},
                                {"graphblas", graphblas_version()}};
  std::string text = official_lines(options, answer.profile) +
                     "Read time (sec): " + number(reading_seconds) +
                     "; inputs: " + grouped(Y0.columns()) + " with " + grouped(Y0.entries()) +
                     " entries\n" + "Categories: " + grouped(categories.size()) + "\n";
  if (options.profile) text += profile_table(answer.profile);
  int code = exit_ok;
  if (options.oracle_samples > 0) {
    const auto chosen = samples_to_verify(options.oracle_samples, Y0.columns(), categories);
    const auto wrong = oracle::first_disagreement(source, Y0, answer.Y, chosen,
                                                  bias_on_from_name(options.bias_on));
    text += wrong ? "Plain loops DISAGREE: sample " + std::to_string(*wrong + 1) + "\n"
                  : "Plain loops agree bit for bit on " + grouped(chosen.size()) + " samples\n";
    record["verified_samples"] = chosen.size();
    record["verified"] = !wrong;
    if (wrong) code = exit_mismatch;
  }
  if (!options.truth.empty()) {
    const challenge::Check check = challenge::check_categories(categories, truth);
    if (!check.passed()) {
      text += check.message() + "\n";
      code = exit_mismatch;
    }
    text += check.passed() ? "Challenge PASSED\n" : "Challenge FAILED\n";
    record["truth"] = truth.size();
    record["passed"] = check.passed();
    record["difference"] = check.message();
  }
  record["profile"] = profile_record(answer.profile);
  print(options.json ? record.dump(2) + "\n" : text);
  return code;
}

// The Challenge's weights are fractions; integers cannot hold them.
template <class Run>
int in_floating_point(const std::string& precision, Run&& run) {
  return with_precision(precision, [&]<class T>() -> int {
    if constexpr (std::is_floating_point_v<T>) {
      return run.template operator()<T>();
    } else {
      throw Error(Fault::usage, "the Challenge's weights are fractions: take fp32 or fp64, not " +
                                    std::string(GraphblasType<T>::name));
    }
  });
}

void add_run(CLI::App& challenge, Action& action) {
  auto* app = challenge.add_subcommand("run", "Run a problem from its official files and check it");
  auto options = std::make_shared<RunOptions>();
  add_problem_options(*app, *options);
  app->add_option("--truth", options->truth,
                  "Categories file to check against; exit 1 where the answer differs")
      ->check(some_path());
  app->add_option("--categories-out", options->categories_out,
                  "File to write the survivors' numbers to")
      ->check(some_path());
  app->add_option("--bias", options->bias, "Bias of every neuron; default: the official one")
      ->check(finite_number());
  app->add_option("--verify", options->oracle_samples,
                  "Also compute this many samples in plain loops and compare bit for bit")
      ->check(whole_number(0, most_samples));
  add_engine_options(*app, *options);
  add_json_option(*app, *options);
  add_example(*app,
              "oscillon challenge run --images data/sparse-images-1024.tsv --layers data \\\n"
              "      --neurons 1024 --depth 120 --truth data/neuron1024-l120-categories.tsv");
  app->callback([options, &action] {
    action = [options](const std::stop_token& stop) {
      return in_floating_point(options->precision,
                               [&]<class T>() { return run_in<T>(*options, stop); });
    };
  });
}

struct MakeOptions : CommonOptions {
  std::string images, output;
  Index neurons = 1024;
  Index depth = 120;
  Index count = 0;
  std::uint64_t seed = 1;
};

int make(const MakeOptions& options, const std::stop_token& stop) {
  const challenge::Size& size = challenge::size_of(options.neurons);
  IdxImages images = read_idx_images(options.images);
  if (options.count > images.count) {
    throw Error(Fault::usage, "there are " + std::to_string(images.count) + " images in " +
                                  options.images + ", not " + std::to_string(options.count));
  }
  if (options.count > 0) {
    images.count = options.count;
    images.pixels.resize(options.count * images.height * images.width);
  }
  const Matrix<float> Y0 =
      challenge::inputs_from_images<float>(images, size.image_side).matrix();
  challenge::RadixNetSource<float> source(challenge::official_net(size, options.seed),
                                          options.depth);
  challenge::write_problem(options.output, source, Y0, stop);
  print("Wrote " + std::to_string(options.depth) + " layers of " + grouped(size.neurons) +
        " neurons and " + grouped(Y0.columns()) + " inputs with " + grouped(Y0.entries()) +
        " entries to " + options.output + "\n");
  return exit_ok;
}

void add_make(CLI::App& challenge, Action& action) {
  auto* app = challenge.add_subcommand(
      "make", "Make a problem of the official kind: a seeded RadiX-Net and scaled images");
  auto options = std::make_shared<MakeOptions>();
  app->add_option("--images", options->images, "Grey images as an IDX file, also .gz")
      ->check(some_path())
      ->required();
  app->add_option("--output", options->output, "Folder to write the problem to")
      ->check(some_path())
      ->required();
  app->add_option("--neurons", options->neurons, "Neurons a layer")
      ->check(whole_number(1, most_samples))
      ->capture_default_str();
  app->add_option("--depth", options->depth, "Layers")
      ->check(whole_number(1, 1'000'000))
      ->capture_default_str();
  app->add_option("--count", options->count, "Take only the first images; 0 takes all")
      ->check(whole_number(0, most_samples))
      ->capture_default_str();
  app->add_option("--seed", options->seed, "Seed of the permutations")
      ->check(whole_number(0, ~Index{0}))
      ->capture_default_str();
  add_example(*app,
              "oscillon challenge make --images train-images-idx3-ubyte.gz --neurons 1024 \\\n"
              "      --depth 120 --seed 1 --output data");
  app->callback([options, &action] {
    action = [options](const std::stop_token& stop) { return make(*options, stop); };
  });
}

}  // namespace

void add_challenge(CLI::App& program, Action& action) {
  auto* challenge =
      program.add_subcommand("challenge", "Run and make sparse DNN Graph Challenge problems");
  challenge->require_subcommand(1);
  add_run(*challenge, action);
  add_make(*challenge, action);
}

}  // namespace oscillon::cli
