// The text files of the sparse DNN Graph Challenge: matrices as `row<TAB>column<TAB>value`, and
// lists of categories; indices count from 1, no header.
//
// The Challenge keeps a layer as inputs x outputs and a batch as samples x features; we keep the
// transposes (W: outputs x inputs, Y: features x samples). They are turned over once, here: a row
// of the file becomes a column of the matrix, contiguous in memory.
#pragma once

#include <string>
#include <vector>

#include "oscillon/algebra/matrix.hpp"
#include "oscillon/io/scan_options.hpp"
#include "oscillon/network/sample_batch.hpp"

namespace oscillon {

// The transpose of the matrix in the file: file_columns x file_rows, by column. With file_rows 0
// there are as many as the greatest row index, which then must not be far beyond the number of
// entries: one bad line could claim any amount of memory. Lines may come in any order. Throws
// ParseError for malformed lines, indices out of range and entries that stand twice (naming both
// lines).
template <NetworkValue T>
Matrix<T> read_transposed_tsv(const std::string& path, Index file_rows, Index file_columns,
                              const ScanOptions& options = {});

// The same as a batch, of which each row of the file is a sample.
template <NetworkValue T>
SampleBatch<T> read_samples_tsv(const std::string& path, Index file_rows, Index file_columns,
                                const ScanOptions& options = {});

// Writes the transpose of a matrix, row of the file after row, values in their shortest exact form.
template <NetworkValue T>
void write_transposed_tsv(const std::string& path, const Matrix<T>& matrix);

// Sample numbers, ascending, one a line; returned counted from 0. `samples` is how many there are.
// With `labels`, a tab and a text may follow each number, in all lines or in none.
std::vector<Index> read_categories(const std::string& path, Index samples,
                                   std::vector<std::string>* labels = nullptr);
void write_categories(const std::string& path, const std::vector<Index>& samples,
                      const std::vector<std::string>& labels = {});

#define OSCILLON_EXTERN_TSV(T)                                                      \
  extern template SampleBatch<T> read_samples_tsv(const std::string&, Index, Index, \
                                                  const ScanOptions&);              \
  extern template Matrix<T> read_transposed_tsv(const std::string&, Index, Index,   \
                                                const ScanOptions&);                \
  extern template void write_transposed_tsv(const std::string&, const Matrix<T>&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_TSV)
#undef OSCILLON_EXTERN_TSV

}  // namespace oscillon
