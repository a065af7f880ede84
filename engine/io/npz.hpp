// Sparse matrices as scipy.sparse.save_npz writes them: a zip archive of numpy arrays. csr, csc and
// coo are read, csr is written.
#pragma once

#include <string>

#include "oscillon/algebra/matrix.hpp"
#include "oscillon/base/value_type.hpp"

namespace oscillon {

// Values may be stored as f2, f4, f8, i1 … i8, u1 … u4 or b1, little-endian. Over floating point
// they are rounded to T. Throws ParseError for an archive or array that is malformed, for indices
// out of range, entries that stand twice, and values that are not finite or that an integer T does
// not hold.
template <NetworkValue T>
Matrix<T> read_npz(const std::string& path);

// Writes csr arrays, complete or not at all; the same matrix gives the same bytes. The values are
// stored as `as`, which must hold each exactly: else Error(bad_data). Throws Error(usage) for bf16,
// which numpy does not have.
template <NetworkValue T>
void write_npz(const std::string& path, const Matrix<T>& matrix, ValueType as);

#define OSCILLON_EXTERN_NPZ(T)                            \
  extern template Matrix<T> read_npz(const std::string&); \
  extern template void write_npz(const std::string&, const Matrix<T>&, ValueType);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_NPZ)
#undef OSCILLON_EXTERN_NPZ

}  // namespace oscillon
