#include "verify/cli/problem.hpp"

#include <sys/resource.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/io/challenge_files.hpp"
#include "engine/io/challenge_manifest.hpp"
#include "oscillon/base/checked.hpp"
#include "oscillon/base/thread_team.hpp"
#include "verify/challenge/images.hpp"

namespace oscillon::cli {

namespace {

// Up to so many edges a network is held in memory as a whole.
constexpr Index most_edges_in_memory = Index{1} << 26;

// Reading text takes about so many bytes of memory for each of a file, as the lines of entries are
// collected and sorted; packed text is about so many times as long.
constexpr std::uint64_t memory_a_text_byte = 5;
constexpr std::uint64_t text_a_packed_byte = 6;

bool is_images_file(const std::string& path) {
  const std::string plain = path.ends_with(".gz") ? path.substr(0, path.size() - 3) : path;
  return plain.ends_with(".idx") || plain.ends_with("-ubyte");
}

Index side_of(Index neurons) {
  const auto side = static_cast<Index>(std::llround(std::sqrt(static_cast<double>(neurons))));
  if (side * side == neurons) return side;
  throw Error(Fault::usage, std::to_string(neurons) +
                                " neurons are not the pixels of a square: images are no inputs of "
                                "this network; take --random-inputs");
}

IdxImages read_images(const InputOptions& options) {
  IdxImages images = read_idx_images(options.file);
  if (options.samples > images.count) {
    throw Error(Fault::usage, "there are " + std::to_string(images.count) + " images in " +
                                  options.file + ", not " + std::to_string(options.samples));
  }
  if (options.samples > 0) {
    images.count = options.samples;
    images.pixels.resize(images.count * images.height * images.width);
  }
  return images;
}

void require_memory_for_text(const std::string& path, std::uint64_t limit) {
  std::error_code none;
  const std::uint64_t bytes = std::filesystem::file_size(path, none);
  if (limit == 0 || none) return;
  const std::uint64_t wanted =
      bytes * memory_a_text_byte * (path.ends_with(".gz") ? text_a_packed_byte : 1);
  if (wanted <= limit) return;
  throw Error(Fault::out_of_memory, "reading " + path + " takes about " +
                                        std::to_string((wanted >> 20) + 1) + " MiB; the limit is " +
                                        std::to_string(limit >> 20) +
                                        " MiB. Images as an IDX file take less");
}

// Throws Error(bad_data) for a network that tells its shape, when another is asked for.
template <NetworkValue T>
std::unique_ptr<LayerSource<T>> open_whole(const ProblemOptions& options) {
  auto source = oscillon::open_layers<T>(options.layers);
  if (source->inputs() == options.net.neurons && source->depth() == options.net.depth) {
    return source;
  }
  throw Error(Fault::bad_data, options.layers + " has " + std::to_string(source->depth()) +
                                   " layers from " + std::to_string(source->inputs()) +
                                   " inputs on; asked for are " +
                                   std::to_string(options.net.depth) + " of " +
                                   std::to_string(options.net.neurons) + " neurons");
}

}  // namespace

void add_net_options(CLI::App& app, NetOptions& options) {
  app.add_option("--neurons", options.neurons, "Neurons a layer: 1024, 4096, 16384 or 65536")
      ->check(whole_number(1, most_samples))
      ->capture_default_str();
  app.add_option("--depth", options.depth, "Layers")
      ->check(whole_number(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Seed of a network that is made")
      ->check(whole_number(0, ~Index{0}))
      ->capture_default_str();
  app.add_option("--bias", options.bias, "Bias of every neuron; default: the official one")
      ->check(finite_number());
  app.add_option("--bias-on", options.bias_on,
                 "What the bias is added to: stored (entries of W Y, sums of 0 too), nonzero "
                 "(entries whose sum is not 0), live-samples (every neuron of a sample that has an "
                 "entry) or every-sample; default: stored; a bundle says it itself");
  const char* const variants = "Variants of a network that is made";
  app.add_option("--radices", options.radices,
                 "Radices of a block's layers, as 2,2,4; with --widths instead of --neurons")
      ->delimiter(',')
      ->group(variants);
  app.add_option("--widths", options.widths,
                 "Widths of the Kronecker product, as 16 or, for ranks of several sizes, 16,8")
      ->delimiter(',')
      ->group(variants);
  app.add_option("--weights", options.weights,
                 "equal, positive (each weight with a factor of 1/2 to 3/2) or mixed (and a sign)")
      ->group(variants)
      ->capture_default_str();
  app.add_option("--weight", options.weight, "The weight; default: 1/16")
      ->check(finite_number())
      ->group(variants);
  app.add_flag("--vary-biases", options.biases_vary,
               "Each bias with a factor of 1/2 to 3/2 of its own")
      ->group(variants);
  app.add_option("--drop", options.dropped, "Share of connections left out: irregular degrees")
      ->check(finite_number())
      ->group(variants);
  app.add_flag("--unstructured", options.unstructured, "As many connections, to random neurons")
      ->group(variants);
  app.add_option("--permutations-from", options.permutations_from,
                 "Folder with layer files whose permutations are taken over")
      ->check(some_path())
      ->group(variants);
}

void add_input_options(CLI::App& app, InputOptions& options) {
  auto* file = app.add_option("--inputs,--images", options.file,
                              "Inputs: sparse-images-N.tsv, or grey images as an IDX file (its "
                              "name ends in .idx or -ubyte); each also .gz")
                   ->check(some_path());
  app.add_option("--samples,--count", options.samples,
                 "Number of inputs, the first images; 0 takes all, of text as many as the "
                 "greatest number in the file")
      ->check(whole_number(0, most_samples))
      ->capture_default_str();
  app.add_option("--threshold", options.threshold,
                 "A pixel is 1 beyond this share of the greatest value; officially 0.5")
      ->check(finite_number())
      ->capture_default_str();
  app.add_option("--random-inputs", options.random, "Make so many random inputs instead")
      ->check(whole_number(1, most_samples))
      ->excludes(file);
  app.add_option("--share", options.share, "Share of ones in random inputs")
      ->check(finite_number())
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
}

void add_problem_options(CLI::App& app, ProblemOptions& options) {
  add_input_options(app, options.inputs);
  app.add_option("--layers", options.layers,
                 "Folder with neuronN/nN-lK as " + matrix_format_names(".") +
                     ", or a .safetensors bundle; without it the layers are made")
      ->check(some_path());
  add_net_options(app, options.net);
}

challenge::RadixNet net_of(const NetOptions& options) {
  challenge::RadixNet net;
  if (options.radices.empty() != options.widths.empty()) {
    throw Error(Fault::usage, "--radices and --widths go together");
  }
  if (options.radices.empty()) {
    net = challenge::official_net(challenge::size_of(options.neurons), options.seed);
  } else {
    net.radices = options.radices;
    net.widths = options.widths;
    net.seed = options.seed;
    net.bias = options.bias.value_or(challenge::sizes.front().bias);
  }
  if (options.bias) net.bias = *options.bias;
  if (options.weight) net.weight = *options.weight;
  net.weights = challenge::weights_from_name(options.weights);
  net.bias_on = bias_on_from_name(options.bias_on.value_or("stored"));
  net.biases_vary = options.biases_vary;
  net.dropped = options.dropped;
  net.unstructured = options.unstructured;
  if (!options.permutations_from.empty()) {
    LayerFiles<float> files;
    files.neurons = net.neurons(0);
    files.depth = options.depth;
    const challenge::FolderSource<float> source(options.permutations_from, files);
    net.permutations = challenge::recovered_permutations(source, net);
  }
  return net;
}

Index neurons_of(const NetOptions& options) {
  Index neurons = options.widths.empty() ? options.neurons : options.widths.front();
  for (const Index radix : options.radices) neurons = checked_multiply(neurons, radix, "neurons");
  return neurons;
}

std::vector<std::string> files_of(const ProblemOptions& options) {
  std::vector<std::string> files{options.inputs.file, options.layers};
  if (options.layers.empty()) return files;
  files.push_back(challenge::manifest_path(options.layers));
  std::error_code none;
  const std::filesystem::path layer =
      options.layers + "/" + challenge::layer_name(options.net.neurons, 1);
  for (const auto& file : std::filesystem::directory_iterator(layer.parent_path(), none)) {
    files.push_back(file.path().string());
  }
  return files;
}

nlohmann::ordered_json description(const ProblemOptions& options) {
  nlohmann::ordered_json record{{"neurons", neurons_of(options.net)}, {"depth", options.net.depth}};
  if (!options.layers.empty()) {
    record["layers"] = options.layers;
  } else {
    const NetOptions& net = options.net;
    record["seed"] = net.seed;
    if (!net.radices.empty()) record["radices"] = net.radices;
    if (!net.widths.empty()) record["widths"] = net.widths;
    record["weights"] = net.weights;
    if (net.weight) record["weight"] = *net.weight;
    if (net.biases_vary) record["biases"] = "vary";
    if (net.dropped > 0) record["dropped"] = net.dropped;
    if (net.unstructured) record["connections"] = "unstructured";
    if (!net.permutations_from.empty()) record["permutations_from"] = net.permutations_from;
  }
  if (options.net.bias) record["bias"] = *options.net.bias;
  if (options.net.bias_on) record["bias_on"] = *options.net.bias_on;
  if (options.inputs.random > 0) {
    record["random_inputs"] = options.inputs.random;
    record["share"] = options.inputs.share;
  } else if (!options.inputs.file.empty()) {
    record["inputs"] = options.inputs.file;
    if (options.inputs.samples > 0) record["samples"] = options.inputs.samples;
    if (is_images_file(options.inputs.file)) record["threshold"] = options.inputs.threshold;
  }
  return record;
}

bool fits_in_memory(const NetOptions& options) {
  return neurons_of(options) * options.depth <= most_edges_in_memory / challenge::connections;
}

template <NetworkValue T>
std::unique_ptr<LayerSource<T>> open_layers(const ProblemOptions& options) {
  const NetOptions& net = options.net;
  const bool at_once = fits_in_memory(net);
  if (options.layers.empty()) {
    const auto made = [&] { return challenge::RadixNetSource<T>(net_of(net), net.depth); };
    if (at_once) return std::make_unique<Network<T>>(in_memory<T>(made(), options.threads));
    return std::make_unique<challenge::RadixNetSource<T>>(made());
  }
  if (net.is_variant()) {
    throw Error(Fault::usage, "layers from " + options.layers +
                                  " are taken as they are: options for variants are for networks "
                                  "that are made");
  }
  if (is_bundle(options.layers) || is_network_folder(options.layers)) {
    if (net.bias) throw Error(Fault::usage, "--bias is for layer files; a bundle has its biases");
    if (net.bias_on) {
      throw Error(Fault::usage, "--bias-on is for layer files; a bundle says its rules itself");
    }
    return open_whole<T>(options);
  }
  const std::optional<T> bias = net.bias ? std::optional(static_cast<T>(*net.bias)) : std::nullopt;
  auto files = challenge::official_layers<T>(net.neurons, net.depth, bias,
                                             bias_on_from_name(net.bias_on.value_or("stored")));
  files.threads = at_once ? 1 : options.threads;  // all files at once, or one with all threads
  auto source = oscillon::open_layers<T>(options.layers, files);
  if (at_once) return std::make_unique<Network<T>>(in_memory<T>(*source, options.threads));
  return source;
}

template <NetworkValue T>
SampleBatch<T> open_inputs(const InputOptions& options, Index neurons, std::uint64_t seed,
                           const CommonOptions& common, std::uint64_t memory_limit,
                           ProgressBar& bar, const std::stop_token& stop) {
  if (options.random > 0) {
    return SampleBatch<T>(
        challenge::random_inputs<T>(neurons, options.random, options.share, seed));
  }
  if (options.file.empty()) {
    throw Error(Fault::usage, "there are no inputs: give --inputs FILE or --random-inputs COUNT");
  }
  if (!is_images_file(options.file)) {
    require_memory_for_text(plain_or_compressed(options.file), memory_limit);
    return challenge::read_inputs<T>(options.file, neurons, options.samples, common.threads);
  }
  challenge::ImageOptions scaling;
  scaling.threshold = options.threshold;
  scaling.threads = common.threads;
  scaling.memory_limit = memory_limit;
  scaling.stop = stop;
  const auto start = std::chrono::steady_clock::now();
  scaling.on_progress = [&](Index done, Index rows) {
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    bar.show(done, rows, "row of pixels", "", seconds.count());
  };
  return challenge::inputs_from_images<T>(read_images(options), side_of(neurons), scaling);
}

std::uint64_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

#define OSCILLON_INSTANTIATE_PROBLEM(T)                                                  \
  template std::unique_ptr<LayerSource<T>> open_layers(const ProblemOptions&);           \
  template SampleBatch<T> open_inputs(const InputOptions&, Index, std::uint64_t,         \
                                      const CommonOptions&, std::uint64_t, ProgressBar&, \
                                      const std::stop_token&);
OSCILLON_INSTANTIATE_PROBLEM(float)
OSCILLON_INSTANTIATE_PROBLEM(double)
#undef OSCILLON_INSTANTIATE_PROBLEM

}  // namespace oscillon::cli
