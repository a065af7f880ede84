// Challenge problems on disk: in the official text formats (.tsv, also .tsv.gz), or with layers as
// Matrix Market (.mtx) or scipy's .npz under the same names. A file is inputs x outputs.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "oscillon/network/network.hpp"
#include "oscillon/network/sample_batch.hpp"
#include "oscillon/verify/challenge/catalogue.hpp"
#include "verify/challenge/manifest.hpp"

namespace oscillon::challenge {

enum class LayerFormat { tsv, tsv_gz, mtx, npz };

// "tsv", "tsv.gz", "mtx" or "npz". Throws Error(usage) for another name.
LayerFormat layer_format_from_name(std::string_view name);
std::string_view name_of(LayerFormat format);

// Where layer `layer` (from 1) of a problem is in `folder`: folder/neuronN/nN-lK or folder/nN-lK,
// in any of the formats. Throws Error(cannot_open) naming the first place.
std::string find_layer(const std::string& folder, Index neurons, Index layer);

// Reads `depth` layers. Every neuron has the bias `bias`, every layer the official cap. Throws
// ParseError for a malformed file, one without entries included.
template <NetworkValue T>
std::vector<std::shared_ptr<const Layer<T>>> read_layers(const std::string& folder, Index neurons,
                                                         Index depth, T bias, int threads = 0,
                                                         BiasOn bias_on = BiasOn::stored);

// The same layers one at a time, each read when it is asked for, by several threads if so wanted.
// With a manifest in the folder each file must be the one that it tells.
template <NetworkValue T>
class FolderSource : public LayerSource<T> {
 public:
  // Throws Error(cannot_open) when a layer is missing.
  FolderSource(const std::string& folder, Index neurons, Index depth, T bias, int threads = 0,
               BiasOn bias_on = BiasOn::stored);

  std::size_t depth() const override { return paths_.size(); }
  Index inputs() const override { return neurons_; }
  Index outputs() const override { return neurons_; }
  std::shared_ptr<const Layer<T>> layer(std::size_t index) const override;
  BiasOn bias_on(std::size_t) const override { return bias_on_; }

 private:
  std::string folder_;
  std::optional<Manifest> manifest_;
  std::vector<std::string> paths_;
  Index neurons_;
  T bias_;
  BiasOn bias_on_;
  int threads_;
};

// The inputs. With `samples` 0 there are as many as the greatest number in the file. A manifest in
// the file's folder that names it is checked.
template <NetworkValue T>
SampleBatch<T> read_inputs(const std::string& path, Index neurons, Index samples = 0,
                           int threads = 0);

struct WriteOptions {
  LayerFormat format = LayerFormat::tsv;  // inputs are text, packed with tsv_gz
  std::string made_by = "null";           // JSON, for the manifest
  std::function<void(std::size_t layers_done)> on_layer;
  std::stop_token stop;
};

// Writes every layer of a source under `folder` by its official name, then the inputs, if any, and
// at last a manifest of all, each file complete or absent. A manifest from before is removed first,
// so there is one when all is there. Throws Error(usage) unless all ranks have as many neurons,
// Error(interrupted) once a stop is requested.
template <NetworkValue T>
void write_problem(const std::string& folder, const LayerSource<T>& source,
                   const SampleBatch<T>* inputs, const WriteOptions& options = {});

// The inputs alone, and a manifest of them.
template <NetworkValue T>
void write_inputs(const std::string& folder, const SampleBatch<T>& inputs,
                  const WriteOptions& options = {});

#define OSCILLON_EXTERN_FILES(T)                                                     \
  extern template std::vector<std::shared_ptr<const Layer<T>>> read_layers(          \
      const std::string&, Index, Index, T, int, BiasOn);                             \
  extern template class FolderSource<T>;                                             \
  extern template SampleBatch<T> read_inputs(const std::string&, Index, Index, int); \
  extern template void write_problem(const std::string&, const LayerSource<T>&,      \
                                     const SampleBatch<T>*, const WriteOptions&);    \
  extern template void write_inputs(const std::string&, const SampleBatch<T>&, const WriteOptions&);
OSCILLON_EXTERN_FILES(float)
OSCILLON_EXTERN_FILES(double)
#undef OSCILLON_EXTERN_FILES

}  // namespace oscillon::challenge
