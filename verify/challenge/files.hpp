// Challenge problems on disk, in the official text formats (.tsv, also .tsv.gz).
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/network/network.hpp"
#include "verify/challenge/catalogue.hpp"

namespace oscillon::challenge {

// Where layer `layer` (from 1) of a problem is in `folder`: folder/neuronN/nN-lK.tsv or
// folder/nN-lK.tsv, each also with .gz. Throws Error(cannot_open) naming the first place.
std::string find_layer(const std::string& folder, Index neurons, Index layer);

// Reads `depth` layers. Every neuron has the bias `bias`, every layer the official cap. Throws
// ParseError for a malformed file, one without entries included.
template <NetworkValue T>
std::vector<std::shared_ptr<const Layer<T>>> read_layers(const std::string& folder, Index neurons,
                                                         Index depth, T bias, int threads = 0);

// The same layers one at a time, each read when it is asked for.
template <NetworkValue T>
class FolderSource : public LayerSource<T> {
 public:
  // Throws Error(cannot_open) when a layer is missing.
  FolderSource(const std::string& folder, Index neurons, Index depth, T bias, int threads = 0);

  std::size_t depth() const override { return paths_.size(); }
  Index inputs() const override { return neurons_; }
  Index outputs() const override { return neurons_; }
  std::shared_ptr<const Layer<T>> layer(std::size_t index) override;

 private:
  std::vector<std::string> paths_;
  Index neurons_;
  T bias_;
  int threads_;
};

// The inputs, features x samples. With `samples` 0 there are as many as the greatest number in the
// file.
template <NetworkValue T>
Matrix<T> read_inputs(const std::string& path, Index neurons, Index samples = 0, int threads = 0);

// Writes every layer of a source under `folder` by its official name. Throws Error(usage) unless
// all ranks have as many neurons, Error(interrupted) once a stop is requested.
template <NetworkValue T>
void write_layers(const std::string& folder, LayerSource<T>& source,
                  const std::stop_token& stop = {});

// Writes every layer of a source and then the inputs under `folder` by their official names, each
// file complete or absent; inputs from before are removed first, so they are there when all is.
// Throws Error(interrupted) once a stop is requested.
template <NetworkValue T>
void write_problem(const std::string& folder, LayerSource<T>& source, const Matrix<T>& Y0,
                   const std::stop_token& stop = {});

#define OSCILLON_EXTERN_FILES(T)                                                                  \
  extern template std::vector<std::shared_ptr<const Layer<T>>> read_layers(const std::string&,    \
                                                                           Index, Index, T, int); \
  extern template class FolderSource<T>;                                                          \
  extern template Matrix<T> read_inputs(const std::string&, Index, Index, int);                   \
  extern template void write_layers(const std::string&, LayerSource<T>&, const std::stop_token&); \
  extern template void write_problem(const std::string&, LayerSource<T>&, const Matrix<T>&,       \
                                     const std::stop_token&);
OSCILLON_EXTERN_FILES(float)
OSCILLON_EXTERN_FILES(double)
#undef OSCILLON_EXTERN_FILES

}  // namespace oscillon::challenge
