// A network's layers from whatever holds them: a network folder, a bundle, or the layer files of
// the Challenge.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "oscillon/network/network.hpp"

namespace oscillon {

// What the Challenge's layer files do not tell of themselves: all layers have as many neurons, the
// same bias for each, and the same rules.
template <NetworkValue T>
struct LayerFiles {
  Index neurons = 0;
  std::size_t depth = 0;
  T bias = 0;
  LayerRules<T> rules;
  int threads = 0;  // to read one file with; 0: all
};

// Whether a name is that of a bundle: it ends in .safetensors.
bool is_bundle(const std::string& path);

// Whether a folder holds a network (network_folder.hpp).
bool is_network_folder(const std::string& path);

// The layers of a bundle, known by its name, or of a network folder, known by its network.json;
// with `files`, of the Challenge's layer files in any other folder: folder/neuronN/nN-lK.tsv or
// folder/nN-lK.tsv, layers counting from 1, each in any format of matrices. Bundles and layer files
// are read layer by layer, when one is asked for; a folder is read at once.
//
// Throws Error(cannot_open) when there is no such file or a layer is missing, ParseError for what
// is malformed, Error(bad_data) for rules that do not go together.
template <NetworkValue T>
std::unique_ptr<LayerSource<T>> open_layers(const std::string& path,
                                            const std::optional<LayerFiles<T>>& files = {});

// All layers of a source, asked for by several threads at once (0: all), in memory.
template <NetworkValue T>
Network<T> in_memory(const LayerSource<T>& source, int threads = 0);

// "fp32" and so on: the type to compute the network of a folder or bundle in, which is that of its
// values, or the least that networks are computed in and that holds them.
std::string network_type_of(const std::string& path);

#define OSCILLON_EXTERN_OPEN_LAYERS(T)                          \
  extern template std::unique_ptr<LayerSource<T>> open_layers(  \
      const std::string&, const std::optional<LayerFiles<T>>&); \
  extern template Network<T> in_memory(const LayerSource<T>&, int);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_OPEN_LAYERS)
#undef OSCILLON_EXTERN_OPEN_LAYERS

}  // namespace oscillon
