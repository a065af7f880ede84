// `oscillon convert`: a network from one kind of file to another.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/io/challenge_files.hpp"
#include "engine/io/matrix_file.hpp"
#include "oscillon/io/bundle.hpp"
#include "oscillon/io/network_folder.hpp"
#include "oscillon/io/open_layers.hpp"
#include "oscillon/verify/challenge/catalogue.hpp"
#include "verify/cli/command.hpp"

namespace oscillon::cli {

namespace {

struct ConvertOptions : CommonOptions {
  std::string input, output, store;
  Index neurons = 0;
  Index depth = 120;
  std::optional<double> bias;
  std::string bias_on = "stored";
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
    const std::optional<T> bias =
        options.bias ? std::optional(static_cast<T>(*options.bias)) : std::nullopt;
    LayerFiles<T> files = challenge::official_layers<T>(options.neurons, options.depth, bias,
                                                        bias_on_from_name(options.bias_on));
    files.threads = options.threads;
    return {open_layers<T>(options.input, files), std::nullopt, "sparse DNN Graph Challenge files"};
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
    const auto found = source->notes().find("provenance");
    if (found != source->notes().end()) opened.provenance = found->second;
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
    writing.format = &matrix_format_from_name(options.format);
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
    if (!options.store.empty()) bundle.store = value_type_from_name(options.store);
    if (opened.keys) bundle.keys = &*opened.keys;
    if (!opened.provenance.empty()) bundle.notes["provenance"] = opened.provenance;
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

void require_no_store(const ConvertOptions& options) {
  if (options.store.empty()) return;
  throw Error(Fault::usage, "--store is for bundles and .npz; text holds values as they are");
}

// One matrix, by the endings of both names.
int convert_matrix(const ConvertOptions& options) {
  const MatrixFormat* format = matrix_format_of(options.output);
  if (format == nullptr) {
    throw Error(Fault::usage, "a matrix is written as " + matrix_format_names(".") + ", and " +
                                  in_quotes(options.output) + " is none of them");
  }
  if (format->is_text) require_no_store(options);
  const auto turned = read_transposed_matrix<double>(options.input);
  write_transposed_matrix(
      options.output, Matrix<double>::from_compressed(turned),
      options.store.empty() ? ValueType::fp64 : value_type_from_name(options.store));
  const nlohmann::ordered_json record{{"rows", turned.columns},
                                      {"columns", turned.rows},
                                      {"entries", turned.size()},
                                      {"output", options.output}};
  print(options.json ? record.dump(2) + "\n"
                     : grouped(turned.columns) + " rows x " + grouped(turned.rows) + " columns, " +
                           grouped(turned.size()) + " entries\n");
  return exit_ok;
}

int convert(const ConvertOptions& options, const std::stop_token& stop) {
  require_distinct(options.output, {options.input});
  const MatrixFormat* format = matrix_format_of(options.input);
  if (format != nullptr && format->tells_shape) return convert_matrix(options);
  if (!is_bundle(options.output)) require_no_store(options);
  std::string precision = options.precision;
  if (precision.empty()) {
    precision = options.neurons > 0 ? "fp32" : network_type_of(options.input);
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
                  "layers; or one matrix, as " +
                      matrix_format_names(".", true))
      ->check(some_path())
      ->required();
  app->add_option("OUTPUT", options->output,
                  "A .safetensors bundle, or a folder; a matrix as " + matrix_format_names("."))
      ->check(some_path())
      ->required();
  app->add_option("--neurons", options->neurons, "INPUT is a Challenge problem of so many neurons");
  app->add_option("--depth", options->depth, "Its layers")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app->add_option("--bias", options->bias, "Its bias; default: the official one")
      ->check(finite_number());
  app->add_option("--bias-on", options->bias_on,
                  "What its bias is added to: stored, nonzero, live-samples or every-sample")
      ->capture_default_str();
  auto* challenge_output = app->add_flag(
      "--challenge", options->challenge_output,
      "Write the Challenge's layer files, which hold neither names, nor biases, nor rules: "
      "these must be the same for all neurons");
  app->add_option("--format", options->format, "Of these files: " + matrix_format_names())
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
