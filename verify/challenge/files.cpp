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
std::vector<std::shared_ptr<const Layer<T>>> read_layers(const std::string& folder, Index neurons,
                                                         Index depth, T bias, int threads) {
  std::vector<std::string> paths;
  for (Index layer = 1; layer <= depth; ++layer) {
    paths.push_back(find_layer(folder, neurons, layer));
  }
  std::vector<std::shared_ptr<const Layer<T>>> layers(depth);
  const SingleThreadedGraphblas one_thread_a_file;
  ScanOptions scan;
  scan.threads = 1;
  run_tasks(depth, threads, [&](std::size_t l) {
    layers[l] =
        std::make_shared<const Layer<T>>(read_entries<T>(paths[l], neurons, neurons, scan),
                                         std::vector<T>(neurons, bias), static_cast<T>(cap));
  });
  return layers;
}

template <NetworkValue T>
Matrix<T> read_inputs(const std::string& path, Index neurons, Index samples, int threads) {
  ScanOptions scan;
  scan.threads = threads;
  return read_entries<T>(plain_or_compressed(path), samples, neurons, scan);
}

template <NetworkValue T>
void write_problem(const std::string& folder, LayerSource<T>& source, const Matrix<T>& Y0,
                   const std::stop_token& stop) {
  const Index neurons = source.inputs();
  make_folder(folder + "/neuron" + std::to_string(neurons));
  remove_file(folder + "/" + images_name(neurons));
  for (std::size_t l = 0; l < source.depth(); ++l) {
    if (stop.stop_requested()) {
      throw Error(Fault::interrupted, "writing was stopped after " + std::to_string(l) + " layers");
    }
    write_transposed_tsv(folder + "/" + layer_name(neurons, l + 1), source.layer(l)->weights());
  }
  write_transposed_tsv(folder + "/" + images_name(neurons), Y0);
}

#define OSCILLON_INSTANTIATE_FILES(T)                                                          \
  template std::vector<std::shared_ptr<const Layer<T>>> read_layers(const std::string&, Index, \
                                                                    Index, T, int);            \
  template Matrix<T> read_inputs(const std::string&, Index, Index, int);                       \
  template void write_problem(const std::string&, LayerSource<T>&, const Matrix<T>&,           \
                              const std::stop_token&);
OSCILLON_INSTANTIATE_FILES(float)
OSCILLON_INSTANTIATE_FILES(double)
#undef OSCILLON_INSTANTIATE_FILES

}  // namespace oscillon::challenge
