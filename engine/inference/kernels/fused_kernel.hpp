// Product, bias and activation of a layer in one pass over a block of samples, for vectors of any
// width; see kernels.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace oscillon::kernels {

// Some rows of a layer that have the same inputs: every value that is read is used for all of them.
struct RowGroup {
  std::uint32_t rows;    // 1, 2, 4 or 8
  std::uint32_t degree;  // edges of each
};

// A whole number as wide as T.
template <class T>
using Whole = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

// What becomes of a row's sum z: min(max(z + bias, low), high), at the neurons that get a bias.
template <class T>
struct RowRule {
  T bias;
  T low;                  // 0 behind ReLU, else the least value of T
  T high;                 // the cap, or the greatest value of T
  std::uint32_t neurons;  // that the row stands for
  bool zero_is_entry;     // whether a 0 counts among the entries
};

// Where a bias is added: everywhere, where z is not 0, or where an input of the row is not 0.
enum class BiasAt { everywhere, nonzero_sums, fed };

// One layer on one block: `next` has a row for each rule.
template <class T>
struct Work {
  const RowGroup* groups;  // with the rows of `next` in order
  std::size_t group_count;
  bool wide_inputs;  // whether `inputs` are of 32 bits, not 16
  // Group after group, of each edge the row of Y, in the order of summation; and after the last as
  // many rows of Y as edges_ahead.
  const void* inputs;
  const T* weights;  // group after group, edge after edge, of each row; or one for all
  bool one_weight;
  bool sum_first;           // with one weight: scale the sum instead of its terms
  const RowRule<T>* rules;  // of each row
  BiasAt bias_at;
  const T* Y;
  T* next;
  std::size_t stride;  // of both blocks, in values
  Whole<T>* entries;   // `stride` numbers: to each is added how many neurons have an entry there
};

namespace {  // a version of its own for each processor

enum class Weighting { each, one, sum_first };

template <class T, int Bytes>
struct VectorOf {
  typedef T Type __attribute__((vector_size(Bytes), may_alias));
};

// Where a value serves several rows it is asked for so many edges before it is used: about the time
// that the second-level cache takes. A single row has no time for it.
constexpr std::size_t edges_ahead = 16;

// All rows pass over so many vectors of each before they pass over the next ones.
constexpr int vectors_at_once = 8;

// Inputs and weights come in a stream that stands still while a group passes over all vectors, and
// the processor then asks for no more of it. So many bytes further on it is asked for as fast as it
// is used.
constexpr std::size_t stream_ahead = 4096;

inline void prefetch(const void* stream, std::size_t bytes) {
  for (std::size_t at = 0; at < bytes; at += 64) {
    __builtin_prefetch(static_cast<const char*>(stream) + stream_ahead + at);
  }
}

// Where an input of the row is not 0, of one vector of samples; `known` holds where that is so for
// sure.
template <class T, class Input, int Bytes>
[[gnu::noinline]] auto fed(const T* Y, const Input* inputs, std::size_t stride, std::size_t degree,
                           typename VectorOf<Whole<T>, Bytes>::Type known) {
  typedef T Vector __attribute__((vector_size(Bytes), may_alias));
  constexpr std::size_t lanes = Bytes / sizeof(T);
  const auto all = [&] {
    Whole<T> every = -1;
    for (std::size_t i = 0; i < lanes; ++i) every &= known[i];
    return every != 0;
  };
  for (std::size_t p = 0; p < degree; ++p) {
    if (p % 8 == 0 && all()) break;
    known |= *reinterpret_cast<const Vector*>(Y + inputs[p] * stride) != T(0);
  }
  return known;
}

// Some rows that have the same inputs, on `Vectors` vectors of each: as many sums as stay in
// registers.
template <class T, class Input, int Bytes, int Rows, int Vectors, Weighting weighting>
inline void rows_on_vectors(const Work<T>& work, const Input* inputs, const T* weights,
                            std::size_t degree, std::size_t row, std::size_t column) {
  typedef T Vector __attribute__((vector_size(Bytes), may_alias));
  constexpr std::size_t lanes = Bytes / sizeof(T);
  const T* const Y = work.Y + column;
  const std::size_t stride = work.stride;
  Vector sum[Rows][Vectors] = {};
  const auto add_edge = [&](std::size_t input, const T* edge_weights, std::size_t soon) {
    Vector value[Vectors];
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
      if constexpr (Bytes == 64 && Rows > 1) __builtin_prefetch(Y + soon * stride + v * lanes);
      value[v] = *reinterpret_cast<const Vector*>(Y + input * stride + v * lanes);
    }
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
      for (int v = 0; v < Vectors; ++v) {
        if constexpr (weighting == Weighting::sum_first) {
          sum[r][v] += value[v];
        } else {
          sum[r][v] += edge_weights[r] * value[v];
        }
      }
    }
  };
  constexpr std::size_t weights_an_edge = weighting == Weighting::each ? Rows : 0;
  std::size_t p = 0;
  if constexpr (Bytes == 64 && Rows == 1) {
    // A number that is read beside vectors costs as much as one of them: some inputs come at once,
    // the first in the lowest bits, as these processors have it.
    constexpr std::size_t at_once = sizeof(std::uint64_t) / sizeof(Input);
    for (; p + at_once <= degree; p += at_once) {
      std::uint64_t some;
      __builtin_memcpy(&some, inputs + p, sizeof some);
#pragma GCC unroll 4
      for (std::size_t e = 0; e < at_once; ++e) {
        add_edge(static_cast<Input>(some >> 8 * sizeof(Input) * e),
                 weights + (p + e) * weights_an_edge, 0);
      }
    }
  }
#pragma GCC unroll 4
  for (; p < degree; ++p) {
    add_edge(inputs[p], weights + p * weights_an_edge, inputs[p + edges_ahead]);
  }
  typedef Whole<T> Wholes __attribute__((vector_size(Bytes), may_alias));
  Wholes entries[Vectors] = {};
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) {
    T* const out = work.next + (row + r) * stride + column;
    const RowRule<T>& rule = work.rules[row + r];
    const Wholes neurons = Wholes{} + static_cast<Whole<T>>(rule.neurons);
    const Wholes of_zero = rule.zero_is_entry ? neurons : Wholes{};
    const Vector low = Vector{} + rule.low;
    const Vector high = Vector{} + rule.high;
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
      Vector z = sum[r][v];
      if constexpr (weighting == Weighting::sum_first) z *= weights[0];
      if (work.bias_at == BiasAt::everywhere) {
        z += rule.bias;
      } else {
        Wholes gets = z != T(0);
        if (work.bias_at == BiasAt::fed && rule.bias > T(0)) {
          gets |= fed<T, Input, Bytes>(Y + v * lanes, inputs, stride, degree, gets);
        }
        z = gets ? z + rule.bias : Vector{};
      }
      z = z > low ? z : low;
      z = z < high ? z : high;
      entries[v] += z != T(0) ? neurons : of_zero;
      *reinterpret_cast<Vector*>(out + v * lanes) = z;
    }
  }
#pragma GCC unroll 8
  for (int v = 0; v < Vectors; ++v) {
    *reinterpret_cast<Wholes*>(work.entries + column + v * lanes) += entries[v];
  }
}

// The same on any number of vectors, `Vectors` of them at a time.
template <class T, class Input, int Bytes, int Rows, int Vectors, Weighting weighting>
inline void rows_on_columns(const Work<T>& work, const Input* inputs, const T* weights,
                            std::size_t degree, std::size_t row, std::size_t column,
                            std::size_t vectors) {
  for (; vectors >= Vectors; vectors -= Vectors) {
    rows_on_vectors<T, Input, Bytes, Rows, Vectors, weighting>(work, inputs, weights, degree, row,
                                                               column);
    column += Vectors * (Bytes / sizeof(T));
  }
  if constexpr (Vectors > 1) {
    rows_on_columns<T, Input, Bytes, Rows, Vectors / 2, weighting>(work, inputs, weights, degree,
                                                                   row, column, vectors);
  }
}

// All rows on some vectors of each.
template <class T, class Input, int Bytes, Weighting weighting>
void layer_on_columns(const Work<T>& work, std::size_t column, std::size_t vectors) {
  const Input* inputs = static_cast<const Input*>(work.inputs);
  const T* weights = work.weights;
  std::size_t row = 0;
  for (std::size_t g = 0; g < work.group_count; ++g) {
    const RowGroup group = work.groups[g];
    const std::size_t edges = std::size_t{group.degree} * group.rows;
    const auto on_columns = [&]<int Rows>(std::integral_constant<int, Rows>) {
      constexpr int sums = Bytes == 64 ? 16 : 8;  // of 32 and 16 registers
      constexpr int together = Rows * vectors_at_once <= sums ? vectors_at_once : sums / Rows;
      rows_on_columns<T, Input, Bytes, Rows, together, weighting>(
          work, inputs, weights, group.degree, row, column, vectors);
    };
    prefetch(inputs, group.degree * sizeof(Input));
    if constexpr (weighting == Weighting::each) {
      prefetch(weights, edges * sizeof(T));
      switch (group.rows) {
        case 8:
          on_columns(std::integral_constant<int, 8>{});
          break;
        case 4:
          on_columns(std::integral_constant<int, 4>{});
          break;
        case 2:
          on_columns(std::integral_constant<int, 2>{});
          break;
        default:
          on_columns(std::integral_constant<int, 1>{});
      }
      weights += edges;
    } else {  // groups of one row
      on_columns(std::integral_constant<int, 1>{});
    }
    inputs += group.degree;
    row += group.rows;
  }
}

template <class T, class Input, int Bytes, Weighting weighting>
void layer_on_block(const Work<T>& work) {
  constexpr std::size_t lanes = Bytes / sizeof(T);
  const std::size_t vectors = work.stride / lanes;
  for (std::size_t v = 0; v < vectors; v += vectors_at_once) {
    const std::size_t left = vectors - v;
    layer_on_columns<T, Input, Bytes, weighting>(work, v * lanes,
                                                 left < vectors_at_once ? left : vectors_at_once);
  }
}

template <class T, class Input, int Bytes>
void run_layer_of(const Work<T>& work) {
  if (!work.one_weight) {
    layer_on_block<T, Input, Bytes, Weighting::each>(work);
  } else if (work.sum_first) {
    layer_on_block<T, Input, Bytes, Weighting::sum_first>(work);
  } else {
    layer_on_block<T, Input, Bytes, Weighting::one>(work);
  }
}

template <class T, int Bytes>
void run_layer(const Work<T>& work) {
  if (work.wide_inputs) {
    run_layer_of<T, std::uint32_t, Bytes>(work);
  } else {
    run_layer_of<T, std::uint16_t, Bytes>(work);
  }
}

}  // namespace

}  // namespace oscillon::kernels
