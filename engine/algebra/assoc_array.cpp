#include "oscillon/algebra/assoc_array.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "oscillon/base/checked.hpp"
#include "oscillon/base/thread_team.hpp"

namespace oscillon {

namespace {

std::vector<Index> sorted_distinct(std::vector<Index> list, Index size) {
  std::sort(list.begin(), list.end());
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] >= size) {
      throw KeyError("position " + std::to_string(list[i]) + " is beyond the last of " +
                     std::to_string(size) + " keys");
    }
    if (i > 0 && list[i] == list[i - 1]) {
      throw KeyError("position " + std::to_string(list[i]) + " is selected twice");
    }
  }
  return list;
}

std::vector<Index> positions_in(PositionRange range) {
  std::vector<Index> list(range.size());
  std::iota(list.begin(), list.end(), range.begin);
  return list;
}

// Positions of the vectors (rows or columns) of compressed arrays that hold an entry.
template <Value T>
std::vector<Index> occupied(const Compressed<T>& arrays) {
  std::vector<Index> list;
  for (Index v = 0; v < arrays.vectors(); ++v) {
    if (arrays.offsets[v + 1] > arrays.offsets[v]) list.push_back(v);
  }
  return list;
}

// For each key of `from` its position in `to`; `nowhere` for a key that is not there.
constexpr Index nowhere = ~Index{0};
std::vector<Index> position_map(const KeySet& from, const KeySet& to) {
  std::vector<Index> map(from.size(), nowhere);
  const KeyMerge both = KeyMerge::intersect(from, to);
  for (Index i = 0; i < both.keys.size(); ++i) map[both.left[i]] = both.right[i];
  return map;
}

template <Value T>
bool agree(T a, T b, Tolerance tolerance) {
  if (a == b) return true;
  if constexpr (std::is_same_v<T, bool>) {
    return false;
  } else {
    if constexpr (std::is_floating_point_v<T>) {
      if (!std::isfinite(a) || !std::isfinite(b)) return false;
    }
    // Differences of 64-bit integers are taken in long double, which holds them exactly.
    const long double x = a;
    const long double y = b;
    return std::abs(x - y) <=
           tolerance.absolute + tolerance.relative * std::max(std::abs(x), std::abs(y));
  }
}

template <Value T>
GrB_IndexUnaryOp comparison_operator(Comparison comparison) {
  using G = GraphblasType<T>;
  if (comparison == Comparison::equal) return G::value_equal();
  if (comparison == Comparison::not_equal) return G::value_not_equal();
  if constexpr (std::is_same_v<T, bool>) {
    throw Error(Fault::usage, "truth values have no order: compare with equal or not_equal");
  } else {
    switch (comparison) {
      case Comparison::less:
        return G::value_less();
      case Comparison::less_equal:
        return G::value_less_equal();
      case Comparison::greater:
        return G::value_greater();
      default:
        return G::value_greater_equal();
    }
  }
}

}  // namespace

std::vector<Index> resolve(const Selection& selection, const KeySet& keys) {
  struct Resolver {
    const KeySet& keys;
    std::vector<Index> operator()(const AllKeys&) const { return positions_in({0, keys.size()}); }
    std::vector<Index> operator()(const KeyList& list) const {
      const std::vector<std::string_view> views(list.keys.begin(), list.keys.end());
      std::vector<Index> found = keys.find_all(views);
      std::sort(found.begin(), found.end());
      found.erase(std::unique(found.begin(), found.end()), found.end());
      return found;
    }
    std::vector<Index> operator()(const KeyRange& range) const {
      return positions_in(keys.range(range.first, range.last));
    }
    std::vector<Index> operator()(const KeyPrefix& prefix) const {
      return positions_in(keys.prefix(prefix.prefix));
    }
    std::vector<Index> operator()(const KeyPositions& list) const {
      return sorted_distinct(list.positions, keys.size());
    }
  };
  return std::visit(Resolver{keys}, selection);
}

template <Value T>
AssocArray<T>::AssocArray(KeySet rows, KeySet columns)
    : AssocArray(rows, columns, Matrix<T>(rows.size(), columns.size())) {}

template <Value T>
AssocArray<T>::AssocArray(KeySet rows, KeySet columns, Matrix<T> matrix)
    : rows_(std::move(rows)), columns_(std::move(columns)) {
  if (matrix.rows() != rows_.size() || matrix.columns() != columns_.size()) {
    throw ShapeError("a matrix of " + std::to_string(matrix.rows()) + " x " +
                     std::to_string(matrix.columns()) + " cannot take " +
                     std::to_string(rows_.size()) + " row keys and " +
                     std::to_string(columns_.size()) + " column keys");
  }
  matrix.finish();
  matrix_ = std::make_shared<const Matrix<T>>(std::move(matrix));
}

template <Value T>
AssocArray<T> AssocArray<T>::from_triples(std::span<const std::string_view> k1,
                                          std::span<const std::string_view> k2,
                                          const ValueArray<T>& v, Collision collision) {
  if (k1.size() != v.size() || k2.size() != v.size()) {
    throw ShapeError("triples of different lengths: " + std::to_string(k1.size()) + " row keys, " +
                     std::to_string(k2.size()) + " column keys, " + std::to_string(v.size()) +
                     " values");
  }
  std::array<std::pair<KeySet, std::vector<Index>>, 2> indexed;
  run_tasks(2, threads_for(k1.size()),
            [&](std::size_t i) { indexed[i] = KeySet::index(i == 0 ? k1 : k2); });
  const KeySet &rows = indexed[0].first, &columns = indexed[1].first;
  const Triples<T> triples{std::move(indexed[0].second), std::move(indexed[1].second), v};
  try {
    return AssocArray(rows, columns,
                      Matrix<T>::build(rows.size(), columns.size(), triples, collision));
  } catch (const KeyError&) {
    // Say it by key: the matrix knows only positions.
    Matrix<std::uint64_t> seen = Matrix<std::uint64_t>::build(
        rows.size(), columns.size(),
        {triples.rows, triples.columns, ValueArray<std::uint64_t>(v.size(), 1)}, Collision::sum);
    const Triples<std::uint64_t> counts = seen.triples();
    const auto twice =
        std::find_if(counts.values.begin(), counts.values.end(), [](auto n) { return n > 1; });
    const auto at = static_cast<std::size_t>(twice - counts.values.begin());
    throw KeyError("the entry (" + in_quotes(rows[counts.rows[at]]) + ", " +
                   in_quotes(columns[counts.columns[at]]) + ") is given " + std::to_string(*twice) +
                   " times; name a collision rule to combine them");
  }
}

template <Value T>
AssocArray<T> AssocArray<T>::identity(std::span<const std::string_view> k1,
                                      std::span<const std::string_view> k2, T one) {
  return from_triples(k1, k2, ValueArray<T>(k1.size(), one));
}

template <Value T>
AssocArray<T> AssocArray<T>::identity(const KeySet& k, T one) {
  const ValueArray<T> values(k.size(), one);
  Triples<T> triples{positions_in({0, k.size()}), positions_in({0, k.size()}), values};
  return AssocArray(k, k, Matrix<T>::build(k.size(), k.size(), triples));
}

template <Value T>
AssocArray<T> AssocArray<T>::ones(const KeySet& k1, const KeySet& k2, T one) {
  Matrix<T> matrix(k1.size(), k2.size());
  if (!k1.empty() && !k2.empty()) {
    check(GraphblasType<T>::assign_scalar(matrix.handle(), nullptr, nullptr, one, GrB_ALL,
                                          k1.size(), GrB_ALL, k2.size(), nullptr),
          "fill an array", {matrix.handle()});
  }
  return AssocArray(k1, k2, std::move(matrix));
}

template <Value T>
KeySet AssocArray<T>::rows() const {
  return rows_.at(occupied(matrix_->compressed(Orientation::by_row)));
}

template <Value T>
KeySet AssocArray<T>::columns() const {
  return columns_.at(occupied(matrix_->compressed(Orientation::by_column)));
}

template <Value T>
std::optional<T> AssocArray<T>::at(std::string_view row, std::string_view column) const {
  const std::optional<Index> i = rows_.find(row);
  const std::optional<Index> j = columns_.find(column);
  return i && j ? matrix_->at(*i, *j) : std::nullopt;
}

template <Value T>
AssocArray<T> AssocArray<T>::select(const Selection& rows, const Selection& columns) const {
  const std::vector<Index> i = resolve(rows, rows_);
  const std::vector<Index> j = resolve(columns, columns_);
  if (i.size() == rows_.size() && j.size() == columns_.size()) return *this;
  Matrix<T> part(i.size(), j.size());
  if (!i.empty() && !j.empty()) {
    check(GrB_Matrix_extract(part.handle(), nullptr, nullptr, matrix_->handle(), i.data(), i.size(),
                             j.data(), j.size(), nullptr),
          "extract a sub-array", {part.handle(), matrix_->handle()});
  }
  return AssocArray(rows_.at(i), columns_.at(j), std::move(part));
}

template <Value T>
AssocArray<T> AssocArray<T>::over(const KeySet& rows, const KeySet& columns) const {
  if (rows == rows_ && columns == columns_) return *this;
  const std::vector<Index> row_map = position_map(rows_, rows);
  const std::vector<Index> column_map = position_map(columns_, columns);
  // Both maps are monotone, so compressed rows stay in order.
  Compressed<T> arrays = matrix_->compressed(Orientation::by_row);
  std::vector<Index> offsets(checked_add(rows.size(), 1, "offsets"), 0);
  for (Index row = 0; row < rows_.size(); ++row) {
    const Index length = arrays.offsets[row + 1] - arrays.offsets[row];
    if (length == 0) continue;
    if (row_map[row] == nowhere) {
      throw KeyError("row key " + in_quotes(rows_[row]) +
                     " holds entries and is not among the keys of the new array");
    }
    offsets[row_map[row] + 1] = length;
  }
  std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
  for (Index& column : arrays.indices) {
    if (column_map[column] == nowhere) {
      throw KeyError("column key " + in_quotes(columns_[column]) +
                     " holds entries and is not among the keys of the new array");
    }
    column = column_map[column];
  }
  arrays.offsets = std::move(offsets);
  arrays.rows = rows.size();
  arrays.columns = columns.size();
  return AssocArray(rows, columns, Matrix<T>::from_compressed(arrays));
}

template <Value T>
AssocArray<T> AssocArray<T>::transposed() const {
  Matrix<T> turned(columns_.size(), rows_.size());
  check(GrB_transpose(turned.handle(), nullptr, nullptr, matrix_->handle(), nullptr), "transpose",
        {turned.handle(), matrix_->handle()});
  return AssocArray(columns_, rows_, std::move(turned));
}

template <Value T>
AssocArray<T> AssocArray<T>::zero_norm(T zero, T one) const {
  const AssocArray nonzero = where(Comparison::not_equal, zero);
  Compressed<T> arrays = nonzero.matrix_->compressed(Orientation::by_row);
  std::fill(arrays.values.begin(), arrays.values.end(), one);
  return AssocArray(rows_, columns_, Matrix<T>::from_compressed(arrays));
}

template <Value T>
AssocArray<T> AssocArray<T>::where(Comparison comparison, T value) const {
  Matrix<T> kept(rows_.size(), columns_.size());
  check(
      GraphblasType<T>::select(kept.handle(), nullptr, nullptr, comparison_operator<T>(comparison),
                               matrix_->handle(), value, nullptr),
      "select by value", {kept.handle(), matrix_->handle()});
  return AssocArray(rows_, columns_, std::move(kept));
}

template <Value T>
std::optional<Difference<T>> first_difference(const AssocArray<T>& A, const AssocArray<T>& B,
                                              Tolerance tolerance) {
  const Triples<T> a = A.matrix().triples();
  const Triples<T> b = B.matrix().triples();
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    using Place = std::pair<std::string_view, std::string_view>;
    Place left, right;
    if (i < a.size()) left = {A.row_keys()[a.rows[i]], A.column_keys()[a.columns[i]]};
    if (j < b.size()) right = {B.row_keys()[b.rows[j]], B.column_keys()[b.columns[j]]};
    const bool only_left = j == b.size() || (i < a.size() && left < right);
    const bool only_right = i == a.size() || (j < b.size() && right < left);
    if (only_left || only_right || !agree<T>(a.values[i], b.values[j], tolerance)) {
      const Place place = only_right ? right : left;
      Difference<T> difference{std::string(place.first), std::string(place.second), {}, {}};
      if (!only_right) difference.left = static_cast<T>(a.values[i]);
      if (!only_left) difference.right = static_cast<T>(b.values[j]);
      return difference;
    }
    ++i;
    ++j;
  }
  return std::nullopt;
}

#define OSCILLON_INSTANTIATE_ARRAY(T)                                          \
  template class AssocArray<T>;                                                \
  template std::optional<Difference<T>> first_difference(const AssocArray<T>&, \
                                                         const AssocArray<T>&, Tolerance);
OSCILLON_FOR_EACH_VALUE_TYPE(OSCILLON_INSTANTIATE_ARRAY)
#undef OSCILLON_INSTANTIATE_ARRAY

}  // namespace oscillon
