#include <algorithm>
#include <functional>
#include <span>

#include "engine/io/array_file.hpp"
#include "engine/io/bundle_format.hpp"
#include "engine/io/text_scan.hpp"
#include "oscillon/io/bundle.hpp"

namespace oscillon {

namespace {

using namespace io::bundle_format;

// A rule as the metadata tells it: once where all layers agree, else layer after layer.
class RuleText {
 public:
  void add(std::string value) { of_layers_.push_back(std::move(value)); }

  std::string text() const {
    const bool agree = std::adjacent_find(of_layers_.begin(), of_layers_.end(),
                                          std::not_equal_to<>()) == of_layers_.end();
    std::string text;
    for (const std::string& value : of_layers_) {
      text += (text.empty() ? "" : ",") + value;
      if (agree) break;
    }
    return text;
  }

 private:
  std::vector<std::string> of_layers_;
};

struct RuleTexts {
  RuleText bias_on, activation, product, cap;
};

template <NetworkValue T>
void add_rules(io::ArrayFileWriter& writer, std::size_t l, const Layer<T>& layer,
               RuleTexts& texts) {
  const LayerRules<T>& rules = layer.rules();
  texts.bias_on.add(std::string(name_of(rules.bias_on)));
  texts.product.add(std::string(name_of(rules.product)));
  if (const auto activation = rules.activation.common()) {
    texts.activation.add(std::string(name_of(*activation)));
  } else {
    texts.activation.add(std::string(each_row));
    std::vector<Index> rows;
    for (const Activation of_row : rules.activation.values()) {
      rows.push_back(static_cast<Index>(of_row));
    }
    writer.add_numbers(layer_array(l, "activations"), rows, activations.size() - 1);
  }
  if (const auto cap = rules.cap.common()) {
    std::string text(no_cap);
    if (*cap) {
      text.clear();
      append_number(text, **cap);
    }
    texts.cap.add(std::move(text));
  } else {
    texts.cap.add(std::string(each_row));
    std::vector<T> rows;
    for (const std::optional<T>& of_row : rules.cap.values()) {
      rows.push_back(of_row.value_or(T(row_without_cap)));
    }
    writer.add_values<T>(layer_array(l, "caps"), rows, value_type_of<T>());
  }
}

template <NetworkValue T>
void add_layer(io::ArrayFileWriter& writer, std::size_t l, const Layer<T>& layer, ValueType store) {
  const Compressed<T> W = layer.weights().compressed(Orientation::by_column);
  std::vector<Index> entries_a_row;
  for (Index i = 0; i < W.columns; ++i) entries_a_row.push_back(W.offsets[i + 1] - W.offsets[i]);
  const bool even =
      !entries_a_row.empty() && std::adjacent_find(entries_a_row.begin(), entries_a_row.end(),
                                                   std::not_equal_to<>()) == entries_a_row.end();
  const std::vector<Index> offsets = even ? std::vector<Index>{entries_a_row.front()} : W.offsets;
  writer.add_numbers(layer_array(l, "indptr"), offsets, offsets.back());
  writer.add_numbers(layer_array(l, "indices"), W.indices, std::max<Index>(W.rows, 1) - 1);
  writer.add_values<T>(layer_array(l, "values"), W.values, store);
  writer.add_values<T>(layer_array(l, "bias"), layer.bias(), store);
}

void add_keys(io::ArrayFileWriter& writer, std::size_t rank, const KeySet& keys) {
  std::string bytes;
  std::vector<Index> offsets{0};
  for (Index i = 0; i < keys.size(); ++i) {
    bytes += keys[i];
    offsets.push_back(bytes.size());
  }
  writer.add_bytes(key_array(rank, "bytes"), bytes);
  writer.add_numbers(key_array(rank, "offsets"), offsets, bytes.size());
}

}  // namespace

template <NetworkValue T>
void write_bundle(const std::string& path, const LayerSource<T>& source,
                  const BundleOptions& options) {
  const std::size_t depth = source.depth();
  if (options.keys != nullptr && options.keys->size() != depth + 1) {
    throw Error(Fault::usage, "there must be keys for each rank of neurons");
  }
  const ValueType store = options.store.value_or(value_type_of<T>());
  io::Metadata metadata;
  for (const auto& [name, note] : options.notes) metadata[std::string(note_prefix) + name] = note;
  // Its rules and its width take less than this of a layer.
  const std::size_t metadata_of_layer = 96;
  io::ArrayFileWriter writer(path, 6 * depth + 2 * (depth + 1),
                             io::bytes_in_header(metadata) + metadata_of_layer * depth);
  std::string widths = std::to_string(source.inputs());
  RuleTexts rules;
  for (std::size_t l = 0; l < depth; ++l) {
    const std::shared_ptr<const Layer<T>> layer = source.layer(l);
    widths += "," + std::to_string(layer->outputs());
    add_layer(writer, l, *layer, store);
    add_rules(writer, l, *layer, rules);
  }
  for (std::size_t r = 0; options.keys != nullptr && r <= depth; ++r) {
    add_keys(writer, r, (*options.keys)[r]);
  }
  metadata["value_type"] = name_of(store);
  metadata["depth"] = std::to_string(depth);
  metadata["widths"] = widths;
  metadata["bias_on"] = rules.bias_on.text();
  metadata["activation"] = rules.activation.text();
  metadata["product"] = rules.product.text();
  metadata["cap"] = rules.cap.text();
  writer.commit(format_name, format_versions.back(), metadata);
}

#define OSCILLON_INSTANTIATE_BUNDLE_WRITER(T) \
  template void write_bundle(const std::string&, const LayerSource<T>&, const BundleOptions&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_BUNDLE_WRITER)
#undef OSCILLON_INSTANTIATE_BUNDLE_WRITER

}  // namespace oscillon
