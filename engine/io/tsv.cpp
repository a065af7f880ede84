#include "oscillon/io/tsv.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "engine/io/atomic_file.hpp"
#include "engine/io/file_entries.hpp"
#include "engine/io/ordered_tsv.hpp"
#include "engine/io/tsv_arrays.hpp"
#include "oscillon/base/error.hpp"

namespace oscillon {

namespace {

// With the number of file rows unknown: the most that this many entries can stand for.
Index most_rows(std::size_t entries) {
  return (Index{1} << 24) + 8 * Index{entries};
}

// Rows of the file that the quick way may take without asking whether they are too distant.
Index quick_limit(Index file_rows) {
  return file_rows > 0 ? file_rows : most_rows(0);
}

template <NetworkValue T>
Index rows_of(const OrderedEntries<T>& entries) {
  if (!entries.by_column) return entries.vectors;
  std::uint32_t last = 0;
  for (const auto& chunk : entries.chunks) {
    last = std::max(last, *std::max_element(chunk.places.begin(), chunk.places.end()));
  }
  return Index{last} + 1;
}

template <NetworkValue T>
void refuse_distant_rows(const std::string& path, const std::vector<FileEntries<T>>& chunks,
                         Index most) {
  std::size_t line = 0;
  for (const auto& chunk : chunks) {
    for (const Index row : chunk.rows) {
      ++line;
      if (row < most) continue;
      throw ParseError(path, line, 1,
                       "the row index " + std::to_string(row + 1) +
                           " is far beyond the number of entries; give the number of rows if it "
                           "is right");
    }
  }
}

}  // namespace

template <NetworkValue T>
Compressed<T> read_transposed_tsv_arrays(const InputFile& file, Index file_rows, Index file_columns,
                                         const ScanOptions& options) {
  const std::string& path = file.path();
  if (file_rows > GrB_INDEX_MAX) {
    throw Error(Fault::usage, "a matrix cannot have " + std::to_string(file_rows) + " rows");
  }
  const Index row_limit = file_rows > 0 ? file_rows : GrB_INDEX_MAX;
  if (const auto ordered =
          read_ordered_tsv<T>(file.text(), quick_limit(file_rows), file_columns, options)) {
    const Index rows = file_rows > 0 ? file_rows : rows_of(*ordered);
    return transposed(compressed_rows(*ordered, rows, file_columns));
  }
  const auto chunks = scan_lines<FileEntries<T>>(
      path, file.text(), options, [&](LineScanner& line, FileEntries<T>& into) {
        into.rows.push_back(line.index("row", row_limit));
        line.separator("column index");
        into.columns.push_back(line.index("column", file_columns));
        line.separator("value");
        into.values.push_back(line.value(into.last_value));
        line.end();
      });

  Index rows = file_rows;
  if (file_rows == 0) {
    std::vector<Index> beyond(chunks.size(), 0);  // the last row of each chunk
    run_tasks(chunks.size(), options.threads, [&](std::size_t c) {
      const auto& of_chunk = chunks[c].rows;
      if (!of_chunk.empty()) beyond[c] = *std::max_element(of_chunk.begin(), of_chunk.end()) + 1;
    });
    std::size_t entries = 0;
    for (std::size_t c = 0; c < chunks.size(); ++c) {
      entries += chunks[c].rows.size();
      rows = std::max(rows, beyond[c]);
    }
    if (rows > most_rows(entries)) refuse_distant_rows(path, chunks, most_rows(entries));
  }
  return transposed(compressed_rows(path, chunks, rows, file_columns));
}

template <NetworkValue T>
SampleBatch<T> read_samples_tsv(const InputFile& file, Index file_rows, Index file_columns,
                                const ScanOptions& options) {
  const auto ordered =
      read_ordered_tsv<T>(file.text(), quick_limit(file_rows), file_columns, options);
  if (ordered && !ordered->by_column) {
    return batch_of_rows(*ordered, file_rows > 0 ? file_rows : ordered->vectors, file_columns);
  }
  return SampleBatch<T>(read_transposed_tsv_arrays<T>(file, file_rows, file_columns, options));
}

template <NetworkValue T>
SampleBatch<T> read_samples_tsv(const std::string& path, Index file_rows, Index file_columns,
                                const ScanOptions& options) {
  return read_samples_tsv<T>(InputFile(path), file_rows, file_columns, options);
}

template <NetworkValue T>
Matrix<T> read_transposed_tsv(const std::string& path, Index file_rows, Index file_columns,
                              const ScanOptions& options) {
  return Matrix<T>::from_compressed(
      read_transposed_tsv_arrays<T>(InputFile(path), file_rows, file_columns, options));
}

template <NetworkValue T>
void write_transposed_tsv(const std::string& path, const Matrix<T>& matrix) {
  AtomicFile file(path);
  append_entry_lines(file, matrix.compressed(Orientation::by_column), '\t');
  file.commit();
}

std::vector<Index> read_categories(const std::string& path, Index samples,
                                   std::vector<std::string>* labels) {
  const InputFile file(path);
  std::vector<Index> categories;
  ScanOptions options;
  options.threads = 1;  // so that each line can be held against the one before it
  options.chunk_bytes = std::max<std::size_t>(file.text().size(), 1);
  struct Nothing {};
  scan_lines<Nothing>(path, file.text(), options, [&](LineScanner& line, Nothing&) {
    const char* place = line.place();
    const Index sample = line.index("sample", samples);
    if (labels != nullptr && !line.at_end()) {
      line.separator("digest");
      labels->emplace_back(line.text());
    }
    line.end();
    if (!categories.empty() && sample <= categories.back()) {
      line.fail(place, "sample " + std::to_string(sample + 1) + " follows sample " +
                           std::to_string(categories.back() + 1) + "; the numbers must ascend");
    }
    categories.push_back(sample);
    if (labels != nullptr && !labels->empty() && labels->size() != categories.size()) {
      line.fail(place, "either every line has a digest or none has");
    }
  });
  return categories;
}

void write_categories(const std::string& path, const std::vector<Index>& samples,
                      const std::vector<std::string>& labels) {
  AtomicFile file(path);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    file.append(std::to_string(samples[i] + 1));
    if (!labels.empty()) file.append("\t" + labels[i]);
    file.append("\n");
  }
  file.commit();
}

#define OSCILLON_INSTANTIATE_TSV(T)                                                               \
  template Compressed<T> read_transposed_tsv_arrays(const InputFile&, Index, Index,               \
                                                    const ScanOptions&);                          \
  template SampleBatch<T> read_samples_tsv(const InputFile&, Index, Index, const ScanOptions&);   \
  template SampleBatch<T> read_samples_tsv(const std::string&, Index, Index, const ScanOptions&); \
  template Matrix<T> read_transposed_tsv(const std::string&, Index, Index, const ScanOptions&);   \
  template void write_transposed_tsv(const std::string&, const Matrix<T>&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_TSV)
#undef OSCILLON_INSTANTIATE_TSV

}  // namespace oscillon
