#include "verify/challenge/files.hpp"

#include "engine/base/thread_team.hpp"
#include "engine/io/atomic_file.hpp"
#include "engine/io/input_file.hpp"
#include "engine/io/tsv.hpp"

namespace oscillon::challenge {

std::string find_layer(const std::string& folder, Index neurons, Index layer) {
  const std::string nested = layer_name(neurons, layer);
  const std::string first = plain_or_compressed(folder + "/" + nested);
  if (file_exists(first)) return first;
  const std::string second =
      plain_or_compressed(folder + "/" + nested.substr(nested.find('/') + 1));
  if (file_exists(second)) return second;
  throw Error(Fault::cannot_open, "there is no layer " + std::to_string(layer) + ": neither " +
                                      first + " nor " + second + " exists, nor with .gz");
}

namespace {

template <NetworkValue T>
Matrix<T> read_entries(const std::string& path, Index rows, Index columns,
                       const ScanOptions& scan) {
  Matrix<T> matrix = read_transposed_tsv<T>(path, rows, columns, scan);
  if (matrix.entries() == 0) throw ParseError(path, 0, 0, "the file holds no entry");
  return matrix;
}

}  // namespace

template <NetworkValue T>
FolderSource<T>::FolderSource(const std::string& folder, Index neurons, Index depth, T bias,
                              int threads)
    : neurons_(neurons), bias_(bias), threads_(threads) {
  for (Index layer = 1; layer <= depth; ++layer) {
    paths_.push_back(find_layer(folder, neurons, layer));
  }
}

template <NetworkValue T>
std::shared_ptr<const Layer<T>> FolderSource<T>::layer(std::size_t index) {
  ScanOptions scan;
  scan.threads = threads_;
  return std::make_shared<const Layer<T>>(
      read_entries<T>(paths_.at(index), neurons_, neurons_, scan), std::vector<T>(neurons_, bias_),
      static_cast<T>(cap));
}

template <NetworkValue T>
std::vector<std::shared_ptr<const Layer<T>>> read_layers(const std::string& folder, Index neurons,
                                                         Index depth, T bias, int threads) {
  FolderSource<T> source(folder, neurons, depth, bias, 1);
  std::vector<std::shared_ptr<const Layer<T>>> layers(depth);
  const SingleThreadedGraphblas one_thread_a_file;
  run_tasks(depth, threads, [&](std::size_t l) { layers[l] = source.layer(l); });
  return layers;
}

template <NetworkValue T>
Matrix<T> read_inputs(const std::string& path, Index neurons, Index samples, int threads) {
  ScanOptions scan;
  scan.threads = threads;
  return read_entries<T>(plain_or_compressed(path), samples, neurons, scan);
}

template <NetworkValue T>
void write_layers(const std::string& folder, LayerSource<T>& source, const std::stop_token& stop) {
  const Index neurons = source.inputs();
  make_folder(folder + "/neuron" + std::to_string(neurons));
  for (std::size_t l = 0; l < source.depth(); ++l) {
    if (stop.stop_requested()) {
      throw Error(Fault::interrupted, "writing was stopped after " + std::to_string(l) + " layers");
    }
    const std::shared_ptr<const Layer<T>> layer = source.layer(l);
    if (layer->outputs() != neurons) {
      throw Error(Fault::usage, "layer " + std::to_string(l) + " has " +
                                    std::to_string(layer->outputs()) +
                                    " outputs and the inputs are " + std::to_string(neurons) +
                                    "; the Challenge's layers are all of one size");
    }
    write_transposed_tsv(folder + "/" + layer_name(neurons, l + 1), layer->weights());
  }
}

template <NetworkValue T>
void write_problem(const std::string& folder, LayerSource<T>& source, const Matrix<T>& Y0,
                   const std::stop_token& stop) {
  const std::string images = folder + "/" + images_name(source.inputs());
  make_folder(folder);
  remove_file(images);
  write_layers(folder, source, stop);
  write_transposed_tsv(images, Y0);
}

#define OSCILLON_INSTANTIATE_FILES(T)                                                          \
  template std::vector<std::shared_ptr<const Layer<T>>> read_layers(const std::string&, Index, \
                                                                    Index, T, int);            \
  template class FolderSource<T>;                                                              \
  template Matrix<T> read_inputs(const std::string&, Index, Index, int);                       \
  template void write_layers(const std::string&, LayerSource<T>&, const std::stop_token&);     \
  template void write_problem(const std::string&, LayerSource<T>&, const Matrix<T>&,           \
                              const std::stop_token&);
OSCILLON_INSTANTIATE_FILES(float)
OSCILLON_INSTANTIATE_FILES(double)
#undef OSCILLON_INSTANTIATE_FILES

}  // namespace oscillon::challenge
