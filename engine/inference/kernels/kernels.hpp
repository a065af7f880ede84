// The loops over the samples of a block that are compiled several times, each time for other
// processors. What is compiled so takes nothing from the standard library that a linker could share
// between the versions.
#pragma once

#include <string_view>

#include "engine/inference/kernels/columns_kernel.hpp"
#include "engine/inference/kernels/fused_kernel.hpp"

namespace oscillon::kernels {

template <class T>
struct Kernels {
  const char* name;  // "avx512", "avx2" or "portable"
  void (*run_layer)(const Work<T>&);
  void (*select_columns)(const Selection<T>&);
};

template <class T>
Kernels<T> kernels_avx512();
template <class T>
Kernels<T> kernels_avx2();
template <class T>
Kernels<T> kernels_portable();

// Those of the widest vectors that this processor has; or, where the environment variable
// OSCILLON_ISA names one of the versions, of that. Throws Error(usage) when it names another, or
// one that this processor does not have.
template <class T>
const Kernels<T>& chosen();
std::string_view chosen_name();

// What a source file of one version holds.
#define OSCILLON_KERNELS_OF(version, T, bytes)                 \
  template <>                                                  \
  Kernels<T> kernels_##version<T>() {                          \
    return {#version, run_layer<T, bytes>, select_columns<T>}; \
  }
#define OSCILLON_KERNELS(version, bytes)            \
  OSCILLON_KERNELS_OF(version, float, bytes)        \
  OSCILLON_KERNELS_OF(version, double, bytes)       \
  OSCILLON_KERNELS_OF(version, std::int32_t, bytes) \
  OSCILLON_KERNELS_OF(version, std::int64_t, bytes)

}  // namespace oscillon::kernels
