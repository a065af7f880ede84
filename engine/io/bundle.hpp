// A whole network in one file: the open .safetensors format, which is a length, a JSON header and
// raw little-endian arrays, mapped into memory when read.
//
//   8 bytes         the length of the header
//   header          {"__metadata__": {…}, "layers.0.indptr": {"dtype": "U16", "shape": [1],
//                   "data_offsets": [0, 2]}, …}, padded with spaces
//   arrays          one after the other, without holes, as the format asks
//
// Layer l has these arrays, for the layer's weights in the Challenge's orientation, inputs x
// outputs, as compressed rows:
//   layers.l.indptr   where each row begins, and the end; or one element, when every row has that
//                     many entries
//   layers.l.indices  the output of each weight, ascending within a row
//   layers.l.values   the weights; or one element, when all are equal
//   layers.l.bias     one for each output; or one element, when all are equal
// Numbers of neurons and offsets are U16, U32 or U64, the smallest that fits; values are in any
// type that holds them. Where neurons have names, keys.r.bytes (U8) and keys.r.offsets give those
// of rank r, 0 being the inputs. Arrays called padding.n hold zeros: they let each other array
// begin at a multiple of 64 bytes.
//
// __metadata__ maps strings to strings: "format" ("oscillon network"), "version", "value_type",
// "depth", "widths" (the neurons of each rank, separated by commas), "cap" ("none" without one),
// whatever else the writer was given, "checksum:NAME" for each array, and "checksum" for the header
// itself: XXH3 with 128 bits of its length and text, with zeros in its own place.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/io/element_type.hpp"
#include "engine/io/input_file.hpp"
#include "oscillon/network/network.hpp"

namespace oscillon {

struct BundleOptions {
  std::optional<ElementType> store;             // of weights and biases; that of T without it
  const std::vector<KeySet>* keys = nullptr;    // of each rank, depth + 1 of them
  std::map<std::string, std::string> metadata;  // bias rule, provenance, …
};

// Writes a network, one layer in memory at a time; complete or not at all. Throws Error(bad_data)
// when the type to store does not hold a value, or when the layers differ in their cap.
template <NetworkValue T>
void write_bundle(const std::string& path, const LayerSource<T>& source,
                  const BundleOptions& options = {});

// Where an array lies in a bundle.
struct BundleArray {
  std::string type;  // "U16", "F32", …
  std::uint64_t elements = 0;
  std::uint64_t begin = 0, end = 0;  // bytes, from the end of the header on
  std::string checksum;
};

// The layers of a bundle, one after the other from the mapped file. Opening it checks the header
// whole: its checksum, that the arrays are those of such a network, and that they fill the file. An
// array is checked, its checksum included, when its layer is read.
template <NetworkValue T>
class BundleSource : public LayerSource<T> {
 public:
  // Throws ParseError for what is not such a bundle.
  explicit BundleSource(const std::string& path);

  std::size_t depth() const override { return widths_.size() - 1; }
  Index inputs() const override { return widths_.front(); }
  Index outputs() const override { return widths_.back(); }
  std::shared_ptr<const Layer<T>> layer(std::size_t index) const override;
  BiasOn bias_on(std::size_t) const override { return BiasOn::stored; }

  const std::vector<Index>& widths() const { return widths_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  bool has_keys() const { return arrays_.contains("keys.0.bytes"); }
  KeySet keys(std::size_t rank) const;  // numbers, where the bundle has no names

 private:
  std::string_view bytes_of(const std::string& name) const;
  std::vector<Index> numbers(const std::string& name, Index limit) const;
  std::vector<T> values(const std::string& name, Index count) const;
  [[noreturn]] void fail(const std::string& what) const;
  void read_header();
  void require_arrays();

  InputFile file_;
  std::string_view data_;
  std::map<std::string, std::string> metadata_;
  std::map<std::string, BundleArray> arrays_;
  std::vector<Index> widths_;
  std::optional<T> cap_;
};

template <NetworkValue T>
Network<T> read_bundle_network(const std::string& path);

// The type that a bundle's values are stored in.
ElementType bundle_value_type(const std::string& path);

#define OSCILLON_EXTERN_BUNDLE(T)                                              \
  extern template void write_bundle(const std::string&, const LayerSource<T>&, \
                                    const BundleOptions&);                     \
  extern template class BundleSource<T>;                                       \
  extern template Network<T> read_bundle_network(const std::string&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_BUNDLE)
#undef OSCILLON_EXTERN_BUNDLE

}  // namespace oscillon
