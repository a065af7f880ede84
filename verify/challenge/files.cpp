#include "verify/challenge/files.hpp"

#include <algorithm>
#include <filesystem>

#include "engine/base/thread_team.hpp"
#include "engine/io/atomic_file.hpp"
#include "engine/io/file_entries.hpp"
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
Compressed<T> read_entries(const InputFile& file, Index rows, Index columns,
                           const ScanOptions& scan) {
  Compressed<T> arrays = read_transposed_tsv_arrays<T>(file, rows, columns, scan);
  if (arrays.size() == 0) throw ParseError(file.path(), 0, 0, "the file holds no entry");
  return arrays;
}

// Removes the plain file or the compressed one, whichever is not to be written.
std::string name_to_write(const std::string& folder, const std::string& name, bool compress) {
  remove_file(folder + "/" + (compress ? name : name + ".gz"));
  return compress ? name + ".gz" : name;
}

// Samples are turned into lines this many at a time.
constexpr Index samples_at_once = 1024;

template <NetworkValue T>
void add_inputs(const std::string& folder, const SampleBatch<T>& inputs, Manifest& manifest,
                const WriteOptions& options) {
  const std::string name = name_to_write(folder, images_name(inputs.neurons()), options.compress);
  AtomicFile file(folder + "/" + name);
  for (Index first = 0; first < inputs.samples(); first += samples_at_once) {
    if (options.stop.stop_requested()) {
      throw Error(Fault::interrupted, "the writing of inputs was stopped");
    }
    const Index last = std::min(first + samples_at_once, inputs.samples());
    append_entry_lines(file, inputs.columns(first, last), '\t', first);
  }
  file.commit();
  manifest.files[name] = facts_of(folder + "/" + name);
}

}  // namespace

template <NetworkValue T>
FolderSource<T>::FolderSource(const std::string& folder, Index neurons, Index depth, T bias,
                              int threads)
    : folder_(folder),
      manifest_(read_manifest(folder)),
      neurons_(neurons),
      bias_(bias),
      threads_(threads) {
  for (Index layer = 1; layer <= depth; ++layer) {
    paths_.push_back(find_layer(folder, neurons, layer));
  }
}

template <NetworkValue T>
std::shared_ptr<const Layer<T>> FolderSource<T>::layer(std::size_t index) {
  ScanOptions scan;
  scan.threads = threads_;
  const std::string& path = paths_.at(index);
  const FileFacts* facts =
      manifest_ ? &manifest_->facts(folder_, path.substr(folder_.size() + 1)) : nullptr;
  return std::make_shared<const Layer<T>>(
      Matrix<T>::from_compressed(read_entries<T>(InputFile(path, facts), neurons_, neurons_, scan)),
      std::vector<T>(neurons_, bias_), static_cast<T>(cap));
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
SampleBatch<T> read_inputs(const std::string& path, Index neurons, Index samples, int threads) {
  ScanOptions scan;
  scan.threads = threads;
  const std::filesystem::path found = plain_or_compressed(path);
  const std::string folder = found.parent_path().empty() ? "." : found.parent_path().string();
  const std::optional<Manifest> manifest = read_manifest(folder);
  const bool named = manifest && manifest->files.contains(found.filename().string());
  const FileFacts* facts = named ? &manifest->facts(folder, found.filename().string()) : nullptr;
  return SampleBatch<T>(read_entries<T>(InputFile(found.string(), facts), samples, neurons, scan));
}

template <NetworkValue T>
void write_problem(const std::string& folder, LayerSource<T>& source, const SampleBatch<T>* inputs,
                   const WriteOptions& options) {
  const Index neurons = source.inputs();
  make_folder(folder + "/neuron" + std::to_string(neurons));
  remove_manifest(folder);
  Manifest manifest;
  manifest.made_by = options.made_by;
  for (std::size_t l = 0; l < source.depth(); ++l) {
    if (options.stop.stop_requested()) {
      throw Error(Fault::interrupted, "writing was stopped after " + std::to_string(l) + " layers");
    }
    const std::shared_ptr<const Layer<T>> layer = source.layer(l);
    if (layer->outputs() != neurons) {
      throw Error(Fault::usage, "layer " + std::to_string(l) + " has " +
                                    std::to_string(layer->outputs()) +
                                    " outputs and the inputs are " + std::to_string(neurons) +
                                    "; the Challenge's layers are all of one size");
    }
    const std::string name = name_to_write(folder, layer_name(neurons, l + 1), options.compress);
    write_transposed_tsv(folder + "/" + name, layer->weights());
    manifest.files[name] = facts_of(folder + "/" + name);
    if (options.on_layer) options.on_layer(l + 1);
  }
  if (inputs != nullptr) add_inputs(folder, *inputs, manifest, options);
  write_manifest(folder, manifest);
}

template <NetworkValue T>
void write_inputs(const std::string& folder, const SampleBatch<T>& inputs,
                  const WriteOptions& options) {
  make_folder(folder);
  remove_manifest(folder);
  Manifest manifest;
  manifest.made_by = options.made_by;
  add_inputs(folder, inputs, manifest, options);
  write_manifest(folder, manifest);
}

#define OSCILLON_INSTANTIATE_FILES(T)                                                          \
  template std::vector<std::shared_ptr<const Layer<T>>> read_layers(const std::string&, Index, \
                                                                    Index, T, int);            \
  template class FolderSource<T>;                                                              \
  template SampleBatch<T> read_inputs(const std::string&, Index, Index, int);                  \
  template void write_problem(const std::string&, LayerSource<T>&, const SampleBatch<T>*,      \
                              const WriteOptions&);                                            \
  template void write_inputs(const std::string&, const SampleBatch<T>&, const WriteOptions&);
OSCILLON_INSTANTIATE_FILES(float)
OSCILLON_INSTANTIATE_FILES(double)
#undef OSCILLON_INSTANTIATE_FILES

}  // namespace oscillon::challenge
