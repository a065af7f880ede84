// A network as a folder of text: network.json names the layers' files, in order, and the cap;
// weights and biases are keyed triples (keyed_tsv.hpp).
#pragma once

#include <string>

#include "engine/network/network.hpp"

namespace oscillon {

// Writes `folder`/network.json and, for each layer l, layer-l-weights.tsv and layer-l-bias.tsv. The
// folder is made if need be; network.json comes last, so a folder that has one is complete.
template <NetworkValue T>
void write_network_folder(const std::string& folder, const Network<T>& network);

// Throws Error or ParseError naming the file at fault; ShapeError when the layers do not meet.
template <NetworkValue T>
Network<T> read_network_folder(const std::string& folder);

#define OSCILLON_EXTERN_FOLDER(T)                                                   \
  extern template void write_network_folder(const std::string&, const Network<T>&); \
  extern template Network<T> read_network_folder(const std::string&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_FOLDER)
#undef OSCILLON_EXTERN_FOLDER

}  // namespace oscillon
