// Entries as a text file lists them, a line each, and how they become compressed rows and go back.
// For the readers and writers of this folder.
#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/io/atomic_file.hpp"
#include "engine/io/text_scan.hpp"
#include "oscillon/algebra/matrix.hpp"
#include "oscillon/base/error.hpp"
#include "oscillon/base/thread_team.hpp"

namespace oscillon {

// Entries in the order of the file: entry k of all chunks together stands k lines below the first.
template <NetworkValue T>
struct FileEntries {
  std::vector<Index> rows, columns;
  std::vector<T> values;
  LastValue<T> last_value;

  // For so many bytes of text. A shorter line than this is seldom.
  void reserve_for_text(std::size_t bytes) {
    constexpr std::size_t bytes_a_line = 10;
    rows.reserve(bytes / bytes_a_line);
    columns.reserve(bytes / bytes_a_line);
    values.reserve(bytes / bytes_a_line);
  }
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

// Whether all rows of a file ascend, as is usual.
template <NetworkValue T>
bool rows_ascend(const std::vector<FileEntries<T>>& chunks) {
  Index last = 0;
  for (const auto& chunk : chunks) {
    if (chunk.rows.empty()) continue;
    if (chunk.rows.front() < last || !std::is_sorted(chunk.rows.begin(), chunk.rows.end())) {
      return false;
    }
    last = chunk.rows.back();
  }
  return true;
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
  std::vector<std::size_t> begins{0};  // of the chunks
  for (const auto& chunk : chunks) {
    begins.push_back(begins.back() + chunk.rows.size());
    for (const Index row : chunk.rows) ++arrays.offsets[row + 1];
  }
  std::partial_sum(arrays.offsets.begin(), arrays.offsets.end(), arrays.offsets.begin());
  arrays.indices.resize(begins.back());
  arrays.values.resize(begins.back());
  if (rows_ascend(chunks)) {
    run_tasks(chunks.size(), threads_for(begins.back()), [&](std::size_t c) {
      const auto at = static_cast<std::ptrdiff_t>(begins[c]);
      std::copy(chunks[c].columns.begin(), chunks[c].columns.end(), arrays.indices.begin() + at);
      std::copy(chunks[c].values.begin(), chunks[c].values.end(), arrays.values.begin() + at);
    });
  } else {
    std::vector<Index> next(arrays.offsets.begin(), arrays.offsets.end() - 1);
    for (const auto& chunk : chunks) {
      for (std::size_t k = 0; k < chunk.rows.size(); ++k) {
        const Index p = next[chunk.rows[k]]++;
        arrays.indices[p] = chunk.columns[k];
        arrays.values[p] = chunk.values[k];
      }
    }
  }
  constexpr Index rows_a_task = 1024;
  run_tasks((rows + rows_a_task - 1) / rows_a_task, threads_for(begins.back()),
            [&](std::size_t task) {
              const Index last = std::min<Index>(rows, (task + 1) * rows_a_task);
              for (Index row = task * rows_a_task; row < last; ++row) {
                const Index begin = arrays.offsets[row];
                const Index count = arrays.offsets[row + 1] - begin;
                Index* of_row = arrays.indices.data() + begin;
                sort_row(of_row, arrays.values.data() + begin, count);
                const Index* twice = std::adjacent_find(of_row, of_row + count);
                if (twice != of_row + count) {
                  throw_duplicate(path, chunks, row, *twice, first_line);
                }
              }
            });
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
