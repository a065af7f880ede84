// Test vectors as a folder that another engine can be run on, and back.
//
//   README.txt, manifest.json, CHECKSUMS
//   CASE/PRECISION/expected.tsv categories.tsv bounds.tsv maxima.tsv
//   CASE/PRECISION/FORMAT/network.txt, and the network and its input in that format
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "engine/io/matrix_file.hpp"
#include "verify/conformance/catalogue.hpp"
#include "verify/conformance/simulate.hpp"

namespace oscillon::conformance {

// What a manifest calls itself.
inline constexpr std::string_view manifest_format = "oscillon test vectors";
inline constexpr int manifest_version = 1;

// Where a vector lies in a folder.
std::string folder_of(const std::string& folder, const std::string& name, ValueType precision);

// How a network lies in its folder: as matrices in a format of the table, or as a bundle with its
// inputs beside it.
struct FileFormat {
  std::string_view name;         // that of the matrices, or "bundle"
  const MatrixFormat* matrices;  // of inputs and outputs, and but for a bundle of all
  bool is_bundle = false;

  friend bool operator==(const FileFormat& a, const FileFormat& b) { return a.name == b.name; }
};

// The first is the one that is always there. Throws Error(usage) for another name.
const std::vector<FileFormat>& file_formats();
const FileFormat& file_format_from_name(std::string_view name);

struct VectorsOptions {
  std::vector<ValueType> precisions;  // all of fp64 … int32, where there are none
  std::vector<FileFormat> formats;    // all, where there are none; the first is always there
  std::vector<std::string> cases;     // names; all, where there are none
  std::stop_token stop;
};

struct VectorsMade {
  std::size_t cases = 0, vectors = 0, files = 0;
};

// Makes the folder, which must not be there: complete or not at all. The same options give the same
// bytes. Throws Error(usage) for a case that does not exist, Error(interrupted) on a stop.
VectorsMade write_vectors(const std::string& folder, const VectorsOptions& options = {});

// A vector of a folder, without its values.
struct VectorEntry {
  std::string name;
  std::string about;
  ValueType precision = ValueType::fp32;
  bool must_be_refused = false;
};

// The vectors that a folder has, in the order of its manifest. Throws ParseError for a manifest
// that is not ours.
std::vector<VectorEntry> listed_vectors(const std::string& folder);

// Throws ParseError for a file of these vectors that is not as it was made, by the manifest's sizes
// and checksums; Error(cannot_open) for one that is gone.
void verify_files(const std::string& folder, const std::vector<VectorEntry>& entries);

StoredVector read_vector(const std::string& folder, const VectorEntry& entry);

// Samples x outputs from a file in any format of matrices, 0 where there is no entry. Throws
// ParseError, and ShapeError when a file that tells its shape has another.
std::vector<std::vector<double>> read_answer(const std::string& path, std::size_t samples,
                                             std::size_t outputs);

// The plain text that goes into the folder.
std::string readme_text();

}  // namespace oscillon::conformance
