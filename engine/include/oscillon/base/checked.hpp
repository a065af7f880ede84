// Arithmetic on sizes that throws instead of wrapping around.
#pragma once

#include <cstdint>
#include <string>

#include "oscillon/base/error.hpp"

namespace oscillon {

// a * b; `what` names the quantity in the error.
inline std::uint64_t checked_multiply(std::uint64_t a, std::uint64_t b, const char* what) {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) {
    throw Error(Fault::bad_data, std::string(what) + ": " + std::to_string(a) + " x " +
                                     std::to_string(b) + " does not fit in 64 bits");
  }
  return product;
}

// a + b; `what` names the quantity in the error.
inline std::uint64_t checked_add(std::uint64_t a, std::uint64_t b, const char* what) {
  std::uint64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) {
    throw Error(Fault::bad_data, std::string(what) + ": " + std::to_string(a) + " + " +
                                     std::to_string(b) + " does not fit in 64 bits");
  }
  return sum;
}

}  // namespace oscillon
