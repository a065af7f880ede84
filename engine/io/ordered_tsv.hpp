// The quick way to read entries that are written as most files have them.
#pragma once

#include <optional>
#include <string_view>

#include "engine/algebra/matrix.hpp"
#include "engine/io/text_scan.hpp"

namespace oscillon {

// The rows of a text of lines `row<TAB>column<TAB>value` whose entries ascend by row and then by
// column, as compressed rows; rows and columns count from 1 and are at most `row_limit` and
// `columns`. With `rows` 0 there are as many as the last line tells. None when the text is anything
// else, malformed or only unusual: then the general way reads it, or says what is wrong.
//
// Lines are counted first, so that every entry is written to its final place by the thread that
// reads it, and memory is touched once.
template <NetworkValue T>
std::optional<Compressed<T>> read_ordered_tsv(std::string_view text, Index rows, Index row_limit,
                                              Index columns, const ScanOptions& options);

}  // namespace oscillon
