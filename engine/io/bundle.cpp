#include "oscillon/io/bundle.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "engine/io/array_file.hpp"
#include "engine/io/bundle_format.hpp"
#include "oscillon/base/checked.hpp"

namespace oscillon {

namespace {

using namespace io::bundle_format;

constexpr io::ArrayFileFormat file_format{format_name, "network", format_versions};

template <class Number>
std::optional<Number> parsed(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, comma - begin));
    begin = comma + 1;
  }
  return parts;
}

}  // namespace

// A file of which the header is known to be that of a network.
template <NetworkValue T>
class BundleSource<T>::Opened {
 public:
  explicit Opened(const std::string& path) : file_(path, file_format), left_(file_.metadata()) {
    take_shape();
    take_rules();
    take_notes();
    require_arrays();
  }

  std::size_t depth() const { return widths_.size() - 1; }
  const std::vector<Index>& widths() const { return widths_; }
  const io::Metadata& notes() const { return notes_; }
  bool has_keys() const { return file_.has(key_array(0, "bytes")); }
  ValueType value_type() const { return value_type_; }
  BiasOn bias_on(std::size_t l) const { return rules_.at(l).bias_on; }

  std::shared_ptr<const Layer<T>> layer(std::size_t l) const {
    const Compressed<T> W = weights(l);
    std::vector<T> bias = file_.values<T>(layer_array(l, "bias"), W.rows);
    LayerRules<T> rules = rules_of(l, W.rows);
    try {
      return std::make_shared<const Layer<T>>(W, std::move(bias), std::move(rules));
    } catch (const Error& error) {
      file_.fail("layer " + std::to_string(l) + ": " + error.what());
    }
  }

  std::string fingerprint() const {
    std::vector<std::string> parts{"bundle", std::string(GraphblasType<T>::name),
                                   std::to_string(widths_.front())};
    for (std::size_t l = 0; l < depth(); ++l) {
      const Rules& of = rules_[l];
      parts.push_back(std::to_string(widths_[l + 1]));
      parts.emplace_back(name_of(of.bias_on));
      parts.emplace_back(name_of(of.product));
      parts.emplace_back(of.activation ? name_of(*of.activation) : each_row);
      parts.push_back(of.cap);
      for (const char* what : arrays_of(l)) {
        const io::StoredArray& array = file_.arrays().at(layer_array(l, what));
        parts.push_back(array.type + " " + std::to_string(array.elements) + " " + array.checksum);
      }
    }
    return combined_fingerprint(parts);
  }

  KeySet keys(std::size_t rank) const {
    if (!has_keys()) return KeySet::numbered(widths_.at(rank));
    const std::string_view bytes = file_.bytes(key_array(rank, "bytes"));
    const std::vector<Index> offsets = file_.numbers(key_array(rank, "offsets"), bytes.size());
    if (offsets.size() != widths_.at(rank) + 1 || offsets.front() != 0 ||
        offsets.back() != bytes.size() || !std::is_sorted(offsets.begin(), offsets.end())) {
      file_.fail("the keys of rank " + std::to_string(rank) + " do not fit its width");
    }
    std::vector<std::string_view> keys;
    for (Index i = 0; i + 1 < offsets.size(); ++i) {
      keys.push_back(bytes.substr(offsets[i], offsets[i + 1] - offsets[i]));
      if (i > 0 && keys[i - 1] >= keys[i]) {
        file_.fail("the keys of rank " + std::to_string(rank) + " do not ascend");
      }
    }
    return KeySet(keys);
  }

 private:
  // What the header tells of a layer's rules.
  struct Rules {
    BiasOn bias_on = BiasOn::stored;
    Product product = Product::plus_times;
    std::optional<Activation> activation = Activation::relu;  // none: row by row
    std::string cap;                                          // a number, "none" or "rows"
  };

  std::string take(const std::string& name) {
    auto taken = left_.extract(name);
    if (taken.empty()) file_.fail("the metadata lacks " + name);
    return std::move(taken.mapped());
  }

  void take_shape() {
    const std::string widths = take("widths");
    for (const std::string_view width : split(widths)) {
      const auto number = parsed<Index>(width);
      if (!number || *number > GrB_INDEX_MAX) {
        file_.fail("the metadata \"widths\" is no list of numbers");
      }
      widths_.push_back(*number);
    }
    const auto depth_named = parsed<std::size_t>(take("depth"));
    if (!depth_named || *depth_named + 1 != widths_.size()) {
      file_.fail("the metadata \"depth\" and \"widths\" do not agree");
    }
    try {
      value_type_ = value_type_from_name(take("value_type"));
    } catch (const ParseError&) {
      throw;
    } catch (const Error& error) {
      file_.fail(error.what());
    }
  }

  // Calls use(rules of a layer, text) for each layer, with the text that the metadata has for it.
  template <class Use>
  void take_rule(const std::string& name, Use&& use) {
    const std::string text = take(name);
    const std::vector<std::string_view> values = split(text);
    if (values.size() != 1 && values.size() != depth()) {
      file_.fail("the metadata " + in_quotes(name) + " must be one for all layers or one a layer");
    }
    for (std::size_t l = 0; l < depth(); ++l) {
      try {
        use(rules_[l], values[values.size() == 1 ? 0 : l]);
      } catch (const ParseError&) {
        throw;
      } catch (const Error& error) {
        file_.fail(error.what());
      }
    }
  }

  void take_rules() {
    rules_.resize(depth());
    const bool first_version = file_.version() == format_versions.front();
    take_rule("cap", [&](Rules& rules, std::string_view text) {
      rules.cap = text;
      if (text != no_cap && (first_version || text != each_row) && !parsed<T>(text)) {
        file_.fail("the cap " + in_quotes(text) + " is no number of the type asked for");
      }
    });
    if (!first_version || left_.contains("bias_on")) {
      take_rule("bias_on", [](Rules& rules, std::string_view text) {
        rules.bias_on = bias_on_from_name(text);
      });
    }
    if (first_version) return;
    take_rule("activation", [](Rules& rules, std::string_view text) {
      rules.activation =
          text == each_row ? std::nullopt : std::optional(activation_from_name(text));
    });
    take_rule("product",
              [](Rules& rules, std::string_view text) { rules.product = product_from_name(text); });
  }

  void take_notes() {
    const bool first_version = file_.version() == format_versions.front();
    for (const auto& [name, text] : left_) {
      if (first_version) {
        notes_[name] = text;
      } else if (name.starts_with(note_prefix)) {
        notes_[name.substr(note_prefix.size())] = text;
      } else {
        file_.fail("nobody knows what the metadata " + in_quotes(name) + " means");
      }
    }
  }

  std::vector<const char*> arrays_of(std::size_t l) const {
    std::vector<const char*> arrays{"indptr", "indices", "values", "bias"};
    if (!rules_[l].activation) arrays.push_back("activations");
    if (rules_[l].cap == each_row) arrays.push_back("caps");
    return arrays;
  }

  void require_arrays() const {
    std::set<std::string> wanted;
    for (std::size_t l = 0; l < depth(); ++l) {
      for (const char* what : arrays_of(l)) wanted.insert(layer_array(l, what));
    }
    for (std::size_t r = 0; has_keys() && r <= depth(); ++r) {
      wanted.insert(key_array(r, "bytes"));
      wanted.insert(key_array(r, "offsets"));
    }
    for (const std::string& array : wanted) {
      if (!file_.has(array)) file_.fail("the array " + array + " is missing");
    }
    for (const auto& [array, stored] : file_.arrays()) {
      if (!wanted.contains(array)) {
        file_.fail("the array " + in_quotes(array) + " is not one of a network");
      }
    }
  }

  Compressed<T> weights(std::size_t l) const {
    Compressed<T> W;
    W.orientation = Orientation::by_column;
    W.rows = widths_.at(l + 1);
    W.columns = widths_.at(l);
    W.indices = file_.numbers(layer_array(l, "indices"), std::max<Index>(W.rows, 1) - 1);
    W.offsets = file_.numbers(layer_array(l, "indptr"), W.indices.size());
    if (W.offsets.size() == 1 && W.columns > 0) {
      const Index each = W.offsets.front();
      W.offsets.resize(W.columns + 1);
      for (Index i = 0; i <= W.columns; ++i) {
        W.offsets[i] = checked_multiply(each, i, "entries of a layer");
      }
    }
    if (W.offsets.size() != W.columns + 1 || W.offsets.back() != W.indices.size()) {
      file_.fail("the offsets of layer " + std::to_string(l) + " do not fit its shape and indices");
    }
    W.values = file_.values<T>(layer_array(l, "values"), W.indices.size());
    return W;
  }

  LayerRules<T> rules_of(std::size_t l, Index rows) const {
    const Rules& of = rules_[l];
    LayerRules<T> made;
    made.bias_on = of.bias_on;
    made.product = of.product;
    if (of.activation) {
      made.activation = *of.activation;
    } else {
      const std::string array = layer_array(l, "activations");
      std::vector<Activation> of_rows;
      for (const Index number : file_.numbers(array, activations.size() - 1)) {
        of_rows.push_back(static_cast<Activation>(number));
      }
      require_rows(array, of_rows.size(), rows);
      made.activation = std::move(of_rows);
    }
    if (of.cap == each_row) {
      const std::string array = layer_array(l, "caps");
      std::vector<std::optional<T>> of_rows;
      for (const T cap : file_.values<T>(array, rows)) {
        of_rows.push_back(cap == T(row_without_cap) ? std::nullopt : std::optional(cap));
      }
      made.cap = std::move(of_rows);
    } else if (of.cap != no_cap) {
      made.cap = parsed<T>(of.cap);
    }
    return made;
  }

  void require_rows(const std::string& array, std::size_t elements, Index rows) const {
    if (elements == rows) return;
    file_.fail("the array " + array + " has " + std::to_string(elements) + " elements for " +
               std::to_string(rows));
  }

  io::ArrayFile file_;
  io::Metadata left_;  // of the metadata, while it is taken apart
  io::Metadata notes_;
  ValueType value_type_ = ValueType::fp32;
  std::vector<Index> widths_;
  std::vector<Rules> rules_;
};

template <NetworkValue T>
BundleSource<T>::BundleSource(const std::string& path)
    : opened_(std::make_unique<const Opened>(path)) {}

template <NetworkValue T>
BundleSource<T>::~BundleSource() = default;

template <NetworkValue T>
std::size_t BundleSource<T>::depth() const {
  return opened_->depth();
}

template <NetworkValue T>
Index BundleSource<T>::inputs() const {
  return opened_->widths().front();
}

template <NetworkValue T>
Index BundleSource<T>::outputs() const {
  return opened_->widths().back();
}

template <NetworkValue T>
std::shared_ptr<const Layer<T>> BundleSource<T>::layer(std::size_t index) const {
  return opened_->layer(index);
}

template <NetworkValue T>
BiasOn BundleSource<T>::bias_on(std::size_t index) const {
  return opened_->bias_on(index);
}

template <NetworkValue T>
std::string BundleSource<T>::fingerprint() const {
  return opened_->fingerprint();
}

template <NetworkValue T>
ValueType BundleSource<T>::value_type() const {
  return opened_->value_type();
}

template <NetworkValue T>
const std::vector<Index>& BundleSource<T>::widths() const {
  return opened_->widths();
}

template <NetworkValue T>
const std::map<std::string, std::string>& BundleSource<T>::notes() const {
  return opened_->notes();
}

template <NetworkValue T>
bool BundleSource<T>::has_keys() const {
  return opened_->has_keys();
}

template <NetworkValue T>
KeySet BundleSource<T>::keys(std::size_t rank) const {
  return opened_->keys(rank);
}

template <NetworkValue T>
Network<T> read_bundle_network(const std::string& path) {
  const BundleSource<T> source(path);
  std::vector<std::shared_ptr<const Layer<T>>> layers;
  std::vector<KeySet> keys{source.keys(0)};
  for (std::size_t l = 0; l < source.depth(); ++l) {
    layers.push_back(source.layer(l));
    keys.push_back(source.keys(l + 1));
  }
  return Network<T>(std::move(layers), std::move(keys));
}

ValueType bundle_value_type(const std::string& path) {
  return BundleSource<double>(path).value_type();
}

#define OSCILLON_INSTANTIATE_BUNDLE(T) \
  template class BundleSource<T>;      \
  template Network<T> read_bundle_network(const std::string&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_BUNDLE)
#undef OSCILLON_INSTANTIATE_BUNDLE

}  // namespace oscillon
