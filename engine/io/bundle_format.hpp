// What the writer and the reader of bundles agree on; bundle.hpp tells the format.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "engine/io/element_type.hpp"

namespace oscillon::bundle_format {

inline constexpr std::string_view format_name = "oscillon network";
inline constexpr std::string_view format_version = "1";
inline constexpr std::uint64_t alignment = 64;
inline constexpr std::size_t length_bytes = 8;
inline constexpr std::size_t checksum_digits = 32;
// What the format's own readers allow.
inline constexpr std::uint64_t most_header_bytes = 100'000'000;

struct StoredType {
  std::string_view name;
  std::size_t bytes;
  std::optional<ElementType> of_values;  // none for those of indices
};
inline constexpr std::array<StoredType, 12> stored_types{{{"F64", 8, ElementType::fp64},
                                                          {"F32", 4, ElementType::fp32},
                                                          {"F16", 2, ElementType::fp16},
                                                          {"BF16", 2, ElementType::bf16},
                                                          {"I8", 1, ElementType::int8},
                                                          {"I16", 2, ElementType::int16},
                                                          {"I32", 4, ElementType::int32},
                                                          {"I64", 8, ElementType::int64},
                                                          {"U8", 1, {}},
                                                          {"U16", 2, {}},
                                                          {"U32", 4, {}},
                                                          {"U64", 8, {}}}};

inline const StoredType* stored_type(std::string_view name) {
  const auto found = std::find_if(stored_types.begin(), stored_types.end(),
                                  [&](const StoredType& type) { return type.name == name; });
  return found == stored_types.end() ? nullptr : &*found;
}

inline std::string layer_array(std::size_t layer, const char* what) {
  return "layers." + std::to_string(layer) + "." + what;
}

inline std::string key_array(std::size_t rank, const char* what) {
  return "keys." + std::to_string(rank) + "." + what;
}

}  // namespace oscillon::bundle_format
