#include "verify/challenge/files.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "engine/io/atomic_file.hpp"
#include "engine/io/file_entries.hpp"
#include "engine/io/input_file.hpp"
#include "engine/io/matrix_market.hpp"
#include "engine/io/npz.hpp"
#include "engine/io/tsv.hpp"
#include "oscillon/base/thread_team.hpp"

namespace oscillon::challenge {

namespace {

constexpr std::array all_formats{LayerFormat::tsv, LayerFormat::tsv_gz, LayerFormat::mtx,
                                 LayerFormat::npz};

// The official name of a .tsv file with the ending of a format.
std::string with_ending(const std::string& tsv, LayerFormat format) {
  return tsv.substr(0, tsv.size() - name_of(LayerFormat::tsv).size()) +
         std::string(name_of(format));
}

}  // namespace

std::string_view name_of(LayerFormat format) {
  switch (format) {
    case LayerFormat::tsv:
      return "tsv";
    case LayerFormat::tsv_gz:
      return "tsv.gz";
    case LayerFormat::mtx:
      return "mtx";
    case LayerFormat::npz:
      return "npz";
  }
  return "";
}

LayerFormat layer_format_from_name(std::string_view name) {
  for (const LayerFormat format : all_formats) {
    if (name == name_of(format)) return format;
  }
  throw Error(Fault::usage, "no format of layer files is called " + in_quotes(name) +
                                ": there are tsv, tsv.gz, mtx and npz");
}

std::string find_layer(const std::string& folder, Index neurons, Index layer) {
  const std::string nested = folder + "/" + layer_name(neurons, layer);
  const std::string flat = folder + nested.substr(nested.rfind('/'));
  for (const std::string& place : {nested, flat}) {
    for (const LayerFormat format : all_formats) {
      const std::string path = with_ending(place, format);
      if (file_exists(path)) return path;
    }
  }
  throw Error(Fault::cannot_open, "there is no layer " + std::to_string(layer) + ": neither " +
                                      nested + " nor " + flat +
                                      " exists, nor with .tsv.gz, .mtx or .npz");
}

namespace {

// A layer of Matrix Market or .npz as the arrays of its transpose.
template <NetworkValue T>
Compressed<T> read_matrix(const std::string& path, Index neurons, const ScanOptions& scan) {
  const Matrix<T> matrix =
      path.ends_with(".npz") ? read_npz<T>(path) : read_matrix_market<T>(path, scan);
  if (matrix.rows() != neurons || matrix.columns() != neurons) {
    throw ParseError(path, 0, 0,
                     "the layer is " + std::to_string(matrix.rows()) + " x " +
                         std::to_string(matrix.columns()) + "; it should be " +
                         std::to_string(neurons) + " x " + std::to_string(neurons));
  }
  return transposed(matrix.compressed(Orientation::by_row));
}

template <NetworkValue T>
void write_layer(const std::string& path, LayerFormat format, const Matrix<T>& weights) {
  if (format == LayerFormat::tsv || format == LayerFormat::tsv_gz) {
    return write_transposed_tsv(path, weights);
  }
  const auto matrix =
      Matrix<T>::from_compressed(transposed(weights.compressed(Orientation::by_column)));
  if (format == LayerFormat::mtx) return write_matrix_market(path, matrix);
  write_npz(path, matrix, sizeof(T) == sizeof(float) ? ElementType::fp32 : ElementType::fp64);
}

template <NetworkValue T>
Compressed<T> read_entries(const InputFile& file, Index rows, Index columns,
                           const ScanOptions& scan) {
  Compressed<T> arrays = read_transposed_tsv_arrays<T>(file, rows, columns, scan);
  if (arrays.size() == 0) throw ParseError(file.path(), 0, 0, "the file holds no entry");
  return arrays;
}

// The name of a file in a format, once those in other formats from before are removed.
std::string name_to_write(const std::string& folder, const std::string& tsv, LayerFormat format) {
  for (const LayerFormat other : all_formats) {
    if (other != format) remove_file(folder + "/" + with_ending(tsv, other));
  }
  return with_ending(tsv, format);
}

// Samples are turned into lines this many at a time.
constexpr Index samples_at_once = 1024;

template <NetworkValue T>
void add_inputs(const std::string& folder, const SampleBatch<T>& inputs, Manifest& manifest,
                const WriteOptions& options) {
  const bool packed = options.format == LayerFormat::tsv_gz;
  const std::string name = name_to_write(folder, images_name(inputs.neurons()),
                                         packed ? LayerFormat::tsv_gz : LayerFormat::tsv);
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
                              int threads, BiasOn bias_on)
    : folder_(folder),
      manifest_(read_manifest(folder)),
      neurons_(neurons),
      bias_(bias),
      bias_on_(bias_on),
      threads_(threads) {
  for (Index layer = 1; layer <= depth; ++layer) {
    paths_.push_back(find_layer(folder, neurons, layer));
  }
}

template <NetworkValue T>
std::shared_ptr<const Layer<T>> FolderSource<T>::layer(std::size_t index) const {
  ScanOptions scan;
  scan.threads = threads_;
  const std::string& path = paths_.at(index);
  const FileFacts* facts =
      manifest_ ? &manifest_->facts(folder_, path.substr(folder_.size() + 1)) : nullptr;
  const bool text = path.ends_with(".tsv") || path.ends_with(".gz");
  if (!text && facts != nullptr) require_facts(path, *facts);
  return std::make_shared<const Layer<T>>(
      text ? read_entries<T>(InputFile(path, facts), neurons_, neurons_, scan)
           : read_matrix<T>(path, neurons_, scan),
      std::vector<T>(neurons_, bias_),
      LayerRules<T>{.cap = static_cast<T>(cap), .bias_on = bias_on_});
}

template <NetworkValue T>
std::vector<std::shared_ptr<const Layer<T>>> read_layers(const std::string& folder, Index neurons,
                                                         Index depth, T bias, int threads,
                                                         BiasOn bias_on) {
  FolderSource<T> source(folder, neurons, depth, bias, 1, bias_on);
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
  auto inputs = read_samples_tsv<T>(InputFile(found.string(), facts), samples, neurons, scan);
  if (inputs.entries() == 0) throw ParseError(found.string(), 0, 0, "the file holds no entry");
  return inputs;
}

template <NetworkValue T>
void write_problem(const std::string& folder, const LayerSource<T>& source,
                   const SampleBatch<T>* inputs, const WriteOptions& options) {
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
    const std::string name = name_to_write(folder, layer_name(neurons, l + 1), options.format);
    write_layer(folder + "/" + name, options.format, layer->weights());
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

#define OSCILLON_INSTANTIATE_FILES(T)                                                           \
  template std::vector<std::shared_ptr<const Layer<T>>> read_layers(const std::string&, Index,  \
                                                                    Index, T, int, BiasOn);     \
  template class FolderSource<T>;                                                               \
  template SampleBatch<T> read_inputs(const std::string&, Index, Index, int);                   \
  template void write_problem(const std::string&, const LayerSource<T>&, const SampleBatch<T>*, \
                              const WriteOptions&);                                             \
  template void write_inputs(const std::string&, const SampleBatch<T>&, const WriteOptions&);
OSCILLON_INSTANTIATE_FILES(float)
OSCILLON_INSTANTIATE_FILES(double)
#undef OSCILLON_INSTANTIATE_FILES

}  // namespace oscillon::challenge
