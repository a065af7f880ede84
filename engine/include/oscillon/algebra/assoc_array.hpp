// Associative arrays, A : K1 x K2 -> V: a sparse matrix whose rows and columns carry sorted string
// keys. Immutable; copies share their matrix. What an array *means* is the set of its entries: keys
// without entries are only room, and two arrays with the same keyed entries are equal. Source: the
// paper, section II and appendix A; the operations over semirings are in array_algebra.hpp.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "oscillon/algebra/key_set.hpp"
#include "oscillon/algebra/matrix.hpp"

namespace oscillon {

// Which rows or columns a sub-array takes. Made by the functions below.
struct AllKeys {};
struct KeyList {
  std::vector<std::string> keys;
};
struct KeyRange {
  std::string first, last;
};
struct KeyPrefix {
  std::string prefix;
};
struct KeyPositions {
  std::vector<Index> positions;
};
using Selection = std::variant<AllKeys, KeyList, KeyRange, KeyPrefix, KeyPositions>;

inline Selection all_keys() {
  return AllKeys{};
}
inline Selection keys(std::vector<std::string> list) {  // each must be there
  return KeyList{std::move(list)};
}
inline Selection key_range(std::string first, std::string last) {  // both ends belong to it
  return KeyRange{std::move(first), std::move(last)};
}
inline Selection key_prefix(std::string prefix) {
  return KeyPrefix{std::move(prefix)};
}
inline Selection positions(std::vector<Index> list) {  // in any order, without repeats
  return KeyPositions{std::move(list)};
}

// The ascending positions in `keys` that a selection stands for. Throws KeyError for a listed key
// that is not there and for a position that is beyond or given twice.
std::vector<Index> resolve(const Selection& selection, const KeySet& keys);

enum class Comparison { equal, not_equal, less, less_equal, greater, greater_equal };

// Values a and b agree when |a - b| <= absolute + relative * max(|a|, |b|).
struct Tolerance {
  double absolute = 0;
  double relative = 0;
};

// Where two arrays differ: a missing value means there is no entry.
template <Value T>
struct Difference {
  std::string row, column;
  std::optional<T> left, right;
};

template <Value T>
class AssocArray {
 public:
  // No keys and no entries: the 0 of element-wise plus.
  AssocArray() : AssocArray(KeySet(), KeySet()) {}

  // Room for entries, but none.
  AssocArray(KeySet rows, KeySet columns);

  // Names the rows and columns of a matrix; ShapeError unless there is a key for each.
  AssocArray(KeySet rows, KeySet columns, Matrix<T> matrix);

  // A(k1, k2, v): entry i has the row key k1[i], the column key k2[i] and the value v[i]. Entries
  // that share a place are combined in the order of the lists by `collision`; Collision::none
  // throws KeyError naming the keys. Stored zeros stay.
  static AssocArray from_triples(std::span<const std::string_view> k1,
                                 std::span<const std::string_view> k2, const ValueArray<T>& v,
                                 Collision collision = Collision::none);

  // I(k1, k2): the entry i is at (k1[i], k2[i]) and has the value `one`.
  static AssocArray identity(std::span<const std::string_view> k1,
                             std::span<const std::string_view> k2, T one = T(1));

  // I(k) = I(k, k).
  static AssocArray identity(const KeySet& k, T one = T(1));

  // 1(k1, k2): every entry of the grid is stored, with the value `one`.
  static AssocArray ones(const KeySet& k1, const KeySet& k2, T one = T(1));

  const KeySet& row_keys() const { return rows_; }
  const KeySet& column_keys() const { return columns_; }
  const Matrix<T>& matrix() const { return *matrix_; }
  Index entries() const { return matrix_->entries(); }

  // row(A) and col(A): the keys that hold an entry.
  KeySet rows() const;
  KeySet columns() const;

  // The entry at a pair of keys, if there is one.
  std::optional<T> at(std::string_view row, std::string_view column) const;

  // A(rows, columns): the entries in these rows and columns, and their keys.
  AssocArray select(const Selection& rows, const Selection& columns) const;

  // The same entries over more or fewer keys: keys that are new hold no entry; ones that go must
  // not hold any (KeyError).
  AssocArray over(const KeySet& rows, const KeySet& columns) const;

  // The same entries over row(A) and col(A) only.
  AssocArray condensed() const { return over(rows(), columns()); }

  AssocArray transposed() const;

  // |A|_0: `one` wherever A stores a value that is not `zero`; stored zeros go, as the zero norm
  // says.
  AssocArray zero_norm(T zero = T(0), T one = T(1)) const;

  // The entries a for which `a (comparison) value` holds, over the same keys. For truth values only
  // equal and not_equal.
  AssocArray where(Comparison comparison, T value) const;

 private:
  KeySet rows_;
  KeySet columns_;
  std::shared_ptr<const Matrix<T>> matrix_;
};

// The first place, by row then column, where A and B differ; none when they are equal. Equal means:
// the same keyed entries, with values that agree within the tolerance.
template <Value T>
std::optional<Difference<T>> first_difference(const AssocArray<T>& A, const AssocArray<T>& B,
                                              Tolerance tolerance = {});

template <Value T>
bool equal(const AssocArray<T>& A, const AssocArray<T>& B, Tolerance tolerance = {}) {
  return !first_difference(A, B, tolerance);
}

#define OSCILLON_EXTERN_ARRAY(T)                                                      \
  extern template class AssocArray<T>;                                                \
  extern template std::optional<Difference<T>> first_difference(const AssocArray<T>&, \
                                                                const AssocArray<T>&, Tolerance);
OSCILLON_FOR_EACH_VALUE_TYPE(OSCILLON_EXTERN_ARRAY)
#undef OSCILLON_EXTERN_ARRAY

}  // namespace oscillon
