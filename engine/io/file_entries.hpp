// Entries as a text file lists them, a line each, and how they become compressed rows and go back.
// For the readers and writers of this folder.
#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/algebra/matrix.hpp"
#include "engine/base/error.hpp"
#include "engine/io/atomic_file.hpp"
#include "engine/io/text_scan.hpp"

namespace oscillon {

// Entries in the order of the file: entry k of all chunks together stands k lines below the first.
template <NetworkValue T>
struct FileEntries {
  std::vector<Index> rows, columns;
  std::vector<T> values;
};

template <NetworkValue T>
[[noreturn]] void throw_duplicate(const std::string& path,
                                  const std::vector<FileEntries<T>>& chunks, Index row,
                                  Index column, std::size_t first_line) {
  std::size_t line = first_line;
  std::size_t first = 0;
  for (const auto& chunk : chunks) {
    for (std::size_t k = 0; k < chunk.rows.size(); ++k, ++line) {
      if (chunk.rows[k] != row || chunk.columns[k] != column) continue;
      if (first != 0) {
        throw ParseError(path, line, 1,
                         "the entry (" + std::to_string(row + 1) + ", " +
                             std::to_string(column + 1) + ") stands on line " +
                             std::to_string(first) + " already");
      }
      first = line;
    }
  }
  throw Error(Fault::internal, path + ": a duplicate entry cannot be found again");
}

// Sorts the entries of one row by column; they seldom need it.
template <NetworkValue T>
void sort_row(Index* columns, T* values, std::size_t count) {
  if (std::is_sorted(columns, columns + count)) return;
  std::vector<std::pair<Index, T>> entries(count);
  for (std::size_t i = 0; i < count; ++i) entries[i] = {columns[i], values[i]};
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 0; i < count; ++i) std::tie(columns[i], values[i]) = entries[i];
}

// All entries as compressed rows, by a counting sort. Throws ParseError for an entry that stands
// twice, naming both lines.
template <NetworkValue T>
Compressed<T> compressed_rows(const std::string& path, const std::vector<FileEntries<T>>& chunks,
                              Index rows, Index columns, std::size_t first_line = 1) {
  Compressed<T> arrays;
  arrays.rows = rows;
  arrays.columns = columns;
  arrays.offsets.assign(rows + 1, 0);
  std::size_t entries = 0;
  for (const auto& chunk : chunks) {
    entries += chunk.rows.size();
    for (const Index row : chunk.rows) ++arrays.offsets[row + 1];
  }
  std::partial_sum(arrays.offsets.begin(), arrays.offsets.end(), arrays.offsets.begin());
  std::vector<Index> next(arrays.offsets.begin(), arrays.offsets.end() - 1);
  arrays.indices.resize(entries);
  arrays.values.resize(entries);
  for (const auto& chunk : chunks) {
    for (std::size_t k = 0; k < chunk.rows.size(); ++k) {
      const Index p = next[chunk.rows[k]]++;
      arrays.indices[p] = chunk.columns[k];
      arrays.values[p] = chunk.values[k];
    }
  }
  for (Index row = 0; row < rows; ++row) {
    const Index begin = arrays.offsets[row];
    const Index count = arrays.offsets[row + 1] - begin;
    Index* of_row = arrays.indices.data() + begin;
    sort_row(of_row, arrays.values.data() + begin, count);
    const Index* twice = std::adjacent_find(of_row, of_row + count);
    if (twice != of_row + count) throw_duplicate(path, chunks, row, *twice, first_line);
  }
  return arrays;
}

// Writes `row column value` for each entry, vector after vector, the vector's number first; vectors
// count from `first`.
template <NetworkValue T>
void append_entry_lines(AtomicFile& file, const Compressed<T>& arrays, char separator,
                        Index first = 0) {
  std::string line;
  for (Index v = 0; v < arrays.vectors(); ++v) {
    for (Index p = arrays.offsets[v]; p < arrays.offsets[v + 1]; ++p) {
      line.clear();
      append_number(line, first + v + 1);
      line += separator;
      append_number(line, arrays.indices[p] + 1);
      line += separator;
      append_number(line, arrays.values[p]);
      line += '\n';
      file.append(line);
    }
  }
}

}  // namespace oscillon
