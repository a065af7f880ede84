// `oscillon perturb`: what changes of features and bias gaps do to an exact solution.
#include "verify/cli/perturb.hpp"

#include <algorithm>
#include <filesystem>

#include "oscillon/io/network_folder.hpp"
#include "oscillon/solutions/rational.hpp"
#include "oscillon/solutions/selective.hpp"
#include "solutions/mixed.hpp"
#include "verify/cli/solve.hpp"

namespace oscillon::cli {

namespace {

std::string network_json(const std::string& folder) {
  return folder + "/network.json";
}

Network<float> network_in(const PerturbOptions& options) {
  if (!options.structures.empty() || options.layers != 1) {
    throw Error(Fault::usage, "--structure and --layers are for words; " + options.source +
                                  " has its layers already");
  }
  return read_network_folder<float>(options.source);
}

// What the words of the source are selected by: the structures named, or windows.
std::vector<Structure> structures_for(const PerturbOptions& options, std::size_t positions) {
  std::vector<Structure> structures;
  for (const std::string& text : options.structures) {
    structures.push_back(parse_structure(text, positions));
  }
  if (structures.empty()) structures.push_back(sliding_windows(positions, options.layers));
  return structures;
}

struct ListedWords {
  std::vector<std::string> words;
  std::vector<Structure> structures;
};

ListedWords words_of(const PerturbOptions& options) {
  ListedWords listed{read_words(options.source), {}};
  listed.structures = structures_for(options, letters_a_word(listed.words, options.source));
  return listed;
}

}  // namespace

void add_source_options(CLI::App& app, PerturbOptions& options, const std::string& structure_help) {
  app.add_option("SOURCE", options.source,
                 "Words, one a line, all of one length; or a network folder whose weights are 1, "
                 "as `oscillon solve --output` writes it")
      ->check(some_path())
      ->required();
  auto* layers = app.add_option("--layers", options.layers,
                                "Layers for words; hidden ones take windows of 2, 3, … letters")
                     ->check(whole_number(1, 64))
                     ->capture_default_str();
  app.add_option("--structure", options.structures, structure_help)
      ->excludes(layers)
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  add_json_option(app, options);
}

void add_beta_option(CLI::App& app, PerturbOptions& options) {
  app.add_option(
         "--beta", options.betas,
         "beta of each layer, or one for all, as 0.8,1 or 4/5,1; taken exactly; default: 1. "
         "The biases are made of it anew")
      ->delimiter(',');
}

Network<float> network_of(const PerturbOptions& options) {
  if (std::filesystem::exists(network_json(options.source))) return network_in(options);
  const ListedWords listed = words_of(options);
  const std::size_t parts = listed.structures.size();
  std::vector<Problem<float>> problems;
  for (std::size_t part = 0; part < parts; ++part) {
    std::vector<std::string> dealt;
    for (std::size_t w = part; w < listed.words.size(); w += parts) {
      dealt.push_back(listed.words[w]);
    }
    if (dealt.empty()) {
      throw Error(Fault::usage, "there are more structures than words");
    }
    problems.push_back(selective_problem<float>(dealt, listed.structures[part]));
  }
  return side_by_side(problems).network;
}

std::vector<std::pair<std::string, Network<float>>> networks_of(const PerturbOptions& options) {
  std::vector<std::pair<std::string, Network<float>>> networks;
  if (std::filesystem::exists(network_json(options.source))) {
    networks.emplace_back("", network_in(options));
    return networks;
  }
  const ListedWords listed = words_of(options);
  for (const Structure& structure : listed.structures) {
    networks.emplace_back(structure_text(structure),
                          selective_problem<float>(listed.words, structure).network);
  }
  return networks;
}

PerturbationTheory theory_of(const PerturbOptions& options) {
  const Network<float> network = network_of(options);
  std::vector<mpq_class> betas = parse_rationals(options.betas);
  if (betas.empty()) betas.push_back(1);
  if (betas.size() == 1) betas.resize(network.depth(), betas.front());
  return PerturbationTheory(network, std::move(betas));
}

std::vector<Index> positions_of(const std::vector<std::string>& wanted, const KeySet& keys,
                                const std::string& what) {
  std::vector<Index> positions;
  for (const std::string& key : wanted) {
    const auto position = keys.find(key);
    if (!position) throw Error(Fault::usage, "the network has no " + what + " " + in_quotes(key));
    positions.push_back(*position);
  }
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  return positions;
}

void add_perturb(CLI::App& program, Action& action) {
  auto* perturb = program.add_subcommand(
      "perturb", "Change features and bias gaps of exact solutions, and see what is detected");
  perturb->require_subcommand(1);
  add_perturb_support(*perturb, action);
  add_perturb_sweep(*perturb, action);
  add_perturb_threshold(*perturb, action);
}

}  // namespace oscillon::cli
