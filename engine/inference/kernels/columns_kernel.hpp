// Some columns of a block moved side by side; see kernels.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#ifdef __AVX512F__
#include <immintrin.h>
#endif

namespace oscillon::kernels {

// Row by row, those columns of `from` that are marked go to the beginning of the row of `to`, in
// order. `to` may be `from` if its rows are no longer.
template <class T>
struct Selection {
  const std::uint64_t* marks;  // bit j % 64 of number j / 64 is that of column j
  std::size_t rows;
  const T* from;
  std::size_t stride;  // from row to row, in values
  T* to;
  std::size_t to_stride;
  // Of a row of `to`: the columns and, less than a vector wide, zeros after them. What lies beyond
  // is left as it is.
  std::size_t width;
};

namespace {  // a version of its own for each processor

#ifdef __AVX512F__
// A vector's marked lanes side by side, and zeros after them.
template <class T>
__m512i compressed(std::uint64_t marks, const T* from) {
  if constexpr (sizeof(T) == 4) {
    const auto taken = static_cast<__mmask16>(marks);
    return _mm512_maskz_compress_epi32(taken, _mm512_maskz_loadu_epi32(taken, from));
  } else {
    const auto taken = static_cast<__mmask8>(marks);
    return _mm512_maskz_compress_epi64(taken, _mm512_maskz_loadu_epi64(taken, from));
  }
}

template <class T>
void store(__m512i values, T* to, std::size_t count) {
  if (count >= 64 / sizeof(T)) {
    _mm512_storeu_si512(to, values);
  } else if constexpr (sizeof(T) == 4) {
    _mm512_mask_storeu_epi32(to, static_cast<__mmask16>((1u << count) - 1), values);
  } else {
    _mm512_mask_storeu_epi64(to, static_cast<__mmask8>((1u << count) - 1), values);
  }
}

// Rows are asked for so long before they are read: what was written last lies in the first-level
// cache, what was written first may have left the second.
constexpr std::size_t rows_ahead = 8;

// The values of one row; `width` values are written. A vector is stored whole where there is room
// for it, and the next one overwrites its zeros.
template <class T>
void select_columns_of_row(const std::uint64_t* marks, const T* from, std::size_t stride, T* to,
                           std::size_t width) {
  constexpr std::size_t lanes = 64 / sizeof(T);
  std::size_t at = 0;
  std::size_t written = 0;
  for (std::size_t j = 0; j < stride; j += lanes) {
    const std::uint64_t taken = marks[j / 64] >> j % 64 & ((1u << lanes) - 1);
    __builtin_prefetch(from + j + rows_ahead * stride);
    if (taken == 0) continue;
    store(compressed(taken, from + j), to + at, width - at);
    written = at + lanes;
    at += static_cast<std::size_t>(__builtin_popcountll(taken));
  }
  if (written < width) store(__m512i{}, to + written, width - written);
}
#else
template <class T>
void select_columns_of_row(const std::uint64_t* marks, const T* from, std::size_t stride, T* to,
                           std::size_t width) {
  T* const end = to + width;
  for (std::size_t first = 0; first < stride; first += 64) {
    for (std::uint64_t left = marks[first / 64]; left != 0; left &= left - 1) {
      *to++ = from[first + static_cast<std::size_t>(__builtin_ctzll(left))];
    }
  }
  while (to != end) *to++ = T(0);
}
#endif

template <class T>
void select_columns(const Selection<T>& selection) {
  for (std::size_t row = 0; row < selection.rows; ++row) {
    select_columns_of_row(selection.marks, selection.from + row * selection.stride,
                          selection.stride, selection.to + row * selection.to_stride,
                          selection.width);
  }
}

}  // namespace

}  // namespace oscillon::kernels
