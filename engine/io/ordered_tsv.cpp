#include "engine/io/ordered_tsv.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>

namespace oscillon {

namespace {

// Reads the value at `at` up to the line's end; where the line after it begins, or nullptr.
template <NetworkValue T>
const char* read_value(const char* at, const char* end, LastValue<T>& last_value) {
  const void* found = std::memchr(at, '\n', static_cast<std::size_t>(end - at));
  const char* const stop = found != nullptr ? static_cast<const char*>(found) : end;
  T value{};
  const auto [behind, error] = std::from_chars(at, stop, value);
  if (error != std::errc() || behind != stop) return nullptr;
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) return nullptr;
  }
  const char* const next = found != nullptr ? stop + 1 : stop;
  last_value.remember({at, static_cast<std::size_t>(next - at)}, value);
  return next;
}

struct RowRun {
  Index row;
  Index entries;
};

// Entries of the lines from `at` to `end` into the arrays; false when a line is not as usual.
template <NetworkValue T>
bool read_lines(const char* at, const char* end, const char* text_end, Index row_limit,
                Index columns, Index* indices, T* values, std::vector<RowRun>& runs) {
  LastValue<T> last_value;
  Index last_row = ~Index{0};
  Index last_column = 0;
  while (at < end) {
    std::uint64_t row = 0;
    std::uint64_t column = 0;
    const char* stop = short_digits(at, text_end, row);
    if (stop == nullptr || *stop != '\t') return false;
    stop = short_digits(stop + 1, text_end, column);
    if (stop == nullptr || *stop != '\t') return false;
    if (--row >= row_limit || --column >= columns) return false;  // 0 wraps around
    at = last_value.passed(stop + 1, text_end);
    if (at == nullptr) at = read_value(stop + 1, end, last_value);
    if (at == nullptr) return false;
    if (row == last_row) {
      if (column <= last_column) return false;
      ++runs.back().entries;
    } else {
      if (last_row != ~Index{0} && row < last_row) return false;
      runs.push_back({row, 1});
      last_row = row;
    }
    last_column = column;
    *indices++ = column;
    *values++ = last_value.value();
  }
  return true;
}

}  // namespace

template <NetworkValue T>
std::optional<Compressed<T>> read_ordered_tsv(std::string_view text, Index rows, Index row_limit,
                                              Index columns, const ScanOptions& options) {
  if (text.empty()) return std::nullopt;
  const std::vector<std::size_t> borders = chunk_borders(text, options.chunk_bytes, options.begin);
  const std::size_t chunks = borders.size() - 1;
  std::vector<std::size_t> begins(chunks + 1, 0);  // of each chunk's entries
  run_tasks(chunks, options.threads, [&](std::size_t c) {
    const auto first = text.begin() + static_cast<std::ptrdiff_t>(borders[c]);
    const auto last = text.begin() + static_cast<std::ptrdiff_t>(borders[c + 1]);
    begins[c + 1] = static_cast<std::size_t>(std::count(first, last, '\n'));
  });
  if (text.back() != '\n') ++begins.back();
  std::partial_sum(begins.begin(), begins.end(), begins.begin());

  Compressed<T> arrays;
  run_tasks(2, options.threads, [&](std::size_t which) {
    which == 0 ? arrays.indices.resize(begins.back()) : arrays.values.resize(begins.back());
  });
  std::vector<std::vector<RowRun>> runs(chunks);
  std::atomic<bool> usual{true};
  run_tasks(chunks, options.threads, [&](std::size_t c) {
    std::vector<RowRun> of_chunk;
    if (!usual || !read_lines(text.data() + borders[c], text.data() + borders[c + 1],
                              text.data() + text.size(), row_limit, columns,
                              arrays.indices.data() + begins[c], arrays.values.data() + begins[c],
                              of_chunk)) {
      usual = false;
    }
    runs[c] = std::move(of_chunk);
  });
  if (!usual) return std::nullopt;

  // Two chunks may share a row; its columns must go on ascending there.
  Index last_row = 0;
  for (std::size_t c = 0; c < chunks; ++c) {
    for (std::size_t r = 0; r < runs[c].size(); ++r) {
      const RowRun& run = runs[c][r];
      const bool goes_on = begins[c] > 0 && r == 0 && run.row == last_row;
      if (run.row < last_row) return std::nullopt;
      if (goes_on && arrays.indices[begins[c]] <= arrays.indices[begins[c] - 1]) {
        return std::nullopt;
      }
      arrays.offsets.resize(std::max<std::size_t>(arrays.offsets.size(), run.row + 1),
                            arrays.offsets.back());
      if (arrays.offsets.size() == run.row + 1) {
        arrays.offsets.push_back(arrays.offsets.back() + run.entries);
      } else {
        arrays.offsets.back() += run.entries;
      }
      last_row = run.row;
    }
  }
  arrays.rows = rows > 0 ? rows : last_row + 1;
  arrays.columns = columns;
  arrays.offsets.resize(arrays.rows + 1, arrays.offsets.back());
  return arrays;
}

#define OSCILLON_INSTANTIATE_ORDERED(T)                                                         \
  template std::optional<Compressed<T>> read_ordered_tsv(std::string_view, Index, Index, Index, \
                                                         const ScanOptions&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_ORDERED)
#undef OSCILLON_INSTANTIATE_ORDERED

}  // namespace oscillon
