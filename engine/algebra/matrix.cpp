#include "oscillon/algebra/matrix.hpp"

#include <algorithm>
#include <numeric>

#include "oscillon/base/checked.hpp"

namespace oscillon {

namespace {

template <Value T>
using Array = typename ValueArray<T>::value_type;

// A bool array is an array of bytes on our side; both have one byte of value 0 or 1 for an element.
template <Value T>
const T* as_values(const Array<T>* data) {
  return reinterpret_cast<const T*>(data);
}
template <Value T>
T* as_values(Array<T>* data) {
  return reinterpret_cast<T*>(data);
}

template <Value T>
GrB_BinaryOp collision_operator(Collision collision) {
  using G = GraphblasType<T>;
  switch (collision) {
    case Collision::none:
      return nullptr;
    case Collision::first:
      return G::first();
    case Collision::last:
      return G::second();
    default:
      break;
  }
  if constexpr (std::is_same_v<T, bool>) {
    // For truth values the sum and the maximum are `or`, the minimum is `and`.
    return collision == Collision::min ? GrB_LAND : GrB_LOR;
  } else {
    switch (collision) {
      case Collision::sum:
        return G::plus();
      case Collision::min:
        return G::min();
      default:
        return G::max();
    }
  }
}

void set_orientation(GrB_Matrix matrix, Orientation orientation) {
  check(GxB_Matrix_Option_set_INT32(matrix, GxB_FORMAT,
                                    orientation == Orientation::by_row ? GxB_BY_ROW : GxB_BY_COL),
        "set the orientation", {matrix});
}

template <Value T>
[[noreturn]] void throw_first_duplicate(const Triples<T>& triples) {
  std::vector<std::size_t> order(triples.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto place = [&](std::size_t i) { return std::pair(triples.rows[i], triples.columns[i]); };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return place(a) < place(b); });
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (place(order[i - 1]) == place(order[i])) {
      const auto [row, column] = place(order[i]);
      throw KeyError("two entries stand at (" + std::to_string(row) + ", " +
                     std::to_string(column) + "): numbers " + std::to_string(order[i - 1] + 1) +
                     " and " + std::to_string(order[i] + 1));
    }
  }
  throw Error(Fault::internal, "GraphBLAS reports a duplicate entry that is not there");
}

}  // namespace

template <Value T>
void require_valid(const Compressed<T>& arrays) {
  const Index vectors = arrays.vectors();
  const Index length = arrays.orientation == Orientation::by_row ? arrays.columns : arrays.rows;
  if (arrays.offsets.size() != checked_add(vectors, 1, "offsets") || arrays.offsets.front() != 0 ||
      arrays.offsets.back() != arrays.indices.size() ||
      arrays.indices.size() != arrays.values.size()) {
    throw ShapeError("compressed arrays do not fit together: " + std::to_string(vectors) +
                     " vectors, " + std::to_string(arrays.offsets.size()) + " offsets, " +
                     std::to_string(arrays.indices.size()) + " indices, " +
                     std::to_string(arrays.values.size()) + " values");
  }
  for (Index v = 0; v < vectors; ++v) {
    const Index begin = arrays.offsets[v];
    const Index end = arrays.offsets[v + 1];
    if (end < begin || end > arrays.indices.size()) {
      throw ShapeError("offsets of compressed arrays fall at vector " + std::to_string(v));
    }
    for (Index p = begin; p < end; ++p) {
      if (arrays.indices[p] >= length ||
          (p > begin && arrays.indices[p] <= arrays.indices[p - 1])) {
        throw KeyError("index " + std::to_string(arrays.indices[p]) + " of vector " +
                       std::to_string(v) + " is out of order or beyond " + std::to_string(length));
      }
    }
  }
}

template <Value T>
Matrix<T>::Matrix(Index rows, Index columns, Orientation orientation) {
  start_graphblas();
  check(GrB_Matrix_new(&handle_, GraphblasType<T>::type(), rows, columns), "make a matrix");
  try {
    set_orientation(handle_, orientation);
  } catch (...) {
    GrB_Matrix_free(&handle_);
    throw;
  }
}

template <Value T>
Matrix<T>::~Matrix() {
  GrB_Matrix_free(&handle_);
}

template <Value T>
Matrix<T> Matrix<T>::build(Index rows, Index columns, const Triples<T>& triples,
                           Collision collision, Orientation orientation) {
  if (triples.rows.size() != triples.size() || triples.columns.size() != triples.size()) {
    throw ShapeError("triples of different lengths: " + std::to_string(triples.rows.size()) +
                     " rows, " + std::to_string(triples.columns.size()) + " columns, " +
                     std::to_string(triples.size()) + " values");
  }
  Matrix matrix(rows, columns, orientation);
  // An empty std::vector may have no array at all, which GraphBLAS takes for a mistake.
  if (triples.size() == 0) return matrix;
  const GrB_Info info = GraphblasType<T>::build(
      matrix.handle_, triples.rows.data(), triples.columns.data(),
      as_values<T>(triples.values.data()), triples.size(), collision_operator<T>(collision));
  if (info == GrB_INVALID_VALUE && collision == Collision::none) throw_first_duplicate(triples);
  check(info, "build a matrix", {matrix.handle_});
  return matrix;
}

template <Value T>
Matrix<T> Matrix<T>::from_compressed(const Compressed<T>& arrays) {
  require_valid(arrays);
  OwnedCompressed<T> owned(arrays.orientation, arrays.rows, arrays.columns, arrays.size());
  std::copy(arrays.offsets.begin(), arrays.offsets.end(), owned.offsets.get());
  std::copy(arrays.indices.begin(), arrays.indices.end(), owned.indices.get());
  std::copy(arrays.values.begin(), arrays.values.end(), owned.values.get());
  return adopt(std::move(owned));
}

template <Value T>
OwnedCompressed<T>::OwnedCompressed(Orientation stored, Index row_count, Index column_count,
                                    Index entries)
    : orientation(stored), rows(row_count), columns(column_count), size(entries) {
  const auto make = [](Index count, std::size_t element) {
    void* memory = std::malloc(checked_multiply(std::max<Index>(count, 1), element, "bytes"));
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
  };
  offsets.reset(static_cast<Index*>(make(checked_add(vectors(), 1, "offsets"), sizeof(Index))));
  indices.reset(static_cast<Index*>(make(size, sizeof(Index))));
  values.reset(static_cast<T*>(make(size, sizeof(T))));
}

template <Value T>
Matrix<T> Matrix<T>::adopt(OwnedCompressed<T> arrays) {
  Matrix matrix(arrays.rows, arrays.columns, arrays.orientation);
  if (arrays.size == 0) return matrix;
  const auto pack =
      arrays.orientation == Orientation::by_row ? GxB_Matrix_pack_CSR : GxB_Matrix_pack_CSC;
  Index* offsets = arrays.offsets.get();
  Index* indices = arrays.indices.get();
  void* values = arrays.values.get();
  check(pack(matrix.handle_, &offsets, &indices, &values, (arrays.vectors() + 1) * sizeof(Index),
             arrays.size * sizeof(Index), arrays.size * sizeof(T), false, false, nullptr),
        "take over arrays", {matrix.handle_});
  arrays.offsets.release();
  arrays.indices.release();
  arrays.values.release();
  return matrix;
}

template <Value T>
Matrix<T> Matrix<T>::diagonal(std::span<const T> diagonal) {
  Compressed<T> arrays;
  arrays.orientation = Orientation::by_column;
  arrays.rows = arrays.columns = diagonal.size();
  arrays.offsets.resize(diagonal.size() + 1);
  std::iota(arrays.offsets.begin(), arrays.offsets.end(), Index{0});
  arrays.indices.assign(arrays.offsets.begin(), arrays.offsets.end() - 1);
  arrays.values.assign(diagonal.begin(), diagonal.end());
  return from_compressed(arrays);
}

template <Value T>
Matrix<T> Matrix<T>::clone() const {
  Matrix copy;
  GrB_Matrix duplicate = nullptr;
  check(GrB_Matrix_dup(&duplicate, handle_), "copy a matrix", {handle_});
  GrB_Matrix_free(&copy.handle_);
  copy.handle_ = duplicate;
  return copy;
}

template <Value T>
Index Matrix<T>::rows() const {
  Index rows = 0;
  check(GrB_Matrix_nrows(&rows, handle_), "count rows");
  return rows;
}

template <Value T>
Index Matrix<T>::columns() const {
  Index columns = 0;
  check(GrB_Matrix_ncols(&columns, handle_), "count columns");
  return columns;
}

template <Value T>
Index Matrix<T>::entries() const {
  Index entries = 0;
  check(GrB_Matrix_nvals(&entries, handle_), "count entries");
  return entries;
}

template <Value T>
Orientation Matrix<T>::orientation() const {
  std::int32_t format = 0;
  check(GxB_Matrix_Option_get_INT32(handle_, GxB_FORMAT, &format), "read the orientation");
  return format == GxB_BY_COL ? Orientation::by_column : Orientation::by_row;
}

template <Value T>
std::optional<T> Matrix<T>::at(Index row, Index column) const {
  T value{};
  const GrB_Info info = GraphblasType<T>::extract_element(&value, handle_, row, column);
  if (info == GrB_NO_VALUE) return std::nullopt;
  check(info, "read an entry", {handle_});
  return value;
}

template <Value T>
Triples<T> Matrix<T>::triples() const {
  Compressed<T> arrays = compressed(Orientation::by_row);
  Triples<T> triples;
  triples.rows.resize(arrays.size());
  for (Index row = 0; row < arrays.rows; ++row) {
    std::fill(triples.rows.begin() + static_cast<std::ptrdiff_t>(arrays.offsets[row]),
              triples.rows.begin() + static_cast<std::ptrdiff_t>(arrays.offsets[row + 1]), row);
  }
  triples.columns = std::move(arrays.indices);
  triples.values = std::move(arrays.values);
  return triples;
}

template <Value T>
Compressed<T> Matrix<T>::compressed(Orientation orientation) const {
  Compressed<T> arrays;
  arrays.orientation = orientation;
  arrays.rows = rows();
  arrays.columns = columns();
  Index offsets = checked_add(arrays.vectors(), 1, "offsets");
  Index indices = entries();
  Index values = indices;
  arrays.offsets.resize(offsets);
  arrays.indices.resize(indices);
  arrays.values.resize(values);
  // As in build: no null pointers, even where nothing is to be written.
  Index no_index = 0;
  Array<T> no_value{};
  check(GraphblasType<T>::export_arrays(
            arrays.offsets.data(), indices == 0 ? &no_index : arrays.indices.data(),
            as_values<T>(values == 0 ? &no_value : arrays.values.data()), &offsets, &indices,
            &values, orientation == Orientation::by_row ? GrB_CSR_FORMAT : GrB_CSC_FORMAT, handle_),
        "export a matrix", {handle_});
  return arrays;
}

template <Value T>
void Matrix<T>::finish() {
  check(GrB_Matrix_wait(handle_, GrB_MATERIALIZE), "finish a matrix", {handle_});
}

template <Value T>
void Matrix<T>::keep_sparse() {
  check(GxB_Matrix_Option_set_INT32(handle_, GxB_SPARSITY_CONTROL, GxB_SPARSE + GxB_HYPERSPARSE),
        "keep a matrix sparse", {handle_});
}

#define OSCILLON_INSTANTIATE_MATRIX(T)               \
  template void require_valid(const Compressed<T>&); \
  template struct OwnedCompressed<T>;                \
  template class Matrix<T>;
OSCILLON_FOR_EACH_VALUE_TYPE(OSCILLON_INSTANTIATE_MATRIX)
#undef OSCILLON_INSTANTIATE_MATRIX

}  // namespace oscillon
