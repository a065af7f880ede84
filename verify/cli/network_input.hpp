// Networks as the program takes them: a folder of text or a bundle.
#pragma once

#include <string>

#include "engine/io/bundle.hpp"
#include "oscillon/io/network_folder.hpp"

namespace oscillon::cli {

// By its name: it ends in .safetensors.
inline bool is_bundle(const std::string& path) {
  return path.ends_with(".safetensors");
}

template <NetworkValue T>
Network<T> read_network(const std::string& path) {
  return is_bundle(path) ? read_bundle_network<T>(path) : read_network_folder<T>(path);
}

// The precision to run a network in: its own, or the least that there is a plan for and that holds
// its values.
inline std::string precision_of_network(const std::string& path) {
  if (!is_bundle(path)) return network_value_type(path);
  switch (const ElementType stored = bundle_value_type(path)) {
    case ElementType::fp16:
    case ElementType::bf16:
      return "fp32";
    case ElementType::int8:
    case ElementType::int16:
      return "int32";
    default:
      return std::string(name_of(stored));
  }
}

}  // namespace oscillon::cli
