#include "engine/io/challenge_files.hpp"

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "engine/io/atomic_file.hpp"
#include "engine/io/file_entries.hpp"
#include "engine/io/input_file.hpp"
#include "engine/io/tsv_arrays.hpp"

namespace oscillon::challenge {

namespace {

// The format of official names.
const MatrixFormat& official_format() {
  return matrix_formats().front();
}

}  // namespace

std::string images_name(Index neurons) {
  return "sparse-images-" + std::to_string(neurons) + ".tsv";
}

std::string layer_name(Index neurons, Index layer) {
  const std::string n = std::to_string(neurons);
  return "neuron" + n + "/n" + n + "-l" + std::to_string(layer) + ".tsv";
}

std::string find_layer(const std::string& folder, Index neurons, Index layer) {
  const std::string nested = folder + "/" + layer_name(neurons, layer);
  const std::string flat = folder + nested.substr(nested.rfind('/'));
  std::string others;
  for (const std::string& place : {nested, flat}) {
    others.clear();
    for (const MatrixFormat& format : matrix_formats()) {
      const std::string path = with_ending(place, official_format(), format);
      if (file_exists(path)) return path;
      if (&format == &official_format()) continue;
      others += (others.empty()                        ? "."
                 : &format == &matrix_formats().back() ? " or ."
                                                       : ", .") +
                std::string(format.name);
    }
  }
  throw Error(Fault::cannot_open, "there is no layer " + std::to_string(layer) + ": neither " +
                                      nested + " nor " + flat + " exists, nor with " + others);
}

namespace {

template <NetworkValue T>
Compressed<T> read_layer(const std::string& path, Index neurons, const ScanOptions& scan,
                         const FileFacts* facts) {
  Compressed<T> arrays = read_transposed_matrix<T>(path, FileShape{neurons, neurons}, scan, facts);
  if (!matrix_format_of(path)->tells_shape && arrays.size() == 0) {
    throw ParseError(path, 0, 0, "the file holds no entry");
  }
  // The arrays are of the transpose.
  if (arrays.columns != neurons || arrays.rows != neurons) {
    throw ParseError(path, 0, 0,
                     "the layer is " + std::to_string(arrays.columns) + " x " +
                         std::to_string(arrays.rows) + "; it should be " + std::to_string(neurons) +
                         " x " + std::to_string(neurons));
  }
  return arrays;
}

// The name of a file in a format, once those in other formats from before are removed.
std::string name_to_write(const std::string& folder, const std::string& tsv,
                          const MatrixFormat& format) {
  for (const MatrixFormat& other : matrix_formats()) {
    if (other.name != format.name) {
      remove_file(folder + "/" + with_ending(tsv, official_format(), other));
    }
  }
  return with_ending(tsv, official_format(), format);
}

// What layer files cannot express: for them all neurons are alike, and all layers.
template <NetworkValue T>
void require_like_first(const Layer<T>& layer, const Layer<T>& first, std::size_t l) {
  const auto refuse = [&](const std::string& what) {
    throw Error(Fault::usage, "layer " + std::to_string(l) + " " + what +
                                  ", which the Challenge's files cannot tell: they hold weights "
                                  "alone. Take a bundle");
  };
  const LayerRules<T>& rules = layer.rules();
  const auto bias = layer.bias();
  if (std::any_of(bias.begin(), bias.end(), [&](T b) { return b != first.bias()[0]; })) {
    refuse("has biases that differ");
  }
  if (!layer.bounds().rectifies) refuse("has the activation none");
  if (rules.product != Product::plus_times) refuse("is over max-plus");
  const auto cap = rules.cap.common();
  if (!cap || *cap != first.rules().cap[0]) refuse("has caps that differ");
  if (rules.bias_on != first.rules().bias_on) refuse("has another bias rule than the first");
}

// Samples are turned into lines this many at a time.
constexpr Index samples_at_once = 1024;

template <NetworkValue T>
void add_inputs(const std::string& folder, const SampleBatch<T>& inputs, Manifest& manifest,
                const WriteOptions& options) {
  const std::string name =
      name_to_write(folder, images_name(inputs.neurons()),
                    options.format->is_packed ? *options.format : official_format());
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
FolderSource<T>::FolderSource(const std::string& folder, const LayerFiles<T>& files)
    : folder_(folder), manifest_(read_manifest(folder)), files_(files) {
  for (std::size_t l = 1; l <= files.depth; ++l) {
    paths_.push_back(find_layer(folder, files.neurons, l));
  }
}

// What the manifest, if there is one, tells of a layer.
template <NetworkValue T>
const FileFacts* FolderSource<T>::facts_of_layer(const std::string& path) const {
  return manifest_ ? &manifest_->facts(folder_, path.substr(folder_.size() + 1)) : nullptr;
}

template <NetworkValue T>
std::shared_ptr<const Layer<T>> FolderSource<T>::layer(std::size_t index) const {
  ScanOptions scan;
  scan.threads = files_.threads;
  const std::string& path = paths_.at(index);
  return std::make_shared<const Layer<T>>(
      read_layer<T>(path, files_.neurons, scan, facts_of_layer(path)),
      std::vector<T>(files_.neurons, files_.bias), files_.rules);
}

template <NetworkValue T>
std::string FolderSource<T>::fingerprint() const {
  // A layer of one weight a neuron stands for all that the files do not tell.
  Compressed<T> ones;
  ones.orientation = Orientation::by_column;
  ones.rows = files_.neurons;
  ones.columns = 1;
  ones.offsets = {0, files_.neurons};
  ones.indices.resize(files_.neurons);
  std::iota(ones.indices.begin(), ones.indices.end(), Index{0});
  ones.values.assign(files_.neurons, T(1));
  const Layer<T> told(ones, std::vector<T>(files_.neurons, files_.bias), files_.rules);
  std::vector<std::string> parts{"layer files", std::string(GraphblasType<T>::name),
                                 told.fingerprint()};
  for (const std::string& path : paths_) {
    const FileFacts* facts = facts_of_layer(path);
    parts.push_back(facts != nullptr ? facts->checksum : facts_of(path).checksum);
  }
  return combined_fingerprint(parts);
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
  const auto first = source.depth() > 0 ? source.layer(0) : nullptr;
  for (std::size_t l = 0; l < source.depth(); ++l) {
    if (source.in_memory() || l == 0) require_like_first(*source.layer(l), *first, l);
    if (source.bias_on(l) != source.bias_on(0)) {
      throw Error(Fault::usage, "layer " + std::to_string(l) +
                                    " has another bias rule than the first, which the Challenge's "
                                    "files cannot tell: they hold weights alone. Take a bundle");
    }
  }
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
    require_like_first(*layer, *first, l);
    const std::string name = name_to_write(folder, layer_name(neurons, l + 1), *options.format);
    write_transposed_matrix(folder + "/" + name, layer->weights());
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

#define OSCILLON_INSTANTIATE_FOLDER_SOURCE(T) template class FolderSource<T>;
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_FOLDER_SOURCE)
#undef OSCILLON_INSTANTIATE_FOLDER_SOURCE

#define OSCILLON_INSTANTIATE_FILES(T)                                                           \
  template SampleBatch<T> read_inputs(const std::string&, Index, Index, int);                   \
  template void write_problem(const std::string&, const LayerSource<T>&, const SampleBatch<T>*, \
                              const WriteOptions&);                                             \
  template void write_inputs(const std::string&, const SampleBatch<T>&, const WriteOptions&);
OSCILLON_INSTANTIATE_FILES(float)
OSCILLON_INSTANTIATE_FILES(double)
#undef OSCILLON_INSTANTIATE_FILES

}  // namespace oscillon::challenge
