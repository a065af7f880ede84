#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/base/checksum.hpp"
#include "engine/io/input_file.hpp"
#include "engine/io/matrix_file.hpp"
#include "oscillon/solutions/rational.hpp"
#include "verify/conformance/files.hpp"

namespace oscillon::conformance {

namespace {

using nlohmann::ordered_json;

ordered_json read_manifest(const std::string& folder) {
  const InputFile file(folder + "/manifest.json");
  ordered_json manifest = ordered_json::parse(file.text(), nullptr, false);
  if (!manifest.is_object() || manifest.value("format", "") != manifest_format ||
      manifest.value("version", 0) != manifest_version) {
    throw ParseError(file.path(), 0, 0, "this is no manifest of test vectors that we know");
  }
  return manifest;
}

// 0 where there is no entry.
std::vector<std::vector<double>> table_of(const std::vector<ExactSample>& samples,
                                          std::size_t neurons) {
  std::vector<std::vector<double>> table(samples.size(), std::vector<double>(neurons, 0));
  for (std::size_t s = 0; s < samples.size(); ++s) {
    for (std::size_t i = 0; i < neurons; ++i) {
      if (samples[s][i]) table[s][i] = nearest_double(*samples[s][i]);
    }
  }
  return table;
}

}  // namespace

std::vector<VectorEntry> listed_vectors(const std::string& folder) {
  const ordered_json manifest = read_manifest(folder);
  std::vector<VectorEntry> entries;
  try {
    for (const ordered_json& vector : manifest.at("vectors")) {
      entries.push_back({vector.at("name").get<std::string>(),
                         vector.at("about").get<std::string>(),
                         value_type_from_name(vector.at("precision").get<std::string>()),
                         vector.at("must_be_refused").get<bool>()});
    }
  } catch (const ordered_json::exception& error) {
    throw ParseError(folder + "/manifest.json", 0, 0, error.what());
  }
  return entries;
}

void verify_files(const std::string& folder, const std::vector<VectorEntry>& entries) {
  const ordered_json manifest = read_manifest(folder);
  std::set<std::string> chosen;
  for (const VectorEntry& entry : entries) {
    chosen.insert(folder_of(folder, entry.name, entry.precision));
  }
  try {
    for (const ordered_json& listed : manifest.at("files")) {
      const std::string path = folder + "/" + listed.at("path").get<std::string>();
      // CASE/PRECISION, then the file or its format's folder.
      const std::size_t precision_begin = path.find('/', folder.size() + 1);
      const std::size_t end = path.find('/', std::min(precision_begin, path.size() - 1) + 1);
      if (!chosen.contains(path.substr(0, end))) continue;
      const InputFile file(path);
      if (file.text().size() != listed.at("bytes").get<std::size_t>() ||
          checksum_of(file.text()) != listed.at("checksum").get<std::string>()) {
        throw ParseError(file.path(), 0, 0,
                         "the file is not as it was made: its checksum is another");
      }
    }
  } catch (const ordered_json::exception& error) {
    throw ParseError(folder + "/manifest.json", 0, 0, error.what());
  }
}

StoredVector read_vector(const std::string& folder, const VectorEntry& entry) {
  const std::string at = folder_of(folder, entry.name, entry.precision);
  StoredVector vector;
  vector.name = entry.name;
  vector.precision = entry.precision;
  vector.must_be_refused = entry.must_be_refused;
  // What stands twice is not for reading; the catalogue has it once.
  static const std::vector<TestVector> all = test_vectors();
  const auto known =
      std::find_if(all.begin(), all.end(), [&](const auto& v) { return v.name == entry.name; });
  const auto prepared = known == all.end() ? std::nullopt : prepare(*known, entry.precision);
  if (!prepared) {
    throw ParseError(folder + "/manifest.json", 0, 0,
                     "this version has no vector " + in_quotes(entry.name) + " at " +
                         std::string(name_of(entry.precision)));
  }
  vector.bias_on = known->bias_on;
  vector.exact = known->exact;
  for (const ExactLayer& layer : prepared->layers) {
    oracle::PlainLayer<double> plain;
    plain.inputs = layer.inputs;
    for (const auto& edges : layer.outputs) {
      plain.outputs.emplace_back();
      for (const auto& edge : edges) {
        plain.outputs.back().push_back({edge.input, nearest_double(edge.weight)});
      }
    }
    for (const mpq_class& b : layer.bias) plain.bias.push_back(nearest_double(b));
    if (layer.cap) plain.cap = nearest_double(*layer.cap);
    vector.layers.push_back(std::move(plain));
  }
  for (const ExactSample& sample : prepared->samples) {
    vector.samples.emplace_back();
    for (const auto& value : sample) {
      vector.samples.back().push_back(value ? std::optional(nearest_double(*value)) : std::nullopt);
    }
  }
  const std::size_t samples = prepared->samples.size(), outputs = vector.outputs();
  if (entry.must_be_refused) {
    vector.expected.assign(samples, std::vector<double>(outputs, 0));
    return vector;
  }
  vector.expected = read_answer(at + "/expected.tsv", samples, outputs);
  if (!vector.exact) vector.bounds = read_answer(at + "/bounds.tsv", samples, outputs);
  if (vector.expected != table_of(prepared->expected, outputs)) {
    throw ParseError(at + "/expected.tsv", 0, 0,
                     "this version expects something else: make the vectors anew");
  }
  return vector;
}

std::vector<std::vector<double>> read_answer(const std::string& path, std::size_t samples,
                                             std::size_t outputs) {
  // By column, a sample is a column: outputs x samples.
  const auto Y = read_transposed_matrix<double>(path, FileShape{samples, outputs});
  if (Y.columns != samples || Y.rows != outputs) {
    throw ShapeError(path + ": error: the matrix is " + std::to_string(Y.columns) + " x " +
                     std::to_string(Y.rows) + " and should be " + std::to_string(samples) +
                     " samples x " + std::to_string(outputs) + " neurons");
  }
  std::vector<std::vector<double>> table(samples, std::vector<double>(outputs, 0));
  for (Index s = 0; s < samples; ++s) {
    for (Index p = Y.offsets[s]; p < Y.offsets[s + 1]; ++p) table[s][Y.indices[p]] = Y.values[p];
  }
  return table;
}

}  // namespace oscillon::conformance
