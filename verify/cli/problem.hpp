// What the subcommands about Challenge problems share: which network, which inputs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "oscillon/verify/challenge/radix_net.hpp"
#include "verify/cli/command.hpp"

namespace oscillon::cli {

// A RadiX-Net that is made and not read.
struct NetOptions {
  Index neurons = 1024;
  Index depth = 120;
  std::uint64_t seed = 1;
  std::vector<Index> radices, widths;  // empty: the official ones
  std::string weights = "equal";
  std::optional<double> weight, bias;
  std::optional<std::string> bias_on;  // stored, unless the layers say it themselves
  bool biases_vary = false;
  double dropped = 0;
  bool unstructured = false;
  std::string permutations_from;

  // Whether anything but the official connections and weights is asked for.
  bool is_variant() const {
    return !radices.empty() || !widths.empty() || weights != "equal" || weight || biases_vary ||
           dropped > 0 || unstructured || !permutations_from.empty();
  }
};

// The inputs of a problem: from a file, or at random.
struct InputOptions {
  std::string file;
  Index samples = 0;  // 0: all
  double threshold = 0.5;
  Index random = 0;
  double share = 0.1;
};

struct ProblemOptions : EngineOptions {
  NetOptions net;
  InputOptions inputs;
  std::string layers;  // empty: they are made
};

void add_net_options(CLI::App& app, NetOptions& options);
void add_input_options(CLI::App& app, InputOptions& options);
void add_problem_options(CLI::App& app, ProblemOptions& options);

challenge::RadixNet net_of(const NetOptions& options);

// Of the first rank: as asked for, or by radices and widths.
Index neurons_of(const NetOptions& options);

// How the network and the inputs are made, or where they are read from, as JSON.
nlohmann::ordered_json description(const ProblemOptions& options);

// The files that a problem is read from.
std::vector<std::string> files_of(const ProblemOptions& options);

// Whether a run would have all layers in memory before it begins, or fetch them on the way.
bool fits_in_memory(const NetOptions& options);

// The layers of official files, of a bundle or of the generator. Throws Error(bad_data) when a
// bundle is not of the shape that is asked for.
template <NetworkValue T>
std::unique_ptr<LayerSource<T>> open_layers(const ProblemOptions& options);

// Throws Error(out_of_memory) when making or reading the inputs would exceed the limit, before any
// of it is done.
template <NetworkValue T>
SampleBatch<T> open_inputs(const InputOptions& options, Index neurons, std::uint64_t seed,
                           const CommonOptions& common, std::uint64_t memory_limit,
                           ProgressBar& bar, const std::stop_token& stop);

// Calls run.operator()<T>(): the Challenge's weights are fractions, which integers cannot hold.
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

// The most memory that the process has held so far, in bytes.
std::uint64_t peak_memory();

}  // namespace oscillon::cli
