// `oscillon infer`: runs a network folder on keyed inputs.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "engine/io/atomic_file.hpp"
#include "oscillon/io/bundle.hpp"
#include "oscillon/io/keyed_tsv.hpp"
#include "oscillon/io/network_folder.hpp"
#include "oscillon/io/open_layers.hpp"
#include "verify/cli/command.hpp"
#include "verify/cli/profile_table.hpp"

namespace oscillon::cli {

namespace {

struct InferOptions : EngineOptions {
  std::string network, input, output;
  bool collapse = false;
};

template <NetworkValue T>
int infer_in(const InferOptions& options, const std::stop_token& stop) {
  Network<T> network = is_bundle(options.network) ? read_bundle_network<T>(options.network)
                                                  : read_network_folder<T>(options.network);
  if (options.collapse) network = network.collapse().iterated();
  const AssocArray<T> Y0 = read_array<T>(options.input);
  const KeyedInference<T> answer = [&] {
    ProgressBar bar;
    return infer(network, Y0, inference_options(options, bar, stop));
  }();
  if (!options.output.empty()) {
    write_array(options.output, answer.Y);
  } else {
    print(array_text(answer.Y));
  }
  if (options.json) {
    nlohmann::json record = profile_record(answer.profile);
    record["entries"] = answer.Y.entries();
    print(record.dump(2) + "\n");
  } else if (options.profile) {
    std::fputs(profile_table(answer.profile).c_str(), stderr);
  }
  return exit_ok;
}

int infer_network(const InferOptions& options, const std::stop_token& stop) {
  if (!options.output.empty()) {
    require_distinct(options.output, {options.input});
    require_creatable(options.output);
  }
  return with_precision(
      options.precision.empty() ? network_type_of(options.network) : options.precision,
      [&]<class T>() { return infer_in<T>(options, stop); });
}

}  // namespace

void add_infer(CLI::App& program, Action& action) {
  auto* app = program.add_subcommand("infer", "Run a network on inputs given by key");
  auto options = std::make_shared<InferOptions>();
  options->precision.clear();  // the network's own
  app->add_option("NETWORK", options->network,
                  "A network: a folder, as `solve --output` writes it, or a .safetensors bundle")
      ->check(some_path())
      ->required();
  app->add_option("--input", options->input,
                  "Keyed triples: feature, sample, value; .tsv or .csv, also .gz")
      ->check(some_path())
      ->required();
  auto* output =
      app->add_option("--output", options->output,
                      "Keyed triples: neuron, sample, value; without it they are printed")
          ->check(some_path());
  app->add_flag("--collapse", options->collapse, "Run all layers as one array, iterated");
  add_engine_options(*app, *options);
  add_json_option(*app, *options)->needs(output);
  add_example(*app, "oscillon infer words --input words/inputs.tsv --output answer.tsv");
  app->callback([options, &action] {
    action = [options](const std::stop_token& stop) { return infer_network(*options, stop); };
  });
}

}  // namespace oscillon::cli
