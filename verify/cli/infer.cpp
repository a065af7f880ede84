// `oscillon infer`: runs a network folder on keyed inputs.
#include <nlohmann/json.hpp>

#include "engine/io/keyed_tsv.hpp"
#include "engine/io/network_folder.hpp"
#include "verify/cli/command.hpp"
#include "verify/cli/profile_table.hpp"

namespace oscillon::cli {

namespace {

struct InferOptions : EngineOptions {
  std::string network, input, output;
  bool collapse = false;
};

template <NetworkValue T>
int infer_in(const InferOptions& options) {
  Network<T> network = read_network_folder<T>(options.network);
  if (options.collapse) network = network.collapse().iterated();
  const AssocArray<T> Y0 = read_array<T>(options.input);
  ProgressBar bar;
  const KeyedInference<T> answer = infer(network, Y0, inference_options(options, bar));
  if (!options.output.empty()) {
    write_array(options.output, answer.Y);
  } else if (!options.json) {
    print(array_text(answer.Y));
  }
  if (options.json) {
    nlohmann::json record = profile_record(answer.profile);
    record["entries"] = answer.Y.entries();
    print(record.dump(2) + "\n");
  } else if (options.profile) {
    print(profile_table(answer.profile));
  }
  return exit_ok;
}

}  // namespace

void add_infer(CLI::App& program, Action& action) {
  auto* app = program.add_subcommand("infer", "Run a network on inputs given by key");
  auto options = std::make_shared<InferOptions>();
  app->add_option("NETWORK", options->network, "A network folder, as `solve --output` writes it")
      ->required();
  app->add_option("--input", options->input,
                  "Keyed triples: feature, sample, value; .tsv or .csv, also .gz")
      ->required();
  app->add_option("--output", options->output,
                  "Keyed triples: neuron, sample, value; without it they are printed");
  app->add_flag("--collapse", options->collapse, "Run all layers as one array, iterated");
  add_engine_options(*app, *options);
  add_json_option(*app, *options);
  add_example(*app, "oscillon infer words --input words/inputs.tsv --output answer.tsv");
  app->callback([options, &action] {
    action = [options] {
      return with_precision(options->precision, [&]<class T>() { return infer_in<T>(*options); });
    };
  });
}

}  // namespace oscillon::cli
