// What the subcommands of `oscillon perturb` share: the network they look at, and beta.
#pragma once

#include "oscillon/solutions/perturbation.hpp"
#include "verify/cli/command.hpp"

namespace oscillon::cli {

struct PerturbOptions : CommonOptions {
  std::string source;                   // a list of words, or a network folder
  std::size_t layers = 1;               // of words
  std::vector<std::string> structures;  // of words
  std::vector<std::string> betas;
};

// SOURCE, --layers, --structure with `structure_help`, and --json.
void add_source_options(CLI::App& app, PerturbOptions& options, const std::string& structure_help);
void add_beta_option(CLI::App& app, PerturbOptions& options);

// One network: with several structures the words are dealt out to them in turn. The value type does
// not matter: its weights are 1.
Network<float> network_of(const PerturbOptions& options);

// A network for each structure, all over all words; one without structures.
std::vector<std::pair<std::string, Network<float>>> networks_of(const PerturbOptions& options);

// With the betas of the options; 1 where there are none.
PerturbationTheory theory_of(const PerturbOptions& options);

// The positions of keys. Throws Error(usage) that says what there is none of.
std::vector<Index> positions_of(const std::vector<std::string>& wanted, const KeySet& keys,
                                const std::string& what);

void add_perturb_support(CLI::App& perturb, Action& action);
void add_perturb_sweep(CLI::App& perturb, Action& action);
void add_perturb_threshold(CLI::App& perturb, Action& action);

}  // namespace oscillon::cli
