// One numpy array as a .npy file: a magic number, a header that is a Python dictionary, the values.
// For the archives of npz.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oscillon/base/value_type.hpp"

namespace oscillon {

// The values of an array, in C order.
struct NumpyArray {
  std::string type;  // "<f4", "|S3", …
  std::vector<std::uint64_t> shape;
  std::string_view bytes;

  std::uint64_t size() const;  // elements
  bool is_floating() const { return type.size() > 1 && type[1] == 'f'; }

  // Elements as numbers. Throw Error(bad_data) for a type that is not one of numbers, or not of
  // whole ones.
  double number(std::uint64_t i) const;
  std::int64_t whole(std::uint64_t i) const;
};

// `name` stands for the array in errors, which are Error(bad_data). `bytes` must outlive the array.
NumpyArray parse_npy(std::string_view bytes, const std::string& name);

// The bytes of a one-dimensional array, or of a scalar when `scalar`.
std::string npy_bytes(std::string_view type, std::string_view values, std::uint64_t count,
                      bool scalar = false);

// "<f4" for fp32 and so on. Throws Error(usage) for bf16.
std::string numpy_type(ValueType type);

// Appends a number's little-endian bytes.
void append_little_endian(std::string& bytes, std::uint64_t bits, std::size_t count);

}  // namespace oscillon
