// The Challenge's text files (oscillon/io/tsv.hpp) as arrays, from a file that is open already.
#pragma once

#include "engine/io/input_file.hpp"
#include "oscillon/io/tsv.hpp"

namespace oscillon {

template <NetworkValue T>
Compressed<T> read_transposed_tsv_arrays(const InputFile& file, Index file_rows, Index file_columns,
                                         const ScanOptions& options = {});
template <NetworkValue T>
SampleBatch<T> read_samples_tsv(const InputFile& file, Index file_rows, Index file_columns,
                                const ScanOptions& options = {});

#define OSCILLON_EXTERN_TSV_ARRAYS(T)                                                      \
  extern template Compressed<T> read_transposed_tsv_arrays(const InputFile&, Index, Index, \
                                                           const ScanOptions&);            \
  extern template SampleBatch<T> read_samples_tsv(const InputFile&, Index, Index,          \
                                                  const ScanOptions&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_TSV_ARRAYS)
#undef OSCILLON_EXTERN_TSV_ARRAYS

}  // namespace oscillon
