// A network as a folder of text: network.json names the files of its layers, in order, and their
// rules (layer_rules.hpp); weights and biases are keyed triples (keyed_tsv.hpp).
//
//   network.json         {"format": "oscillon network", "version": 2, "value_type": "fp32",
//                         "neurons": "neurons.tsv",
//                         "layers": [{"weights": "layer-0-weights.tsv", "bias": …,
//                                     "bias_on": "stored", "activation": "relu",
//                                     "product": "plus-times", "cap": 32 or null}, …],
//                         "arrays": {"inputs": "inputs.tsv", …}}
//   neurons.tsv          (neuron, l, 1) for each neuron of rank l: 0 for the inputs, then after
//                        layer 0, 1, …; a neuron need not have a weight
//   layer-l-weights.tsv  (neuron of rank l + 1, neuron of rank l, weight)
//   layer-l-bias.tsv     (neuron of rank l + 1, "bias", value); a missing bias is 0
//
// Where caps or activations differ within a layer, the manifest has {"file": NAME} for them:
//   layer-l-caps.tsv     (neuron of rank l + 1, "cap", value); a neuron without one has no cap
//   layer-l-linear.tsv   (neuron of rank l + 1, "none", 1) for those with the activation none; the
//                        others have relu
//
// Version 1 had one "cap" for all layers beside "layers", and no other rule than `stored`, relu and
// plus-times. It is read. A key that is not named here is refused.
#pragma once

#include <map>
#include <string>

#include "oscillon/network/network.hpp"

namespace oscillon {

// Arrays that go with a network, by name.
template <Value T>
using NamedArrays = std::map<std::string, const AssocArray<T>*>;

// Writes a network, and NAME.tsv for each of `arrays`. The folder is made if need be. network.json
// is removed first and written last, so a folder that has one is complete and of one piece.
template <NetworkValue T>
void write_network_folder(const std::string& folder, const Network<T>& network,
                          const NamedArrays<T>& arrays = {});

// Throws Error or ParseError naming the file at fault: for malformed files, and for weights or
// biases of neurons that neurons.tsv does not have at that rank.
template <NetworkValue T>
Network<T> read_network_folder(const std::string& folder);

// The value type that the network was written with: "fp32" and so on.
std::string network_value_type(const std::string& folder);

#define OSCILLON_EXTERN_FOLDER(T)                                                  \
  extern template void write_network_folder(const std::string&, const Network<T>&, \
                                            const NamedArrays<T>&);                \
  extern template Network<T> read_network_folder(const std::string&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_FOLDER)
#undef OSCILLON_EXTERN_FOLDER

}  // namespace oscillon
