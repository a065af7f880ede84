#include "verify/conformance/files.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/base/checksum.hpp"
#include "engine/io/atomic_file.hpp"
#include "engine/io/input_file.hpp"
#include "engine/io/matrix_file.hpp"
#include "engine/io/text_scan.hpp"
#include "oscillon/base/thread_team.hpp"
#include "oscillon/io/bundle.hpp"
#include "oscillon/io/tsv.hpp"
#include "oscillon/solutions/rational.hpp"

namespace oscillon::conformance {

namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr std::array<ValueType, 7> vector_precisions{
    ValueType::fp64, ValueType::fp32,  ValueType::fp16, ValueType::bf16,
    ValueType::int8, ValueType::int16, ValueType::int32};

// Files are in the Challenge's orientation, of which ours, by column, is the transpose: W is
// outputs x inputs, Y is neurons x samples.
Matrix<double> samples_matrix(const std::vector<ExactSample>& samples, Index neurons) {
  Compressed<double> Y;
  Y.orientation = Orientation::by_column;
  Y.rows = neurons;
  Y.columns = samples.size();
  for (const ExactSample& sample : samples) {
    for (Index k = 0; k < sample.size(); ++k) {
      if (!sample[k]) continue;
      Y.indices.push_back(k);
      Y.values.push_back(nearest_double(*sample[k]));
    }
    Y.offsets.push_back(Y.indices.size());
  }
  return Matrix<double>::from_compressed(Y);
}

Matrix<double> weights_matrix(const ExactLayer& layer) {
  Compressed<double> W;
  W.rows = layer.outputs.size();
  W.columns = layer.inputs;
  for (const auto& edges : layer.outputs) {
    for (const auto& edge : edges) {
      W.indices.push_back(edge.input);
      W.values.push_back(nearest_double(edge.weight));
    }
    W.offsets.push_back(W.indices.size());
  }
  return Matrix<double>::from_compressed(
      Matrix<double>::from_compressed(W).compressed(Orientation::by_column));
}

// b as one row of the file: a column of ours.
Matrix<double> bias_matrix(const ExactLayer& layer) {
  ExactSample row;
  for (const mpq_class& b : layer.bias) row.push_back(b == 0 ? std::nullopt : std::optional(b));
  return samples_matrix({row}, layer.bias.size());
}

void write_matrix(const std::string& path, const Matrix<double>& matrix, ValueType precision) {
  // numpy has no bf16, whose values fp32 holds.
  write_transposed_matrix(path, matrix,
                          row_of(precision).numpy.empty() ? ValueType::fp32 : precision);
}

std::string network_text(const TestVector& vector, const PreparedVector& prepared) {
  const auto& cap = prepared.layers.front().cap;
  std::string text = "precision " + std::string(name_of(prepared.precision)) + "\nlayers " +
                     std::to_string(prepared.layers.size()) + "\nsamples " +
                     std::to_string(prepared.samples.size()) + "\ncap ";
  if (cap) {
    append_number(text, nearest_double(*cap));
  } else {
    text += "none";
  }
  text += "\nbias_on " + std::string(name_of(vector.bias_on)) + "\n";
  for (std::size_t l = 0; l < prepared.layers.size(); ++l) {
    const ExactLayer& layer = prepared.layers[l];
    std::size_t edges = 0;
    for (const auto& of_output : layer.outputs) edges += of_output.size();
    text += "layer " + std::to_string(l + 1) + " inputs " + std::to_string(layer.inputs) +
            " outputs " + std::to_string(layer.outputs.size()) + " weights " +
            std::to_string(edges) + "\n";
  }
  return text;
}

// The same with the first weight's line twice, for the formats of text.
void repeat_first_entry(const std::string& path, const MatrixFormat& format) {
  std::string text;
  {
    const InputFile file(path);
    text = file.text();
  }
  std::size_t begin = 0;
  if (format.tells_shape) {  // in a second line, with the number of entries
    begin = text.find('\n') + 1;
    const std::size_t count = text.rfind(' ', text.find('\n', begin)) + 1;
    const std::size_t end = text.find('\n', begin);
    text.replace(count, end - count, std::to_string(std::stoul(text.substr(count)) + 1));
    begin = text.find('\n', begin) + 1;
  }
  const std::string line = text.substr(begin, text.find('\n', begin) + 1 - begin);
  text.insert(begin, line);
  write_file(path, text);
}

void write_network(const std::string& folder, const TestVector& vector,
                   const PreparedVector& prepared, const FileFormat& format) {
  make_folder(folder);
  write_file(folder + "/network.txt", network_text(vector, prepared));
  const std::string extension = "." + std::string(format.matrices->name);
  write_matrix(folder + "/input" + extension,
               samples_matrix(prepared.samples, prepared.layers.front().inputs),
               prepared.precision);
  if (format.is_bundle) {
    std::vector<std::shared_ptr<const Layer<double>>> layers;
    for (const ExactLayer& layer : prepared.layers) {
      std::vector<double> bias;
      for (const mpq_class& b : layer.bias) bias.push_back(nearest_double(b));
      layers.push_back(std::make_shared<const Layer<double>>(
          weights_matrix(layer), std::move(bias),
          LayerRules<double>{
              .cap = layer.cap ? std::optional(nearest_double(*layer.cap)) : std::nullopt,
              .bias_on = vector.bias_on}));
    }
    Network<double> network(std::move(layers));
    BundleOptions bundle;
    bundle.store = prepared.precision;
    write_bundle(folder + "/network.safetensors", network, bundle);
    return;
  }
  for (std::size_t l = 0; l < prepared.layers.size(); ++l) {
    const std::string number = std::to_string(l + 1) + extension;
    const std::string weights = folder + "/weights-" + number;
    write_matrix(weights, weights_matrix(prepared.layers[l]), prepared.precision);
    if (vector.must_be_refused && l == 0) repeat_first_entry(weights, *format.matrices);
    write_matrix(folder + "/bias-" + number, bias_matrix(prepared.layers[l]), prepared.precision);
  }
}

// What must come out, for whoever compares without the judge.
void write_truth(const std::string& folder, const PreparedVector& prepared) {
  const Index outputs = prepared.layers.back().outputs.size();
  write_transposed_tsv(folder + "/expected.tsv", samples_matrix(prepared.expected, outputs));
  std::vector<Index> categories;
  std::string maxima;
  for (Index s = 0; s < prepared.expected.size(); ++s) {
    std::optional<mpq_class> best;
    std::size_t where = 0;
    bool tie = false;
    for (std::size_t i = 0; i < prepared.expected[s].size(); ++i) {
      const auto& value = prepared.expected[s][i];
      if (!value || (best && *value < *best)) continue;
      tie = best && *value == *best;
      if (!tie) where = i;
      best = value;
    }
    if (!best) continue;
    categories.push_back(s);
    if (!tie) maxima += std::to_string(s + 1) + "\t" + std::to_string(where + 1) + "\n";
  }
  write_categories(folder + "/categories.tsv", categories);
  write_file(folder + "/maxima.tsv", maxima);
  if (prepared.bounds.empty()) return;
  std::string bounds;
  for (std::size_t s = 0; s < prepared.bounds.size(); ++s) {
    for (std::size_t i = 0; i < prepared.bounds[s].size(); ++i) {
      if (prepared.bounds[s][i] == 0) continue;
      bounds += std::to_string(s + 1) + "\t" + std::to_string(i + 1) + "\t";
      append_number(bounds, prepared.bounds[s][i]);
      bounds += "\n";
    }
  }
  write_file(folder + "/bounds.tsv", bounds);
}

// A folder under a temporary name until all is in it.
class FolderInTheMaking {
 public:
  explicit FolderInTheMaking(const std::string& path) : path_(path) {
    while (path_.size() > 1 && path_.ends_with('/')) path_.pop_back();
    if (file_exists(path_)) {
      throw Error(Fault::cannot_create, "cannot create " + path_ + ": it is there already");
    }
    part_ = path_ + "." + std::to_string(getpid()) + ".part";
    make_folder(part_);
  }
  ~FolderInTheMaking() {
    std::error_code ignored;
    if (!part_.empty()) fs::remove_all(part_, ignored);
  }
  FolderInTheMaking(const FolderInTheMaking&) = delete;
  FolderInTheMaking& operator=(const FolderInTheMaking&) = delete;

  const std::string& path() const { return part_; }
  void commit() {
    std::error_code error;
    fs::rename(part_, path_, error);
    if (error) {
      throw Error(Fault::cannot_create, "cannot create " + path_ + ": " + error.message());
    }
    part_.clear();
  }

 private:
  std::string path_;
  std::string part_;
};

// All files of a folder, by their path inside it, sorted.
std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) paths.push_back(fs::relative(entry.path(), folder).string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

const std::vector<FileFormat>& file_formats() {
  static const std::vector<FileFormat> formats = [] {
    std::vector<FileFormat> made;
    const MatrixFormat* with_types = nullptr;
    for (const MatrixFormat& format : matrix_formats()) {
      if (!format.is_packed) made.push_back({format.name, &format});
      if (!format.is_text) with_types = &format;
    }
    made.push_back({"bundle", with_types, true});
    return made;
  }();
  return formats;
}

const FileFormat& file_format_from_name(std::string_view name) {
  std::vector<std::string_view> names;
  for (const FileFormat& format : file_formats()) {
    if (format.name == name) return format;
    names.push_back(format.name);
  }
  throw Error(Fault::usage, "no format is called " + in_quotes(name) + ": there are " +
                                in_words(names.data(), names.size()));
}

std::string folder_of(const std::string& folder, const std::string& name, ValueType precision) {
  return folder + "/" + name + "/" + std::string(name_of(precision));
}

VectorsMade write_vectors(const std::string& folder, const VectorsOptions& options) {
  std::vector<ValueType> precisions = options.precisions;
  if (std::find(precisions.begin(), precisions.end(), ValueType::int64) != precisions.end()) {
    throw Error(Fault::usage, "there are no test vectors at int64; int32 tells the same");
  }
  if (precisions.empty()) precisions.assign(vector_precisions.begin(), vector_precisions.end());
  std::vector<FileFormat> formats = options.formats.empty() ? file_formats() : options.formats;
  if (std::find(formats.begin(), formats.end(), file_formats().front()) == formats.end()) {
    formats.insert(formats.begin(), file_formats().front());
  }
  const std::vector<TestVector> all = test_vectors();
  std::vector<const TestVector*> chosen;
  for (const TestVector& vector : all) {
    const auto& wanted = options.cases;
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), vector.name) != wanted.end()) {
      chosen.push_back(&vector);
    }
  }
  for (const std::string& name : options.cases) {
    if (std::none_of(all.begin(), all.end(), [&](const auto& v) { return v.name == name; })) {
      throw Error(Fault::usage, "no test vector is called " + in_quotes(name));
    }
  }

  FolderInTheMaking made(folder);
  struct Written {
    const TestVector* vector;
    PreparedVector prepared;
    std::vector<FileFormat> formats;
  };
  std::vector<Written> written;
  VectorsMade counts;
  for (const TestVector* vector : chosen) {
    bool suits = false;
    for (const ValueType precision : precisions) {
      auto prepared = prepare(*vector, precision);
      if (!prepared) continue;
      suits = true;
      written.push_back({vector, std::move(*prepared), {}});
      for (const FileFormat& format : formats) {
        // An archive of arrays with an entry twice would be another thing than a line twice.
        if (!vector->must_be_refused || format.matrices->is_text)
          written.back().formats.push_back(format);
      }
    }
    counts.cases += suits;
  }
  counts.vectors = written.size();
  run_tasks(written.size(), 0, [&](std::size_t i) {
    if (options.stop.stop_requested()) {
      throw Error(Fault::interrupted, "making the test vectors was stopped");
    }
    const Written& one = written[i];
    const std::string at = folder_of(made.path(), one.vector->name, one.prepared.precision);
    for (const FileFormat& format : one.formats) {
      write_network(at + "/" + std::string(format.name), *one.vector, one.prepared, format);
    }
    if (!one.vector->must_be_refused) write_truth(at, one.prepared);
  });
  write_file(made.path() + "/README.txt", readme_text());

  ordered_json manifest{{"format", manifest_format}, {"version", manifest_version}};
  for (const Written& one : written) {
    ordered_json widths = ordered_json::array({one.prepared.layers.front().inputs});
    for (const ExactLayer& layer : one.prepared.layers) widths.push_back(layer.outputs.size());
    ordered_json names = ordered_json::array();
    for (const FileFormat& format : one.formats) names.push_back(format.name);
    manifest["vectors"].push_back({{"name", one.vector->name},
                                   {"precision", name_of(one.prepared.precision)},
                                   {"level", one.vector->level},
                                   {"about", one.vector->about},
                                   {"exact", one.vector->exact},
                                   {"must_be_refused", one.vector->must_be_refused},
                                   {"bias_on", name_of(one.vector->bias_on)},
                                   {"widths", widths},
                                   {"samples", one.prepared.samples.size()},
                                   {"formats", names}});
  }
  std::string checksums;
  for (const std::string& path : files_in(made.path())) {
    const InputFile file(made.path() + "/" + path);
    const std::string checksum = checksum_of(file.text());
    manifest["files"].push_back(
        {{"path", path}, {"bytes", file.text().size()}, {"checksum", checksum}});
    checksums += checksum + "  " + path + "\n";
    ++counts.files;
  }
  write_file(made.path() + "/CHECKSUMS", checksums);
  write_file(made.path() + "/manifest.json", manifest.dump(1) + "\n");
  made.commit();
  return counts;
}

}  // namespace oscillon::conformance
