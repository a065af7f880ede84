#include "oscillon/io/network_folder.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "engine/io/atomic_file.hpp"
#include "engine/io/input_file.hpp"
#include "engine/io/text_scan.hpp"
#include "oscillon/io/keyed_tsv.hpp"

namespace oscillon {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::string_view format_name = "oscillon network";
constexpr int first_version = 1;
constexpr int format_version = 2;
constexpr const char* neurons_name = "neurons.tsv";

// The column of caps, and that of neurons with the activation none.
constexpr const char* cap_key = "cap";
constexpr const char* linear_key = "none";

std::string manifest_path(const std::string& folder) {
  return folder + "/network.json";
}

std::string layer_file(std::size_t l, const char* what) {
  return "layer-" + std::to_string(l) + "-" + what + ".tsv";
}

// An array of a file over these neurons; names the file when it holds others.
template <Value V>
AssocArray<V> read_over(const std::string& path, const KeySet& rows, const KeySet* columns) {
  const AssocArray<V> array = read_array<V>(path);
  try {
    return array.over(rows, columns != nullptr ? *columns : array.column_keys());
  } catch (const KeyError& error) {
    throw ParseError(path, 0, 0, std::string(error.what()) + " (see neurons.tsv)");
  }
}

// The entries of an array of one column, by the place of their row among the neurons.
template <Value V>
using Column = std::vector<std::pair<Index, V>>;

template <Value V>
Column<V> read_column(const std::string& path, const KeySet& neurons, const char* key) {
  const AssocArray<V> array = read_over<V>(path, neurons, nullptr);
  if (!array.columns().empty() && array.columns() != KeySet{key}) {
    throw ParseError(path, 0, 0, "the only column key must be " + in_quotes(key));
  }
  const Triples<V> triples = array.matrix().triples();
  Column<V> column;
  for (std::size_t i = 0; i < triples.size(); ++i) {
    column.emplace_back(triples.rows[i], static_cast<V>(triples.values[i]));
  }
  return column;
}

template <Value V>
void write_column(const std::string& path, const KeySet& neurons, const char* key,
                  const Column<V>& column) {
  Triples<V> triples;
  for (const auto& [row, value] : column) triples.add(row, 0, value);
  write_array(path,
              AssocArray<V>(neurons, KeySet{key}, Matrix<V>::build(neurons.size(), 1, triples)));
}

// Reads and checks a manifest: what it lacks, what it has twice and what nobody knows is refused.
class Manifest {
 public:
  explicit Manifest(const std::string& folder) : folder_(folder), path_(manifest_path(folder)) {
    const InputFile file(path_);
    parse(file.text());
    if (!json_.is_object() || json_.value("format", json()) != format_name) {
      refuse("this is no network: its \"format\" is not " + in_quotes(format_name));
    }
    const json version = json_.value("version", json());
    if (version != first_version && version != format_version) {
      refuse("the version of the format must be " + std::to_string(first_version) + " or " +
             std::to_string(format_version));
    }
    has_rules_ = version != first_version;
    std::set<std::string> known{"format", "version", "value_type", "neurons", "layers", "arrays"};
    if (!has_rules_) known.insert("cap");
    refuse_unknown(json_, known);
    require_value_type();
    file_in(json_, "neurons");
    if (!json_.contains("layers") || !json_["layers"].is_array() || json_["layers"].empty()) {
      refuse("\"layers\" must be a list of one or more layers");
    }
    for (const json& layer : json_["layers"]) require_layer(layer);
    if (!has_rules_ && !is_number_or_null(json_, "cap")) {
      refuse("\"cap\" must be a number or null");
    }
  }

  std::string value_type() const { return name_in(json_, "value_type"); }
  std::string neurons() const { return file_in(json_, "neurons"); }
  std::size_t depth() const { return json_["layers"].size(); }
  std::string weights(std::size_t l) const { return file_in(json_["layers"][l], "weights"); }
  std::string bias(std::size_t l) const { return file_in(json_["layers"][l], "bias"); }

  // The rules of layer `l`, whose outputs these are.
  template <NetworkValue T>
  LayerRules<T> rules(std::size_t l, const KeySet& outputs) const {
    LayerRules<T> rules;
    if (!has_rules_) {
      rules.cap = cap_of<T>(json_["cap"]);
      return rules;
    }
    const json& layer = json_["layers"][l];
    rules.bias_on = named(layer, "bias_on", bias_on_from_name);
    rules.product = named(layer, "product", product_from_name);
    if (names_file(layer, "activation")) {
      std::vector<Activation> of_rows(outputs.size(), Activation::relu);
      const std::string path = file_in(layer["activation"], "file");
      for (const auto& [row, linear] : read_column<bool>(path, outputs, linear_key)) {
        if (linear) of_rows[row] = Activation::none;
      }
      rules.activation = std::move(of_rows);
    } else {
      rules.activation = named(layer, "activation", activation_from_name);
    }
    if (names_file(layer, "cap")) {
      std::vector<std::optional<T>> of_rows(outputs.size());
      const std::string path = file_in(layer["cap"], "file");
      for (const auto& [row, cap] : read_column<T>(path, outputs, cap_key)) of_rows[row] = cap;
      rules.cap = std::move(of_rows);
    } else {
      rules.cap = cap_of<T>(layer["cap"]);
    }
    return rules;
  }

  [[noreturn]] void refuse(const std::string& message) const {
    throw ParseError(path_, 0, 0, message);
  }

 private:
  void parse(std::string_view text) {
    const auto at = [&](std::size_t byte, const std::string& message) {
      throw_parse_error(path_, text, {text.data() + std::min(byte, text.size()), message});
    };
    if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
      at(nul, "the file has a NUL byte");
    }
    std::vector<std::set<std::string>> keys;
    const auto refuse_repeated = [&](int, json::parse_event_t event, json& parsed) {
      if (event == json::parse_event_t::object_start) keys.emplace_back();
      if (event == json::parse_event_t::object_end) keys.pop_back();
      if (event == json::parse_event_t::key &&
          !keys.back().insert(parsed.get<std::string>()).second) {
        refuse(in_quotes(parsed.get<std::string>()) + " stands twice");
      }
      return true;
    };
    try {
      json_ = json::parse(text, refuse_repeated);
    } catch (const json::parse_error& error) {
      at(error.byte > 0 ? error.byte - 1 : 0, "this is not JSON");
    } catch (const json::exception&) {
      refuse("a number is out of range");
    }
  }

  void require_value_type() const {
    const std::string name = name_in(json_, "value_type");
    try {
      visit_network_type(name, []<class>() {});
    } catch (const Error&) {
      refuse("\"value_type\" must be fp32, fp64, int32 or int64");
    }
  }

  void require_layer(const json& layer) const {
    if (!layer.is_object()) refuse("a layer must be an object");
    file_in(layer, "weights");
    file_in(layer, "bias");
    if (!has_rules_) return refuse_unknown(layer, {"weights", "bias"});
    refuse_unknown(layer, {"weights", "bias", "bias_on", "activation", "product", "cap"});
    named(layer, "bias_on", bias_on_from_name);
    named(layer, "product", product_from_name);
    if (!names_file(layer, "activation")) named(layer, "activation", activation_from_name);
    if (!names_file(layer, "cap") && !is_number_or_null(layer, "cap")) {
      refuse("\"cap\" must be a number, null or a file");
    }
  }

  void refuse_unknown(const json& object, const std::set<std::string>& known) const {
    for (const auto& [key, value] : object.items()) {
      if (!known.contains(key)) refuse("nobody knows what " + in_quotes(key) + " means");
    }
  }

  static bool is_number_or_null(const json& object, const char* key) {
    return object.contains(key) && (object[key].is_null() || object[key].is_number());
  }

  // Whether a key has an object that names a file, and nothing else.
  bool names_file(const json& object, const char* key) const {
    if (!object.contains(key) || !object[key].is_object()) return false;
    refuse_unknown(object[key], {"file"});
    file_in(object[key], "file");
    return true;
  }

  // What the name under a key stands for; `from_name` throws for one that there is not.
  template <class Choice>
  Choice named(const json& object, const char* key, Choice (*from_name)(std::string_view)) const {
    const std::string name = name_in(object, key);
    try {
      return from_name(name);
    } catch (const Error& error) {
      refuse(error.what());
    }
  }

  template <NetworkValue T>
  std::optional<T> cap_of(const json& cap) const {
    if (cap.is_null()) return std::nullopt;
    const auto value = cap.get<double>();
    const bool whole = std::is_floating_point_v<T> || value == std::floor(value);
    if (!whole || !(value > 0) || value > static_cast<double>(std::numeric_limits<T>::max())) {
      refuse("\"cap\" must be a positive value of " + std::string(GraphblasType<T>::name));
    }
    return cap.get<T>();
  }

  std::string name_in(const json& object, const char* key) const {
    if (!object.contains(key) || !object[key].is_string() ||
        object[key].get<std::string>().find('\0') != std::string::npos) {
      refuse(in_quotes(key) + " must be a name");
    }
    return object[key];
  }

  std::string file_in(const json& object, const char* key) const {
    return folder_ + "/" + name_in(object, key);
  }

  std::string folder_;
  std::string path_;
  json json_;
  bool has_rules_ = true;  // of each layer; version 1 has a cap for all
};

std::string rank_key(std::size_t rank, std::size_t ranks) {
  return padded_number(rank, std::to_string(ranks - 1).size());
}

AssocArray<bool> neurons_of(const std::vector<KeySet>& ranks) {
  std::vector<std::string> rank_keys;
  for (std::size_t l = 0; l < ranks.size(); ++l) rank_keys.push_back(rank_key(l, ranks.size()));
  std::vector<std::string_view> neurons, at;
  for (std::size_t l = 0; l < ranks.size(); ++l) {
    for (Index i = 0; i < ranks[l].size(); ++i) {
      neurons.push_back(ranks[l][i]);
      at.push_back(rank_keys[l]);
    }
  }
  return AssocArray<bool>::from_triples(neurons, at, ValueArray<bool>(neurons.size(), 1));
}

std::vector<KeySet> read_ranks(const Manifest& manifest) {
  const AssocArray<bool> neurons = read_array<bool>(manifest.neurons());
  std::vector<KeySet> ranks;
  for (std::size_t l = 0; l <= manifest.depth(); ++l) {
    const std::string key = rank_key(l, manifest.depth() + 1);
    if (!neurons.column_keys().contains(key)) {
      throw ParseError(manifest.neurons(), 0, 0, "there are no neurons of rank " + key);
    }
    ranks.push_back(neurons.select(all_keys(), keys({key})).rows());
  }
  if (neurons.columns().size() != ranks.size()) {
    throw ParseError(manifest.neurons(), 0, 0,
                     "there are " + std::to_string(neurons.columns().size()) +
                         " ranks of neurons; " + std::to_string(manifest.depth()) +
                         " layers have one more than layers");
  }
  return ranks;
}

// Writes the rules of layer `l` as its entry of the manifest has them; those that differ within the
// layer go to files of their own.
template <NetworkValue T>
void write_rules(const std::string& folder, std::size_t l, const LayerRules<T>& rules,
                 const KeySet& outputs, ordered_json& entry) {
  entry["bias_on"] = name_of(rules.bias_on);
  if (const auto activation = rules.activation.common()) {
    entry["activation"] = name_of(*activation);
  } else {
    Column<bool> linear;
    for (Index i = 0; i < outputs.size(); ++i) {
      if (rules.activation[i] == Activation::none) linear.emplace_back(i, true);
    }
    const std::string name = layer_file(l, "linear");
    write_column(folder + "/" + name, outputs, linear_key, linear);
    entry["activation"]["file"] = name;
  }
  entry["product"] = name_of(rules.product);
  if (const auto cap = rules.cap.common()) {
    entry["cap"] = nullptr;
    if (*cap) entry["cap"] = **cap;
  } else {
    Column<T> caps;
    for (Index i = 0; i < outputs.size(); ++i) {
      if (const std::optional<T> of_row = rules.cap[i]) caps.emplace_back(i, *of_row);
    }
    const std::string name = layer_file(l, "caps");
    write_column(folder + "/" + name, outputs, cap_key, caps);
    entry["cap"]["file"] = name;
  }
}

// The layers of a network with rules of their own.
template <NetworkValue T>
Network<T> with_rules(const Network<T>& network, const std::vector<KeySet>& ranks,
                      const std::vector<LayerRules<T>>& rules) {
  std::vector<std::shared_ptr<const Layer<T>>> layers;
  for (std::size_t l = 0; l < network.depth(); ++l) {
    const Layer<T>& layer = network.at(l);
    try {
      layers.push_back(std::make_shared<const Layer<T>>(
          layer.weights().clone(), std::vector<T>(layer.bias().begin(), layer.bias().end()),
          rules[l]));
    } catch (const Error& error) {
      throw Error(error.fault(), "layer " + std::to_string(l) + ": " + error.what());
    }
  }
  return Network<T>(std::move(layers), ranks);
}

}  // namespace

template <NetworkValue T>
void write_network_folder(const std::string& folder, const Network<T>& network,
                          const NamedArrays<T>& arrays) {
  std::vector<KeySet> ranks{network.input_keys()};
  for (std::size_t l = 0; l < network.depth(); ++l) ranks.push_back(network.keys(l + 1));
  make_folder(folder);
  remove_file(manifest_path(folder));
  ordered_json manifest{{"format", format_name},
                        {"version", format_version},
                        {"value_type", GraphblasType<T>::name},
                        {"neurons", neurons_name}};
  write_array(folder + "/" + neurons_name, neurons_of(ranks));
  for (std::size_t l = 0; l < network.depth(); ++l) {
    ordered_json entry{{"weights", layer_file(l, "weights")}, {"bias", layer_file(l, "bias")}};
    write_array(folder + "/" + layer_file(l, "weights"), network.weights(l));
    write_array(folder + "/" + layer_file(l, "bias"), network.bias(l));
    write_rules(folder, l, network.at(l).rules(), ranks[l + 1], entry);
    manifest["layers"].push_back(std::move(entry));
  }
  for (const auto& [name, array] : arrays) {
    write_array(folder + "/" + name + ".tsv", *array);
    manifest["arrays"][name] = name + ".tsv";
  }
  write_file(manifest_path(folder), manifest.dump(2) + "\n");
}

template <NetworkValue T>
Network<T> read_network_folder(const std::string& folder) {
  const Manifest manifest(folder);
  const std::vector<KeySet> ranks = read_ranks(manifest);
  std::vector<AssocArray<T>> weights, biases;
  std::vector<LayerRules<T>> rules;
  for (std::size_t l = 0; l < manifest.depth(); ++l) {
    rules.push_back(manifest.rules<T>(l, ranks[l + 1]));
    weights.push_back(read_over<T>(manifest.weights(l), ranks[l + 1], &ranks[l]));
    biases.push_back(read_over<T>(manifest.bias(l), ranks[l + 1], nullptr));
  }
  try {
    return with_rules(Network<T>(weights, biases), ranks, rules);
  } catch (const Error& error) {
    manifest.refuse(error.what());
  }
}

std::string network_value_type(const std::string& folder) {
  return Manifest(folder).value_type();
}

#define OSCILLON_INSTANTIATE_FOLDER(T)                                      \
  template void write_network_folder(const std::string&, const Network<T>&, \
                                     const NamedArrays<T>&);                \
  template Network<T> read_network_folder(const std::string&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_FOLDER)
#undef OSCILLON_INSTANTIATE_FOLDER

}  // namespace oscillon
