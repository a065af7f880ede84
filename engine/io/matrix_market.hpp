// Matrix Market files, the exchange format of sparse matrices: a header line, comments, a line of
// sizes, then `row column value`, indices from 1.
//
// Read are coordinate files that are pattern (every value 1), integer or real, and general,
// symmetric or skew-symmetric (the lower triangle is listed). Fields stand apart by blanks.
#pragma once

#include <string>

#include "engine/io/text_scan.hpp"
#include "oscillon/algebra/matrix.hpp"

namespace oscillon {

// Throws ParseError for what the format does not allow, for another number of entries than the file
// claims (naming both), for an entry that stands twice (naming both lines), and for array and
// complex files, which are not supported.
template <NetworkValue T>
Matrix<T> read_matrix_market(const std::string& path, const ScanOptions& options = {});

// Writes a general matrix, row after row, values in their shortest exact form; complete or not at
// all.
template <NetworkValue T>
void write_matrix_market(const std::string& path, const Matrix<T>& matrix);

#define OSCILLON_EXTERN_MATRIX_MARKET(T)                                                \
  extern template Matrix<T> read_matrix_market(const std::string&, const ScanOptions&); \
  extern template void write_matrix_market(const std::string&, const Matrix<T>&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_MATRIX_MARKET)
#undef OSCILLON_EXTERN_MATRIX_MARKET

}  // namespace oscillon
