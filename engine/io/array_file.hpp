// A file of named arrays, one-dimensional and little-endian, with metadata: the open .safetensors
// format, mapped into memory when read. Bundles of networks and checkpoints are such files.
//
//   8 bytes         the length of the header
//   header          {"__metadata__": {…}, "NAME": {"dtype": "U16", "shape": [1],
//                   "data_offsets": [0, 2]}, …}, padded with spaces
//   arrays          one after the other, without holes, as the format asks
//
// Numbers are U16, U32 or U64, the smallest that fits; values are in any type that holds them, and
// one element when all are equal. Arrays called padding.n hold zeros: they let each other array
// begin at a multiple of 64 bytes.
//
// __metadata__ maps strings to strings: "format" and "version", what the writer is told,
// "checksum:NAME" for each array, and "checksum" for the header itself: XXH3 with 128 bits of its
// length and text, with zeros in its own place.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/io/atomic_file.hpp"
#include "engine/io/input_file.hpp"
#include "oscillon/algebra/graphblas.hpp"
#include "oscillon/base/value_type.hpp"

namespace oscillon::io {

using Metadata = std::map<std::string, std::string>;

// How much a file can tell in its metadata without outgrowing the room that is kept for its header.
std::size_t bytes_in_header(const Metadata& metadata);

// Where an array lies, and what it is.
struct StoredArray {
  std::string type;  // "U16", "F32", …
  std::uint64_t elements = 0;
  std::uint64_t begin = 0, end = 0;  // bytes, from the end of the header on
  std::string checksum;
};

// Writes the arrays behind the room that the header will take, and the header last: its offsets and
// checksums are known only then, and an array may be costly to make twice. Complete or not at all;
// throws as AtomicFile does.
class ArrayFileWriter {
 public:
  // Room is kept for so many arrays, whose names have up to 64 bytes, and so many bytes of metadata
  // beyond 4096.
  ArrayFileWriter(const std::string& path, std::size_t most_arrays,
                  std::size_t more_metadata_bytes = 0);

  void add_bytes(const std::string& name, std::string_view bytes);

  // Numbers of which none is above `greatest`.
  void add_numbers(const std::string& name, std::span<const Index> numbers, Index greatest);

  // Throws Error(bad_data) when the type to store does not hold a value.
  template <NetworkValue T>
  void add_values(const std::string& name, std::span<const T> values, ValueType store);

  // Throws Error(internal) when the header has outgrown its room.
  void commit(std::string_view format, std::string_view version, const Metadata& metadata);

 private:
  void add(const std::string& name, std::string_view type, std::uint64_t elements,
           std::string_view bytes);
  void put(const std::string& name, std::string_view type, std::uint64_t elements,
           std::string_view bytes);

  AtomicFile file_;
  std::size_t room_ = 0;
  std::uint64_t at_ = 0;
  std::size_t paddings_ = 0;
  std::vector<std::pair<std::string, StoredArray>> arrays_;
};

// What a reader expects: "oscillon network" and the versions that it knows. `what` is its name in
// errors: "this is no network of ours".
struct ArrayFileFormat {
  std::string_view name;
  std::string_view what;
  std::span<const std::string_view> versions;
};

// Opening a file checks its header whole: its checksum, and that the arrays fill the file. An array
// is checked, its checksum included, when it is asked for. Several threads may ask at once. All
// faults are ParseErrors.
class ArrayFile {
 public:
  ArrayFile(const std::string& path, const ArrayFileFormat& format);

  const std::string& path() const { return file_.path(); }
  const std::string& version() const { return version_; }

  // As the writer was told; what is the container's own is left out.
  const Metadata& metadata() const { return metadata_; }

  // Padding is left out.
  const std::map<std::string, StoredArray>& arrays() const { return arrays_; }
  bool has(const std::string& name) const { return arrays_.contains(name); }

  // Of an array that there is.
  std::string_view bytes(const std::string& name) const;
  std::vector<Index> numbers(const std::string& name, Index limit) const;  // none above the limit

  // `count` values, or one that stands for all.
  template <NetworkValue T>
  std::vector<T> values(const std::string& name, Index count) const;

  [[noreturn]] void fail(const std::string& what) const;

 private:
  void read_header(const ArrayFileFormat& format);
  void require_checksum(std::string_view header, const std::string& checksum) const;
  std::string_view bytes_of(const std::string& name, const StoredArray& array) const;

  InputFile file_;
  std::string_view data_;
  std::string version_;
  Metadata metadata_;
  std::map<std::string, StoredArray> arrays_;
};

}  // namespace oscillon::io
