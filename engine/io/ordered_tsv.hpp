// The quick way to read entries that are written as most files have them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/io/text_scan.hpp"
#include "oscillon/algebra/matrix.hpp"
#include "oscillon/network/sample_batch.hpp"

namespace oscillon {

// Entries that ascend by row and then by column, or by column and then by row: vector after vector,
// a vector being a row or a column. In little memory, as chunks of the text give them.
template <NetworkValue T>
struct OrderedEntries {
  struct Run {
    Index vector;
    Index entries;
  };
  struct Chunk {
    std::vector<Run> runs;              // a vector may go on in the next chunk
    std::vector<std::uint32_t> places;  // within the vectors
    std::vector<T> values;              // one, where all of the chunk are equal
  };

  bool by_column = false;  // vectors are columns
  std::vector<Chunk> chunks;
  Index entries = 0;
  Index vectors = 0;  // up to the last one that has an entry
};

// The entries of a text of lines `row<TAB>column<TAB>value`; rows and columns count from 1 and are
// at most `rows` and `columns`. None when the text is anything else, malformed or only unusual:
// then the general way reads it, or says what is wrong.
template <NetworkValue T>
std::optional<OrderedEntries<T>> read_ordered_tsv(std::string_view text, Index rows, Index columns,
                                                  const ScanOptions& options);

// As compressed rows of a matrix of this shape.
template <NetworkValue T>
Compressed<T> compressed_rows(const OrderedEntries<T>& entries, Index rows, Index columns);

// Entries by row as a batch: a row is a sample. `samples` is at least entries.vectors.
template <NetworkValue T>
SampleBatch<T> batch_of_rows(const OrderedEntries<T>& entries, Index samples, Index neurons);

}  // namespace oscillon
