#include "oscillon/io/network_folder.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/io/atomic_file.hpp"
#include "engine/io/input_file.hpp"
#include "engine/io/keyed_tsv.hpp"

namespace oscillon {

namespace {

using nlohmann::json;

constexpr std::string_view format_name = "oscillon network";
constexpr int format_version = 1;
constexpr const char* neurons_name = "neurons.tsv";

std::string manifest_path(const std::string& folder) {
  return folder + "/network.json";
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
    if (json_.value("version", json()) != format_version) {
      refuse("the version of the format must be " + std::to_string(format_version));
    }
    refuse_unknown(json_,
                   {"format", "version", "value_type", "cap", "neurons", "layers", "arrays"});
    const std::array<std::string_view, 4> types{
        GraphblasType<float>::name, GraphblasType<double>::name, GraphblasType<std::int32_t>::name,
        GraphblasType<std::int64_t>::name};
    if (std::find(types.begin(), types.end(), name_in(json_, "value_type")) == types.end()) {
      refuse("\"value_type\" must be fp32, fp64, int32 or int64");
    }
    file_in(json_, "neurons");
    if (!json_.contains("layers") || !json_["layers"].is_array() || json_["layers"].empty()) {
      refuse("\"layers\" must be a list of one or more layers");
    }
    for (const json& layer : json_["layers"]) {
      if (!layer.is_object()) refuse("a layer must be an object");
      file_in(layer, "weights");
      file_in(layer, "bias");
      refuse_unknown(layer, {"weights", "bias"});
    }
    if (!json_.contains("cap") || !(json_["cap"].is_null() || json_["cap"].is_number())) {
      refuse("\"cap\" must be a number or null");
    }
  }

  std::string value_type() const { return name_in(json_, "value_type"); }
  std::string neurons() const { return file_in(json_, "neurons"); }
  std::size_t depth() const { return json_["layers"].size(); }
  std::string weights(std::size_t l) const { return file_in(json_["layers"][l], "weights"); }
  std::string bias(std::size_t l) const { return file_in(json_["layers"][l], "bias"); }

  template <NetworkValue T>
  std::optional<T> cap() const {
    const json& cap = json_["cap"];
    if (cap.is_null()) return std::nullopt;
    const auto value = cap.get<double>();
    const bool whole = std::is_floating_point_v<T> || value == std::floor(value);
    if (!whole || !(value > 0) || value > static_cast<double>(std::numeric_limits<T>::max())) {
      refuse("\"cap\" must be a positive value of " + std::string(GraphblasType<T>::name));
    }
    return cap.get<T>();
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

  void refuse_unknown(const json& object, const std::set<std::string>& known) const {
    for (const auto& [key, value] : object.items()) {
      if (!known.contains(key)) refuse("nobody knows what " + in_quotes(key) + " means");
    }
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

// An array of a file over these neurons; names the file when it holds others.
template <NetworkValue T>
AssocArray<T> read_over(const std::string& path, const KeySet& rows, const KeySet* columns) {
  const AssocArray<T> array = read_array<T>(path);
  try {
    return array.over(rows, columns != nullptr ? *columns : array.column_keys());
  } catch (const KeyError& error) {
    throw ParseError(path, 0, 0, std::string(error.what()) + " (see neurons.tsv)");
  }
}

}  // namespace

template <NetworkValue T>
void write_network_folder(const std::string& folder, const Network<T>& network,
                          const NamedArrays<T>& arrays) {
  const auto cap = network.at(0).rules().cap[0];
  std::vector<KeySet> ranks{network.input_keys()};
  for (std::size_t l = 0; l < network.depth(); ++l) {
    if (network.at(l).rules().cap[0] != cap) {
      throw Error(Fault::usage, "a network folder has one cap for all layers; layer " +
                                    std::to_string(l) + " differs from layer 0");
    }
    ranks.push_back(network.keys(l + 1));
  }
  make_folder(folder);
  remove_file(manifest_path(folder));
  nlohmann::ordered_json manifest{
      {"format", format_name}, {"version", format_version}, {"value_type", GraphblasType<T>::name}};
  if (cap) {
    manifest["cap"] = *cap;
  } else {
    manifest["cap"] = nullptr;
  }
  manifest["neurons"] = neurons_name;
  write_array(folder + "/" + neurons_name, neurons_of(ranks));
  for (std::size_t l = 0; l < network.depth(); ++l) {
    const std::string weights = "layer-" + std::to_string(l) + "-weights.tsv";
    const std::string bias = "layer-" + std::to_string(l) + "-bias.tsv";
    write_array(folder + "/" + weights, network.weights(l));
    write_array(folder + "/" + bias, network.bias(l));
    manifest["layers"].push_back({{"weights", weights}, {"bias", bias}});
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
  const std::optional<T> cap = manifest.cap<T>();
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
  std::vector<AssocArray<T>> weights, biases;
  for (std::size_t l = 0; l < manifest.depth(); ++l) {
    weights.push_back(read_over<T>(manifest.weights(l), ranks[l + 1], &ranks[l]));
    biases.push_back(read_over<T>(manifest.bias(l), ranks[l + 1], nullptr));
  }
  try {
    return Network<T>(weights, biases, cap);
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
