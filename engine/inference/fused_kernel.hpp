// The innermost loop of plan `fused`, for vectors of any width. It is compiled several times, each
// time for other processors, so it takes nothing from the standard library that a linker could
// share between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace oscillon::fused {

// One layer on one block: row r of `next` becomes
// min(max(sum over the row's edges of weight * Y[input] + bias[r], 0), cap).
template <class T>
struct Work {
  std::size_t rows;
  const std::size_t* begins;    // rows + 1 places in `inputs`
  const std::uint32_t* inputs;  // of each edge the row of Y, in the order of summation
  const T* weights;             // of each edge, or one for all
  bool one_weight;
  bool sum_first;  // with one weight: scale the sum instead of its terms
  const T* bias;   // of each row
  bool capped;
  T cap;
  const T* Y;
  T* next;
  std::size_t stride;  // of both blocks, in values
};

template <class T>
using Kernel = void (*)(const Work<T>&);

namespace {  // a version of its own for each processor

enum class Weighting { each, one, sum_first };

// `Vectors` vectors of `Bytes` bytes of every row.
template <class T, int Bytes, int Vectors, Weighting weighting>
inline void layer_on_columns(const Work<T>& work, std::size_t column) {
  typedef T Vector __attribute__((vector_size(Bytes), may_alias));
  constexpr std::size_t lanes = Bytes / sizeof(T);
  const T* const Y = work.Y + column;
  for (std::size_t r = 0; r < work.rows; ++r) {
    Vector sum[Vectors] = {};
    for (std::size_t p = work.begins[r]; p < work.begins[r + 1]; ++p) {
      const T* const y = Y + work.inputs[p] * work.stride;
      const T weight = work.weights[weighting == Weighting::each ? p : 0];
      for (int v = 0; v < Vectors; ++v) {
        const Vector value = *reinterpret_cast<const Vector*>(y + v * lanes);
        if constexpr (weighting == Weighting::sum_first) {
          sum[v] += value;
        } else {
          sum[v] += weight * value;
        }
      }
    }
    T* const out = work.next + r * work.stride + column;
    for (int v = 0; v < Vectors; ++v) {
      Vector z = sum[v];
      if constexpr (weighting == Weighting::sum_first) z *= work.weights[0];
      z += work.bias[r];
      z = z > T(0) ? z : Vector{};
      if (work.capped) {
        const Vector cap = Vector{} + work.cap;
        z = z < cap ? z : cap;
      }
      *reinterpret_cast<Vector*>(out + v * lanes) = z;
    }
  }
}

template <class T, int Bytes, Weighting weighting>
inline void layer_on_block(const Work<T>& work) {
  constexpr std::size_t lanes = Bytes / sizeof(T);
  std::size_t column = 0;
  for (; column + 8 * lanes <= work.stride; column += 8 * lanes) {
    layer_on_columns<T, Bytes, 8, weighting>(work, column);
  }
  for (; column + 4 * lanes <= work.stride; column += 4 * lanes) {
    layer_on_columns<T, Bytes, 4, weighting>(work, column);
  }
  for (; column + 2 * lanes <= work.stride; column += 2 * lanes) {
    layer_on_columns<T, Bytes, 2, weighting>(work, column);
  }
  for (; column < work.stride; column += lanes) {
    layer_on_columns<T, Bytes, 1, weighting>(work, column);
  }
}

template <class T, int Bytes>
void run_layer(const Work<T>& work) {
  if (!work.one_weight) {
    layer_on_block<T, Bytes, Weighting::each>(work);
  } else if (work.sum_first) {
    layer_on_block<T, Bytes, Weighting::sum_first>(work);
  } else {
    layer_on_block<T, Bytes, Weighting::one>(work);
  }
}

}  // namespace

// The kernel of each kind of processor.
template <class T>
Kernel<T> kernel_avx512();
template <class T>
Kernel<T> kernel_avx2();
template <class T>
Kernel<T> kernel_portable();

// What a source file of one version holds.
#define OSCILLON_FUSED_KERNEL(name, T, bytes) \
  template <>                                 \
  Kernel<T> name<T>() {                       \
    return run_layer<T, bytes>;               \
  }
#define OSCILLON_FUSED_KERNELS(name, bytes)        \
  OSCILLON_FUSED_KERNEL(name, float, bytes)        \
  OSCILLON_FUSED_KERNEL(name, double, bytes)       \
  OSCILLON_FUSED_KERNEL(name, std::int32_t, bytes) \
  OSCILLON_FUSED_KERNEL(name, std::int64_t, bytes)

}  // namespace oscillon::fused
