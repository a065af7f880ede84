// Challenge problems on disk: inputs as official text (.tsv, also .tsv.gz), layers so or in any
// other format of matrices under the same names. A file is inputs x outputs.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/io/challenge_manifest.hpp"
#include "engine/io/matrix_file.hpp"
#include "oscillon/io/open_layers.hpp"
#include "oscillon/network/sample_batch.hpp"

namespace oscillon::challenge {

// Official names: sparse-images-1024.tsv, neuron1024/n1024-l1.tsv (layers count from 1).
std::string images_name(Index neurons);
std::string layer_name(Index neurons, Index layer);

// Where layer `layer` (from 1) of a problem is in `folder`: folder/neuronN/nN-lK or folder/nN-lK,
// in any of the formats. Throws Error(cannot_open) naming the first place.
std::string find_layer(const std::string& folder, Index neurons, Index layer);

// The layers of a folder, each read when it is asked for, by several threads if so wanted. With a
// manifest in the folder each file must be the one that it tells. Throws ParseError for a malformed
// file, and for text without an entry.
template <NetworkValue T>
class FolderSource : public LayerSource<T> {
 public:
  // Throws Error(cannot_open) when a layer is missing.
  FolderSource(const std::string& folder, const LayerFiles<T>& files);

  std::size_t depth() const override { return paths_.size(); }
  Index inputs() const override { return files_.neurons; }
  Index outputs() const override { return files_.neurons; }
  std::shared_ptr<const Layer<T>> layer(std::size_t index) const override;
  BiasOn bias_on(std::size_t) const override { return files_.rules.bias_on; }

  // Of the files' checksums, by the manifest where there is one, else of their bytes; and of what
  // they do not tell. The same matrix in another format has another one.
  std::string fingerprint() const override;

 private:
  const FileFacts* facts_of_layer(const std::string& path) const;

  std::string folder_;
  std::optional<Manifest> manifest_;
  std::vector<std::string> paths_;
  LayerFiles<T> files_;
};

// The inputs. With `samples` 0 there are as many as the greatest number in the file. A manifest in
// the file's folder that names it is checked.
template <NetworkValue T>
SampleBatch<T> read_inputs(const std::string& path, Index neurons, Index samples = 0,
                           int threads = 0);

struct WriteOptions {
  const MatrixFormat* format = &matrix_formats().front();  // of layers; inputs are text, packed too
  std::string made_by = "null";                            // JSON, for the manifest
  std::function<void(std::size_t layers_done)> on_layer;
  std::stop_token stop;
};

// Writes every layer of a source under `folder` by its official name, then the inputs, if any, and
// at last a manifest of all, each file complete or absent. A manifest from before is removed first,
// so there is one when all is there. The files hold weights alone: throws Error(usage) unless all
// ranks have as many neurons, all neurons the same bias and all layers the same rules, with ReLU
// over plus-times; where the source knows that beforehand, before anything is touched. Throws
// Error(interrupted) once a stop is requested.
template <NetworkValue T>
void write_problem(const std::string& folder, const LayerSource<T>& source,
                   const SampleBatch<T>* inputs, const WriteOptions& options = {});

// The inputs alone, and a manifest of them.
template <NetworkValue T>
void write_inputs(const std::string& folder, const SampleBatch<T>& inputs,
                  const WriteOptions& options = {});

#define OSCILLON_EXTERN_FOLDER_SOURCE(T) extern template class FolderSource<T>;
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_FOLDER_SOURCE)
#undef OSCILLON_EXTERN_FOLDER_SOURCE

#define OSCILLON_EXTERN_FILES(T)                                                     \
  extern template SampleBatch<T> read_inputs(const std::string&, Index, Index, int); \
  extern template void write_problem(const std::string&, const LayerSource<T>&,      \
                                     const SampleBatch<T>*, const WriteOptions&);    \
  extern template void write_inputs(const std::string&, const SampleBatch<T>&, const WriteOptions&);
OSCILLON_EXTERN_FILES(float)
OSCILLON_EXTERN_FILES(double)
#undef OSCILLON_EXTERN_FILES

}  // namespace oscillon::challenge
