// What the writer and the reader of bundles agree on; oscillon/io/bundle.hpp tells the format.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace oscillon::io::bundle_format {

inline constexpr std::string_view format_name = "oscillon network";
inline constexpr std::array<std::string_view, 2> format_versions{"1", "2"};
inline constexpr std::string_view note_prefix = "note:";
inline constexpr std::string_view no_cap = "none";

// For a cap or an activation that is told row by row, in an array.
inline constexpr std::string_view each_row = "rows";

// In the array of caps, where there is none: no cap is below 0.
inline constexpr int row_without_cap = -1;

inline std::string layer_array(std::size_t layer, const char* what) {
  return "layers." + std::to_string(layer) + "." + what;
}

inline std::string key_array(std::size_t rank, const char* what) {
  return "keys." + std::to_string(rank) + "." + what;
}

}  // namespace oscillon::io::bundle_format
