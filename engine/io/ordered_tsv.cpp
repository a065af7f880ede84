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

struct Limits {
  Index rows;
  Index columns;
};

// `row<TAB>column<TAB>` at `at`; where the value begins, or nullptr.
const char* read_place(const char* at, const char* text_end, const Limits& limits,
                       std::uint64_t& row, std::uint64_t& column) {
  const char* stop = short_digits(at, text_end, row);
  if (stop == nullptr || stop == text_end || *stop != '\t') return nullptr;
  stop = short_digits(stop + 1, text_end, column);
  if (stop == nullptr || stop == text_end || *stop != '\t') return nullptr;
  // A place of 0 wraps around.
  return --row < limits.rows && --column < limits.columns ? stop + 1 : nullptr;
}

// The lines from `at` to `end`; false when one of them is not as usual or does not ascend.
template <NetworkValue T>
bool read_lines(const char* at, const char* end, const char* text_end, const Limits& limits,
                bool by_column, typename OrderedEntries<T>::Chunk& chunk) {
  constexpr std::size_t bytes_a_line = 10;  // a shorter one is seldom
  chunk.places.reserve(static_cast<std::size_t>(end - at) / bytes_a_line);
  LastValue<T> last_value;
  Index last_vector = ~Index{0};
  Index last_place = 0;
  bool one_value = true;
  while (at < end) {
    std::uint64_t vector = 0;
    std::uint64_t place = 0;
    const char* const value = read_place(at, text_end, limits, vector, place);
    if (value == nullptr) return false;
    if (by_column) std::swap(vector, place);
    at = last_value.passed(value, text_end);
    if (at == nullptr) {
      at = read_value(value, end, last_value);
      if (at == nullptr) return false;
      if (chunk.places.empty()) {
        chunk.values.push_back(last_value.value());
      } else if (one_value && last_value.value() != chunk.values.front()) {
        chunk.values.resize(chunk.places.size(), chunk.values.front());
        one_value = false;
      }
    }
    if (vector == last_vector) {
      if (place <= last_place) return false;
      ++chunk.runs.back().entries;
    } else {
      if (last_vector != ~Index{0} && vector < last_vector) return false;
      chunk.runs.push_back({vector, 1});
      last_vector = vector;
    }
    last_place = place;
    chunk.places.push_back(static_cast<std::uint32_t>(place));
    if (!one_value) chunk.values.push_back(last_value.value());
  }
  return true;
}

// Whether the second line is in the column of the first.
bool stays_in_column(std::string_view text, const Limits& limits) {
  std::uint64_t row = 0;
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  const char* const end = text.data() + text.size();
  const std::size_t line_end = text.find('\n');
  return line_end != std::string_view::npos &&
         read_place(text.data(), end, limits, row, first) != nullptr &&
         read_place(text.data() + line_end + 1, end, limits, row, second) != nullptr &&
         first == second;
}

// The entries by the other order: vectors become places.
template <NetworkValue T>
Compressed<T> turned(const Compressed<T>& arrays) {
  Compressed<T> made;
  made.orientation =
      arrays.orientation == Orientation::by_row ? Orientation::by_column : Orientation::by_row;
  made.rows = arrays.rows;
  made.columns = arrays.columns;
  made.offsets.assign(made.vectors() + 1, 0);
  for (const Index place : arrays.indices) ++made.offsets[place + 1];
  std::partial_sum(made.offsets.begin(), made.offsets.end(), made.offsets.begin());
  std::vector<Index> next(made.offsets.begin(), made.offsets.end() - 1);
  made.indices.resize(arrays.size());
  made.values.resize(arrays.size());
  for (Index v = 0; v < arrays.vectors(); ++v) {
    for (Index p = arrays.offsets[v]; p < arrays.offsets[v + 1]; ++p) {
      const Index at = next[arrays.indices[p]]++;
      made.indices[at] = v;
      made.values[at] = arrays.values[p];
    }
  }
  return made;
}

}  // namespace

template <NetworkValue T>
std::optional<OrderedEntries<T>> read_ordered_tsv(std::string_view text, Index rows, Index columns,
                                                  const ScanOptions& options) {
  if (text.empty()) return std::nullopt;
  const Limits limits{rows, columns};
  OrderedEntries<T> read;
  read.by_column = stays_in_column(text, limits);
  const std::vector<std::size_t> borders = chunk_borders(text, options.chunk_bytes);
  read.chunks.resize(borders.size() - 1);
  std::atomic<bool> usual{true};
  run_tasks(read.chunks.size(), options.threads, [&](std::size_t c) {
    typename OrderedEntries<T>::Chunk chunk;
    if (!usual || !read_lines<T>(text.data() + borders[c], text.data() + borders[c + 1],
                                 text.data() + text.size(), limits, read.by_column, chunk)) {
      usual = false;
    }
    read.chunks[c] = std::move(chunk);
  });
  if (!usual) return std::nullopt;

  // From chunk to chunk the order must go on.
  std::uint32_t last_place = 0;
  for (const auto& chunk : read.chunks) {
    const Index first = chunk.runs.front().vector;
    if (read.entries > 0 && (first + 1 < read.vectors ||
                             (first + 1 == read.vectors && chunk.places.front() <= last_place))) {
      return std::nullopt;
    }
    read.entries += chunk.places.size();
    read.vectors = chunk.runs.back().vector + 1;
    last_place = chunk.places.back();
  }
  return read;
}

template <NetworkValue T>
Compressed<T> compressed_rows(const OrderedEntries<T>& entries, Index rows, Index columns) {
  Compressed<T> arrays;
  arrays.orientation = entries.by_column ? Orientation::by_column : Orientation::by_row;
  arrays.rows = rows;
  arrays.columns = columns;
  arrays.offsets.assign(arrays.vectors() + 1, 0);
  std::vector<Index> begins{0};
  for (const auto& chunk : entries.chunks) {
    for (const auto& run : chunk.runs) arrays.offsets[run.vector + 1] += run.entries;
    begins.push_back(begins.back() + chunk.places.size());
  }
  std::partial_sum(arrays.offsets.begin(), arrays.offsets.end(), arrays.offsets.begin());
  run_tasks(2, threads_for(entries.entries), [&](std::size_t which) {
    which == 0 ? arrays.indices.resize(entries.entries) : arrays.values.resize(entries.entries);
  });
  run_tasks(entries.chunks.size(), threads_for(entries.entries), [&](std::size_t c) {
    const auto& chunk = entries.chunks[c];
    const auto at = static_cast<std::ptrdiff_t>(begins[c]);
    std::copy(chunk.places.begin(), chunk.places.end(), arrays.indices.begin() + at);
    if (chunk.values.size() == chunk.places.size()) {
      std::copy(chunk.values.begin(), chunk.values.end(), arrays.values.begin() + at);
    } else {
      std::fill_n(arrays.values.begin() + at, chunk.places.size(), chunk.values.front());
    }
  });
  return entries.by_column ? turned(arrays) : arrays;
}

template <NetworkValue T>
SampleBatch<T> batch_of_rows(const OrderedEntries<T>& entries, Index samples, Index neurons) {
  SampleBatch<T> batch(neurons);
  batch.reserve(samples, entries.entries);
  for (const auto& chunk : entries.chunks) {
    const std::span<const std::uint32_t> places = chunk.places;
    const std::span<const T> values = chunk.values;
    Index begin = 0;
    for (const auto& run : chunk.runs) {
      while (batch.samples() < run.vector) batch.append(std::span<const std::uint32_t>(), {});
      const auto of_run = values.size() == 1 ? values : values.subspan(begin, run.entries);
      if (batch.samples() == run.vector) {
        batch.append(places.subspan(begin, run.entries), of_run);
      } else {
        batch.extend_last(places.subspan(begin, run.entries), of_run);
      }
      begin += run.entries;
    }
  }
  while (batch.samples() < samples) batch.append(std::span<const std::uint32_t>(), {});
  return batch;
}

#define OSCILLON_INSTANTIATE_ORDERED(T)                                                      \
  template std::optional<OrderedEntries<T>> read_ordered_tsv(std::string_view, Index, Index, \
                                                             const ScanOptions&);            \
  template Compressed<T> compressed_rows(const OrderedEntries<T>&, Index, Index);            \
  template SampleBatch<T> batch_of_rows(const OrderedEntries<T>&, Index, Index);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_ORDERED)
#undef OSCILLON_INSTANTIATE_ORDERED

}  // namespace oscillon
