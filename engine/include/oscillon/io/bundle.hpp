// A whole network in one file: named arrays in the open .safetensors format, little-endian, with
// metadata and a checksum of each; mapped into memory when read.
//
// Layer l has these arrays, for the layer's weights in the Challenge's orientation, inputs x
// outputs, as compressed rows:
//   layers.l.indptr   where each row begins, and the end; or one element, when every row has that
//                     many entries
//   layers.l.indices  the output of each weight, ascending within a row
//   layers.l.values   the weights; or one element, when all are equal
//   layers.l.bias     one for each output; or one element, when all are equal
//   layers.l.caps     only where caps differ within the layer: one for each output, -1 for none
//   layers.l.activations  only where they differ: one for each output, 0 for relu and 1 for none
// Numbers of neurons and offsets are U16, U32 or U64, the smallest that fits; values are in any
// type that holds them. Where neurons have names, keys.r.bytes (U8) and keys.r.offsets give those
// of rank r, 0 being the inputs. Arrays called padding.n hold zeros: they let each other array
// begin at a multiple of 64 bytes.
//
// __metadata__ maps strings to strings: "format" ("oscillon network"), "version" ("2"),
// "value_type", "depth", "widths" (the neurons of each rank, separated by commas), the rules of
// layer_rules.hpp, "note:NAME" for whatever else the writer was given, "checksum:NAME" for each
// array, and "checksum" for the header itself: XXH3 with 128 bits of its length and text, with
// zeros in its own place. Anything else is refused.
//
// The rules are "bias_on", "activation", "product" and "cap", by the names that options have; a cap
// is a number or "none". Each is one for all layers, or one a layer, separated by commas; "rows"
// stands for an activation or a cap that layers.l.activations or layers.l.caps tell.
//
// Version 1 had one "cap", relu and plus-times for all layers, "bias_on" in some files (`stored`
// without it), and its notes had no prefix. It is read.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oscillon/base/value_type.hpp"
#include "oscillon/network/network.hpp"

namespace oscillon {

struct BundleOptions {
  std::optional<ValueType> store;             // of weights and biases; that of T without it
  const std::vector<KeySet>* keys = nullptr;  // of each rank, depth + 1 of them
  std::map<std::string, std::string> notes;   // provenance, …
};

// Writes a network, one layer in memory at a time; complete or not at all. Throws Error(bad_data)
// when the type to store does not hold a value.
template <NetworkValue T>
void write_bundle(const std::string& path, const LayerSource<T>& source,
                  const BundleOptions& options = {});

// The layers of a bundle, one after the other from the mapped file. Opening it checks the header
// whole: its checksum, that the arrays are those of such a network, and that they fill the file. An
// array is checked, its checksum included, when its layer is read.
template <NetworkValue T>
class BundleSource : public LayerSource<T> {
 public:
  // Throws ParseError for what is not such a bundle.
  explicit BundleSource(const std::string& path);
  ~BundleSource() override;

  std::size_t depth() const override;
  Index inputs() const override;
  Index outputs() const override;
  std::shared_ptr<const Layer<T>> layer(std::size_t index) const override;
  BiasOn bias_on(std::size_t index) const override;

  // From the header: the checksums of the arrays of each layer, and the rules.
  std::string fingerprint() const override;

  ValueType value_type() const;              // that its values are stored in
  const std::vector<Index>& widths() const;  // of each rank
  const std::map<std::string, std::string>& notes() const;
  bool has_keys() const;
  KeySet keys(std::size_t rank) const;  // numbers, where the bundle has no names

 private:
  class Opened;
  std::unique_ptr<const Opened> opened_;
};

template <NetworkValue T>
Network<T> read_bundle_network(const std::string& path);

// The type that a bundle's values are stored in.
ValueType bundle_value_type(const std::string& path);

#define OSCILLON_EXTERN_BUNDLE(T)                                              \
  extern template void write_bundle(const std::string&, const LayerSource<T>&, \
                                    const BundleOptions&);                     \
  extern template class BundleSource<T>;                                       \
  extern template Network<T> read_bundle_network(const std::string&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_BUNDLE)
#undef OSCILLON_EXTERN_BUNDLE

}  // namespace oscillon
