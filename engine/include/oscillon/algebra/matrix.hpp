// A sparse matrix: the move-only owner of a GrB_Matrix, with its arrays in and out.
#pragma once

#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "oscillon/algebra/graphblas.hpp"

namespace oscillon {

// How the entries lie in memory: row after row, or column after column.
enum class Orientation { by_row, by_column };

// What becomes of entries that share a place.
enum class Collision { none, first, last, sum, min, max };

// std::vector<bool> has no array behind it, so bool is held as a byte of value 0 or 1.
template <Value T>
using ValueArray = std::vector<std::conditional_t<std::is_same_v<T, bool>, std::uint8_t, T>>;

// Entry i stands at (rows[i], columns[i]) and has the value values[i]; three arrays of one length.
template <Value T>
struct Triples {
  std::vector<Index> rows;
  std::vector<Index> columns;
  ValueArray<T> values;

  void add(Index row, Index column, T value) {
    rows.push_back(row);
    columns.push_back(column);
    values.push_back(value);
  }
  std::size_t size() const { return values.size(); }
};

// Compressed rows (CSR) or columns (CSC): vector v (a row or a column) has the entries offsets[v] …
// offsets[v+1] - 1, at indices that ascend.
template <Value T>
struct Compressed {
  Orientation orientation = Orientation::by_row;
  Index rows = 0;
  Index columns = 0;
  std::vector<Index> offsets{0};
  std::vector<Index> indices;
  ValueArray<T> values;

  Index vectors() const { return orientation == Orientation::by_row ? rows : columns; }
  std::size_t size() const { return values.size(); }
};

// The same in memory that a matrix takes over without a copy; what the arrays hold at first is
// open.
template <Value T>
struct OwnedCompressed {
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  template <class U>
  using Array = std::unique_ptr<U[], Free>;

  // Throws std::bad_alloc.
  OwnedCompressed(Orientation stored, Index row_count, Index column_count, Index entries);

  Index vectors() const { return orientation == Orientation::by_row ? rows : columns; }

  Orientation orientation;
  Index rows, columns, size;
  Array<Index> offsets, indices;
  Array<T> values;
};

// The transpose: rows become columns, and no entry moves.
template <Value T>
Compressed<T> transposed(Compressed<T> arrays) {
  arrays.orientation =
      arrays.orientation == Orientation::by_row ? Orientation::by_column : Orientation::by_row;
  std::swap(arrays.rows, arrays.columns);
  return arrays;
}

// Throws ShapeError or KeyError unless the arrays fit together, the offsets are monotone and the
// indices ascend strictly within the shape.
template <Value T>
void require_valid(const Compressed<T>& arrays);

template <Value T>
class Matrix {
 public:
  // An empty matrix of this shape.
  explicit Matrix(Index rows = 0, Index columns = 0, Orientation orientation = Orientation::by_row);
  ~Matrix();
  Matrix(Matrix&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Matrix& operator=(Matrix&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  Matrix(const Matrix&) = delete;
  Matrix& operator=(const Matrix&) = delete;

  // From entries in any order. Entries that share a place are combined in input order by
  // `collision`; Collision::none throws KeyError naming the first such place. Zeros are stored like
  // any value.
  static Matrix build(Index rows, Index columns, const Triples<T>& triples,
                      Collision collision = Collision::none,
                      Orientation orientation = Orientation::by_row);

  // From compressed arrays. Throws like require_valid.
  static Matrix from_compressed(const Compressed<T>& arrays);

  // From arrays that are trusted to be valid and are used up.
  static Matrix adopt(OwnedCompressed<T> arrays);

  // A square matrix with `diagonal` on its diagonal, every entry stored, stored by column.
  static Matrix diagonal(std::span<const T> diagonal);

  Matrix clone() const;

  Index rows() const;
  Index columns() const;
  Index entries() const;  // stored entries, zeros included
  Orientation orientation() const;

  // The entry at (row, column), if there is one.
  std::optional<T> at(Index row, Index column) const;

  // All entries, ordered by row, then by column.
  Triples<T> triples() const;
  Compressed<T> compressed(Orientation orientation) const;

  // Finishes pending work, so that several threads may read the matrix at once, and sorts each
  // vector.
  void finish();

  // From now on the matrix is stored in compressed vectors, however full it gets. Left to itself
  // GraphBLAS turns a matrix that fills up into a bitmap or a full array, whose products sum in an
  // order of their own.
  void keep_sparse();

  GrB_Matrix handle() const { return handle_; }

 private:
  GrB_Matrix handle_ = nullptr;
};

#define OSCILLON_EXTERN_MATRIX(T)                           \
  extern template void require_valid(const Compressed<T>&); \
  extern template struct OwnedCompressed<T>;                \
  extern template class Matrix<T>;
OSCILLON_FOR_EACH_VALUE_TYPE(OSCILLON_EXTERN_MATRIX)
#undef OSCILLON_EXTERN_MATRIX

}  // namespace oscillon
