// `oscillon challenge make`: the files of a problem.
#include <nlohmann/json.hpp>

#include "engine/io/atomic_file.hpp"
#include "engine/io/challenge_files.hpp"
#include "oscillon/io/bundle.hpp"
#include "verify/cli/challenge.hpp"
#include "verify/cli/problem.hpp"

namespace oscillon::cli {

namespace {

struct MakeOptions : ProblemOptions {
  std::string output;
  std::string format = "tsv";
};

// A source that tells how many of its layers were asked for.
template <NetworkValue T>
class Watched : public LayerSource<T> {
 public:
  Watched(const LayerSource<T>& source, std::function<void(std::size_t)> on_layer)
      : source_(source), on_layer_(std::move(on_layer)) {}
  std::size_t depth() const override { return source_.depth(); }
  Index inputs() const override { return source_.inputs(); }
  Index outputs() const override { return source_.outputs(); }
  std::shared_ptr<const Layer<T>> layer(std::size_t index) const override {
    on_layer_(index);
    return source_.layer(index);
  }
  BiasOn bias_on(std::size_t index) const override { return source_.bias_on(index); }

 private:
  const LayerSource<T>& source_;
  std::function<void(std::size_t)> on_layer_;
};

template <NetworkValue T>
int make_in(const MakeOptions& options, const std::stop_token& stop) {
  const bool bundle = options.format == "bundle";
  challenge::WriteOptions writing;
  if (!bundle) writing.format = &matrix_format_from_name(options.format);
  challenge::RadixNetSource<T> source(net_of(options.net), options.net.depth);
  if (!bundle && options.net.biases_vary) {
    throw Error(Fault::usage,
                "layer files hold no biases: take --format bundle for biases that vary");
  }
  make_folder(options.output);
  challenge::remove_manifest(options.output);
  ProgressBar bar;
  const bool has_inputs = !options.inputs.file.empty() || options.inputs.random > 0;
  SampleBatch<T> inputs;
  if (has_inputs) {
    inputs = open_inputs<T>(options.inputs, source.inputs(), options.net.seed, options,
                            options.memory_limit, bar, stop);
  }

  const auto start = std::chrono::steady_clock::now();
  const auto show = [&](std::size_t done) {
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    bar.show(done, source.depth(), "layer", "", seconds.count());
  };
  const std::string folder = options.output + "/";
  std::string network = options.output;
  writing.made_by = description(options).dump();
  writing.on_layer = show;
  writing.stop = stop;
  if (bundle) {
    network = folder + "neuron" + std::to_string(source.inputs()) + "-l" +
              std::to_string(source.depth()) + ".safetensors";
    Watched<T> watched(source, [&](std::size_t index) {
      if (stop.stop_requested()) throw Error(Fault::interrupted, "writing was stopped");
      show(index);
    });
    BundleOptions storing;
    storing.notes["provenance"] = description(options).dump();
    write_bundle<T>(network, watched, storing);
    if (has_inputs) challenge::write_inputs(options.output, inputs, writing);
  } else {
    challenge::write_problem<T>(options.output, source, has_inputs ? &inputs : nullptr, writing);
  }

  const nlohmann::ordered_json record{
      {"neurons", source.inputs()}, {"depth", source.depth()},
      {"inputs", inputs.samples()}, {"input_entries", inputs.entries()},
      {"network", network},         {"peak_memory_bytes", peak_memory()}};
  print(options.json ? record.dump(2) + "\n"
                     : "Wrote " + grouped(source.depth()) + " layers of " +
                           grouped(source.inputs()) + " neurons" +
                           (has_inputs ? " and " + grouped(inputs.samples()) + " inputs with " +
                                             grouped(inputs.entries()) + " entries"
                                       : "") +
                           " to " + network + "\n");
  return exit_ok;
}

}  // namespace

void add_challenge_make(CLI::App& challenge, Action& action) {
  auto* app = challenge.add_subcommand(
      "make", "Make a problem: RadiX-Net layers from a seed, and inputs from images");
  auto options = std::make_shared<MakeOptions>();
  app->add_option("-o,--output", options->output, "Folder to write the problem to")
      ->check(some_path())
      ->required();
  app->add_option(
         "--format", options->format,
         "Of the layers: " + matrix_format_names() + "; or bundle: all in neuronN-lL.safetensors")
      ->capture_default_str();
  add_input_options(*app, options->inputs);
  add_net_options(*app, options->net);
  app->add_option("--memory-limit", options->memory_limit,
                  "The most memory that making the inputs may hold, such as 12GiB; 0: no limit")
      ->transform(CLI::AsSizeValue(false));
  add_precision_option(*app, *options);
  add_threads_option(*app, *options);
  add_json_option(*app, *options);
  add_example(*app,
              "oscillon challenge make --inputs train-images-idx3-ubyte.gz --neurons 1024 \\\n"
              "      --depth 120 --seed 1 --format tsv.gz --output data");
  app->callback([options, &action] {
    action = [options](const std::stop_token& stop) {
      return in_floating_point(options->precision,
                               [&]<class T>() { return make_in<T>(*options, stop); });
    };
  });
}

}  // namespace oscillon::cli
