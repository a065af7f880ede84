// The algebra of associative arrays over a semiring S (appendix A of the paper). Keys need not
// agree: plus unites them, times and multiply meet on the keys that both arrays have, since a
// missing entry is the semiring's 0. No entry is ever dropped, whatever its value.
#pragma once

#include <array>

#include "oscillon/algebra/assoc_array.hpp"
#include "oscillon/algebra/semiring.hpp"
#include "oscillon/base/checked.hpp"
#include "oscillon/base/thread_team.hpp"

namespace oscillon {

// A and B over new keys (AssocArray::over), one on each of two threads.
template <Value T>
std::array<AssocArray<T>, 2> both_over(const AssocArray<T>& A, const KeySet& A_rows,
                                       const KeySet& A_columns, const AssocArray<T>& B,
                                       const KeySet& B_rows, const KeySet& B_columns) {
  std::array<AssocArray<T>, 2> both;
  run_tasks(2, threads_for(A.entries() + B.entries()), [&](std::size_t i) {
    both[i] = i == 0 ? A.over(A_rows, A_columns) : B.over(B_rows, B_columns);
  });
  return both;
}

// C(k1, k2) = A(k1, k2) (+) B(k1, k2), over the union of the keys.
template <class S, Value T>
AssocArray<T> plus(const AssocArray<T>& A, const AssocArray<T>& B) {
  const KeySet rows = KeyMerge::unite(A.row_keys(), B.row_keys()).keys;
  const KeySet columns = KeyMerge::unite(A.column_keys(), B.column_keys()).keys;
  const auto [left, right] = both_over(A, rows, columns, B, rows, columns);
  return AssocArray<T>(rows, columns, plus<S>(left.matrix(), right.matrix()));
}

// C(k1, k2) = A(k1, k2) (x) B(k1, k2), over the intersection of the keys.
template <class S, Value T>
AssocArray<T> times(const AssocArray<T>& A, const AssocArray<T>& B) {
  KeyMerge rows = KeyMerge::intersect(A.row_keys(), B.row_keys());
  KeyMerge columns = KeyMerge::intersect(A.column_keys(), B.column_keys());
  const AssocArray<T> left = A.select(positions(std::move(rows.left)), positions(columns.left));
  const AssocArray<T> right = B.select(positions(std::move(rows.right)), positions(columns.right));
  return AssocArray<T>(rows.keys, columns.keys, times<S>(left.matrix(), right.matrix()));
}

// C(k1, k2) = (+)_k A(k1, k) (x) B(k, k2): A's row keys by B's column keys.
template <class S, Value T>
AssocArray<T> multiply(const AssocArray<T>& A, const AssocArray<T>& B) {
  // Over the union of the inner keys: room costs less than taking out what does not meet.
  const KeySet inner = KeyMerge::unite(A.column_keys(), B.row_keys()).keys;
  const auto [left, right] = both_over(A, A.row_keys(), inner, B, inner, B.column_keys());
  return AssocArray<T>(A.row_keys(), B.column_keys(), multiply<S>(left.matrix(), right.matrix()));
}

// C(k1, key) = (+) over the entries of row k1. A row without entries gets none.
template <class S, Value T>
AssocArray<T> reduce_rows(const AssocArray<T>& A, std::string_view key = "1") {
  return AssocArray<T>(A.row_keys(), KeySet{key}, reduce_rows<S>(A.matrix()));
}

// C(key, k2) = (+) over the entries of column k2. A column without entries gets none.
template <class S, Value T>
AssocArray<T> reduce_columns(const AssocArray<T>& A, std::string_view key = "1") {
  return reduce_rows<S>(A.transposed(), key).transposed();
}

// The concatenations of each key of `left` with each of `right`, with `separator` between them;
// element l * right.size() + r of the list is the position of left[l] + separator + right[r].
// Throws KeyError when two pairs read the same ("a" + "bc" and "ab" + "c"): a separator that no key
// contains prevents it.
std::pair<KeySet, std::vector<Index>> concatenated_keys(const KeySet& left, const KeySet& right,
                                                        std::string_view separator = "");

// The Kronecker product, C(k1 k3, k2 k4) = A(k1, k2) (x) B(k3, k4), keys concatenated in order.
template <class S, Value T>
requires SemiringOver<S, T> AssocArray<T> kronecker(const AssocArray<T>& A, const AssocArray<T>& B,
                                                    std::string_view separator = "") {
  const auto [rows, row_at] = concatenated_keys(A.row_keys(), B.row_keys(), separator);
  const auto [columns, column_at] = concatenated_keys(A.column_keys(), B.column_keys(), separator);
  const Triples<T> a = A.matrix().triples();
  const Triples<T> b = B.matrix().triples();
  Triples<T> product;
  const Index entries = checked_multiply(a.size(), b.size(), "entries of a Kronecker product");
  product.rows.reserve(entries);
  product.columns.reserve(entries);
  product.values.reserve(entries);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Index row_base = a.rows[i] * B.row_keys().size();
    const Index column_base = a.columns[i] * B.column_keys().size();
    for (std::size_t j = 0; j < b.size(); ++j) {
      product.add(row_at[row_base + b.rows[j]], column_at[column_base + b.columns[j]],
                  S::Multiply::template apply<T>(a.values[i], b.values[j]));
    }
  }
  return AssocArray<T>(rows, columns, Matrix<T>::build(rows.size(), columns.size(), product));
}

}  // namespace oscillon
