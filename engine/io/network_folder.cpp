#include "engine/io/network_folder.hpp"

#include <nlohmann/json.hpp>

#include "engine/io/atomic_file.hpp"
#include "engine/io/input_file.hpp"
#include "engine/io/keyed_tsv.hpp"

namespace oscillon {

namespace {

constexpr const char* format_name = "oscillon network";
constexpr int format_version = 1;

std::string manifest_path(const std::string& folder) {
  return folder + "/network.json";
}

nlohmann::json read_manifest(const std::string& path) {
  const InputFile file(path);
  nlohmann::json manifest;
  try {
    manifest = nlohmann::json::parse(file.text());
  } catch (const nlohmann::json::parse_error& error) {
    throw_parse_error(
        path, file.text(),
        {file.text().data() + (error.byte > 0 ? error.byte - 1 : 0), "this is not JSON"});
  }
  const auto refuse = [&](const std::string& message) { throw ParseError(path, 0, 0, message); };
  if (!manifest.is_object() || manifest.value("format", nlohmann::json()) != format_name) {
    refuse(std::string("this is no network: its \"format\" is not \"") + format_name + "\"");
  }
  if (manifest.value("version", nlohmann::json()) != format_version) {
    refuse("the version of the format must be " + std::to_string(format_version));
  }
  if (!manifest.contains("layers") || !manifest["layers"].is_array() ||
      manifest["layers"].empty()) {
    refuse("\"layers\" must be a list of one or more layers");
  }
  for (const auto& layer : manifest["layers"]) {
    for (const char* part : {"weights", "bias"}) {
      if (!layer.is_object() || !layer.contains(part) || !layer[part].is_string()) {
        refuse(std::string("each layer needs the name of a file as \"") + part + "\"");
      }
    }
  }
  if (manifest.contains("cap") && !manifest["cap"].is_null() && !manifest["cap"].is_number()) {
    refuse("\"cap\" must be a number or null");
  }
  return manifest;
}

template <NetworkValue T>
std::optional<T> cap_of(const nlohmann::json& manifest, const std::string& path) {
  if (!manifest.contains("cap") || manifest["cap"].is_null()) return std::nullopt;
  const auto cap = manifest["cap"].get<T>();
  if (std::is_integral_v<T> && manifest["cap"].get<double>() != static_cast<double>(cap)) {
    throw ParseError(path, 0, 0,
                     "\"cap\" is not a value of " + std::string(GraphblasType<T>::name));
  }
  return cap;
}

}  // namespace

template <NetworkValue T>
void write_network_folder(const std::string& folder, const Network<T>& network) {
  make_folder(folder);
  nlohmann::ordered_json manifest{
      {"format", format_name}, {"version", format_version}, {"value_type", GraphblasType<T>::name}};
  const auto cap = network.at(0).cap();
  for (std::size_t l = 0; l < network.depth(); ++l) {
    if (network.at(l).cap() != cap) {
      throw Error(Fault::usage, "a network folder has one cap for all layers; layer " +
                                    std::to_string(l) + " differs from layer 0");
    }
    const std::string name = "layer-" + std::to_string(l);
    write_array(folder + "/" + name + "-weights.tsv", network.weights(l));
    write_array(folder + "/" + name + "-bias.tsv", network.bias(l));
    manifest["layers"].push_back(
        {{"weights", name + "-weights.tsv"}, {"bias", name + "-bias.tsv"}});
  }
  if (cap) {
    manifest["cap"] = *cap;
  } else {
    manifest["cap"] = nullptr;
  }
  write_file(manifest_path(folder), manifest.dump(2) + "\n");
}

template <NetworkValue T>
Network<T> read_network_folder(const std::string& folder) {
  const std::string path = manifest_path(folder);
  const nlohmann::json manifest = read_manifest(path);
  std::vector<AssocArray<T>> weights, biases;
  for (const auto& layer : manifest["layers"]) {
    weights.push_back(read_array<T>(folder + "/" + layer["weights"].get<std::string>()));
    biases.push_back(read_array<T>(folder + "/" + layer["bias"].get<std::string>()));
  }
  // The files hold entries, not keys: a neuron without any is known only to the layer that has it.
  return Network<T>(weights, biases, cap_of<T>(manifest, path), {Alignment::unite});
}

#define OSCILLON_INSTANTIATE_FOLDER(T)                                       \
  template void write_network_folder(const std::string&, const Network<T>&); \
  template Network<T> read_network_folder(const std::string&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_FOLDER)
#undef OSCILLON_INSTANTIATE_FOLDER

}  // namespace oscillon
