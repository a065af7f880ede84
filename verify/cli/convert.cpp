// `oscillon convert`: a network from one kind of file to another.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/io/matrix_market.hpp"
#include "engine/io/npz.hpp"
#include "engine/io/tsv.hpp"
#include "verify/challenge/files.hpp"
#include "verify/cli/command.hpp"
#include "verify/cli/network_input.hpp"

namespace oscillon::cli {

namespace {

struct ConvertOptions : CommonOptions {
  std::string input, output, store;
  Index neurons = 0;
  Index depth = 120;
  std::optional<double> bias;
  bool challenge_output = false;
  std::string format = "tsv";
};

// What is converted: layers, and names where there are any.
template <NetworkValue T>
struct Opened {
  std::unique_ptr<LayerSource<T>> layers;
  std::optional<std::vector<KeySet>> keys;
  std::string provenance;
};

template <NetworkValue T>
std::vector<KeySet> keys_of(const Network<T>& network) {
  std::vector<KeySet> keys;
  for (std::size_t r = 0; r <= network.depth(); ++r) keys.push_back(network.keys(r));
  return keys;
}

template <NetworkValue T>
Opened<T> open_challenge(const ConvertOptions& options) {
  if constexpr (std::is_floating_point_v<T>) {
    const challenge::Size& size = challenge::size_of(options.neurons);
    return {std::make_unique<challenge::FolderSource<T>>(
                options.input, size.neurons, options.depth,
                static_cast<T>(options.bias.value_or(size.bias)), options.threads),
            std::nullopt, "sparse DNN Graph Challenge files"};
  } else {
    throw Error(Fault::usage, "the Challenge's weights are fractions: take fp32 or fp64");
  }
}

template <NetworkValue T>
Opened<T> open_network(const ConvertOptions& options) {
  if (options.neurons > 0) return open_challenge<T>(options);
  if (is_bundle(options.input)) {
    auto source = std::make_unique<BundleSource<T>>(options.input);
    Opened<T> opened;
    if (source->has_keys()) {
      opened.keys.emplace();
      for (std::size_t r = 0; r <= source->depth(); ++r) opened.keys->push_back(source->keys(r));
    }
    const auto found = source->metadata().find("provenance");
    if (found != source->metadata().end()) opened.provenance = found->second;
    opened.layers = std::move(source);
    return opened;
  }
  auto network = std::make_unique<Network<T>>(read_network_folder<T>(options.input));
  std::vector<KeySet> keys = keys_of(*network);
  return {std::move(network), std::move(keys), "a network folder"};
}

template <NetworkValue T>
void write_challenge_layers(const ConvertOptions& options, const LayerSource<T>& source,
                            const std::stop_token& stop) {
  if constexpr (std::is_floating_point_v<T>) {
    challenge::WriteOptions writing;
    writing.stop = stop;
    writing.format = challenge::layer_format_from_name(options.format);
    challenge::write_problem<T>(options.output, source, nullptr, writing);
  } else {
    throw Error(Fault::usage, "the Challenge's files are of floating point: take fp32 or fp64");
  }
}

template <NetworkValue T>
int convert_in(const ConvertOptions& options, const std::stop_token& stop) {
  Opened<T> opened = open_network<T>(options);
  const LayerSource<T>& source = *opened.layers;
  const std::size_t depth = source.depth();
  if (is_bundle(options.output)) {
    BundleOptions bundle;
    if (!options.store.empty()) bundle.store = element_type_from_name(options.store);
    if (opened.keys) bundle.keys = &*opened.keys;
    if (!opened.provenance.empty()) bundle.metadata["provenance"] = opened.provenance;
    write_bundle(options.output, source, bundle);
  } else if (options.challenge_output) {
    write_challenge_layers(options, source, stop);
  } else {
    std::vector<std::shared_ptr<const Layer<T>>> layers;
    for (std::size_t l = 0; l < depth; ++l) layers.push_back(source.layer(l));
    write_network_folder(options.output, opened.keys ? Network<T>(std::move(layers), *opened.keys)
                                                     : Network<T>(std::move(layers)));
  }
  const std::string text = grouped(depth) + " layers, " + grouped(source.inputs()) + " inputs, " +
                           grouped(source.outputs()) + " outputs\n";
  const nlohmann::ordered_json record{{"layers", depth},
                                      {"inputs", source.inputs()},
                                      {"outputs", source.outputs()},
                                      {"output", options.output}};
  print(options.json ? record.dump(2) + "\n" : text);
  return exit_ok;
}

// One matrix, by the endings of both names.
int convert_matrix(const ConvertOptions& options) {
  const auto is = [](const std::string& path, const char* ending) {
    return path.ends_with(ending);
  };
  const Matrix<double> matrix = is(options.input, ".npz")
                                    ? read_npz<double>(options.input)
                                    : read_matrix_market<double>(options.input);
  if (is(options.output, ".mtx")) {
    write_matrix_market(options.output, matrix);
  } else if (is(options.output, ".npz")) {
    write_npz(options.output, matrix,
              options.store.empty() ? ElementType::fp64 : element_type_from_name(options.store));
  } else if (is(options.output, ".tsv")) {
    write_transposed_tsv(options.output, Matrix<double>::from_compressed(
                                             transposed(matrix.compressed(Orientation::by_row))));
  } else {
    throw Error(Fault::usage, "a matrix is written as .mtx, .npz or .tsv, and " +
                                  in_quotes(options.output) + " is none of them");
  }
  const nlohmann::ordered_json record{{"rows", matrix.rows()},
                                      {"columns", matrix.columns()},
                                      {"entries", matrix.entries()},
                                      {"output", options.output}};
  print(options.json ? record.dump(2) + "\n"
                     : grouped(matrix.rows()) + " rows x " + grouped(matrix.columns()) +
                           " columns, " + grouped(matrix.entries()) + " entries\n");
  return exit_ok;
}

int convert(const ConvertOptions& options, const std::stop_token& stop) {
  require_distinct(options.output, {options.input});
  if (options.input.ends_with(".mtx") || options.input.ends_with(".npz")) {
    return convert_matrix(options);
  }
  if (!options.store.empty() && !is_bundle(options.output)) {
    throw Error(Fault::usage, "--store is for bundles and .npz; text holds values as they are");
  }
  std::string precision = options.precision;
  if (precision.empty()) {
    precision = options.neurons > 0 ? "fp32" : precision_of_network(options.input);
  }
  return with_precision(precision, [&]<class T>() { return convert_in<T>(options, stop); });
}

}  // namespace

void add_convert(CLI::App& program, Action& action) {
  auto* app = program.add_subcommand("convert", "Write a network, or a matrix, in another format");
  auto options = std::make_shared<ConvertOptions>();
  options->precision.clear();
  app->add_option("INPUT", options->input,
                  "A network folder, a .safetensors bundle, with --neurons a folder of Challenge "
                  "layers; or one matrix, .mtx or .npz")
      ->check(some_path())
      ->required();
  app->add_option("OUTPUT", options->output,
                  "A .safetensors bundle, or a folder; a matrix as .mtx, .npz or .tsv")
      ->check(some_path())
      ->required();
  app->add_option("--neurons", options->neurons, "INPUT is a Challenge problem of so many neurons");
  app->add_option("--depth", options->depth, "Its layers")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app->add_option("--bias", options->bias, "Its bias; default: the official one")
      ->check(finite_number());
  auto* challenge_output =
      app->add_flag("--challenge", options->challenge_output,
                    "Write the Challenge's layer files, which hold neither names nor biases");
  app->add_option("--format", options->format, "Of these files: tsv, tsv.gz, mtx or npz")
      ->needs(challenge_output)
      ->capture_default_str();
  app->add_option("--store", options->store,
                  "Type of the values in a bundle or .npz, which must hold each: fp64, fp32, fp16, "
                  "bf16, int8, int16, int32 or int64");
  add_precision_option(*app, *options);
  add_threads_option(*app, *options);
  add_json_option(*app, *options);
  add_example(*app, "oscillon convert data network.safetensors --neurons 1024 --depth 120");
  app->callback([options, &action] {
    action = [options](const std::stop_token& stop) { return convert(*options, stop); };
  });
}

}  // namespace oscillon::cli
