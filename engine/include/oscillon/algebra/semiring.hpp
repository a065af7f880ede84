// The semirings, one line each, and the element-wise, product and reduction operations of matrices
// over them.
//
// A semiring (V, (+), (x), 0, 1) has (+) commutative and associative with identity 0, (x)
// associative with identity 1, (x) distributing over (+), and 0 annihilating (x). A missing entry
// of a sparse matrix is the semiring's 0, whatever number that is; a *stored* number 0 is an
// ordinary value. Source: the paper, section II and appendix A.
#pragma once

#include <algorithm>
#include <limits>
#include <string_view>

#include "oscillon/algebra/matrix.hpp"

namespace oscillon {

namespace op {

// The least and greatest values of T: -inf and +inf where T has them.
template <class T>
constexpr T least() {
  if constexpr (std::numeric_limits<T>::has_infinity) return -std::numeric_limits<T>::infinity();
  return std::numeric_limits<T>::lowest();
}
template <class T>
constexpr T greatest() {
  if constexpr (std::numeric_limits<T>::has_infinity) return std::numeric_limits<T>::infinity();
  return std::numeric_limits<T>::max();
}

// Integers wrap around, as GraphBLAS's do, and without the undefined behaviour of C++'s.
template <class T>
T sum(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  } else {
    return a + b;
  }
}
template <class T>
T product(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  } else {
    return a * b;
  }
}

// OPERATOR(name, C++ expression of a and b, GraphBLAS operator, GraphBLAS monoid, condition on T)
#define OSCILLON_OPERATOR(NAME, EXPRESSION, BINARY, MONOID, CONDITION) \
  struct NAME {                                                        \
    template <class T>                                                 \
    static constexpr bool accepts = CONDITION;                         \
    template <class T>                                                 \
    static T apply(T a, T b) {                                         \
      return static_cast<T>(EXPRESSION);                               \
    }                                                                  \
    template <class T>                                                 \
    static GrB_BinaryOp binary() {                                     \
      return BINARY;                                                   \
    }                                                                  \
    template <class T>                                                 \
    static GrB_Monoid monoid() {                                       \
      return MONOID;                                                   \
    }                                                                  \
  };
#define OSCILLON_IS_NUMBER (!std::is_same_v<T, bool>)
#define OSCILLON_IS_TRUTH (std::is_same_v<T, bool>)
#define OSCILLON_IS_SET (std::is_same_v<T, std::uint64_t>)
OSCILLON_OPERATOR(Plus, sum(a, b), GraphblasType<T>::plus(), GraphblasType<T>::plus_monoid(),
                  OSCILLON_IS_NUMBER)
OSCILLON_OPERATOR(Times, product(a, b), GraphblasType<T>::times(), nullptr, OSCILLON_IS_NUMBER)
OSCILLON_OPERATOR(Max, std::max(a, b), GraphblasType<T>::max(), GraphblasType<T>::max_monoid(),
                  OSCILLON_IS_NUMBER)
OSCILLON_OPERATOR(Min, std::min(a, b), GraphblasType<T>::min(), GraphblasType<T>::min_monoid(),
                  OSCILLON_IS_NUMBER)
OSCILLON_OPERATOR(Or, a || b, GrB_LOR, GrB_LOR_MONOID_BOOL, OSCILLON_IS_TRUTH)
OSCILLON_OPERATOR(And, a&& b, GrB_LAND, GrB_LAND_MONOID_BOOL, OSCILLON_IS_TRUTH)
OSCILLON_OPERATOR(Union, a | b, GrB_BOR_UINT64, GxB_BOR_UINT64_MONOID, OSCILLON_IS_SET)
OSCILLON_OPERATOR(Intersection, a& b, GrB_BAND_UINT64, GxB_BAND_UINT64_MONOID, OSCILLON_IS_SET)
#undef OSCILLON_OPERATOR
#undef OSCILLON_IS_NUMBER
#undef OSCILLON_IS_TRUTH
#undef OSCILLON_IS_SET

}  // namespace op

// SEMIRING(type, name, (+), (x), 0, 1, GraphBLAS semiring)
#define OSCILLON_SEMIRING(NAME, TEXT, ADD, MULTIPLY, ZERO, ONE, GRAPHBLAS)                    \
  struct NAME {                                                                               \
    static constexpr std::string_view name = TEXT;                                            \
    using Add = op::ADD;                                                                      \
    using Multiply = op::MULTIPLY;                                                            \
    template <class T>                                                                        \
    static constexpr bool accepts = Add::template accepts<T>&& Multiply::template accepts<T>; \
    template <class T>                                                                        \
    static constexpr T zero() {                                                               \
      return ZERO;                                                                            \
    }                                                                                         \
    template <class T>                                                                        \
    static constexpr T one() {                                                                \
      return ONE;                                                                             \
    }                                                                                         \
    template <class T>                                                                        \
    static GrB_Semiring graphblas() {                                                         \
      return GRAPHBLAS;                                                                       \
    }                                                                                         \
  };
// clang-format off
OSCILLON_SEMIRING(PlusTimes, "+.x",     Plus, Times, T(0),                T(1),              GraphblasType<T>::plus_times())
OSCILLON_SEMIRING(MaxPlus,   "max.+",   Max,  Plus,  op::least<T>(),      T(0),              GraphblasType<T>::max_plus())
OSCILLON_SEMIRING(MinPlus,   "min.+",   Min,  Plus,  op::greatest<T>(),   T(0),              GraphblasType<T>::min_plus())
OSCILLON_SEMIRING(MaxTimes,  "max.x",   Max,  Times, T(0),                T(1),              GraphblasType<T>::max_times())  // values >= 0
OSCILLON_SEMIRING(MinTimes,  "min.x",   Min,  Times, op::greatest<T>(),   T(1),              GraphblasType<T>::min_times())  // values > 0
OSCILLON_SEMIRING(MaxMin,    "max.min", Max,  Min,   op::least<T>(),      op::greatest<T>(), GraphblasType<T>::max_min())
OSCILLON_SEMIRING(MinMax,    "min.max", Min,  Max,   op::greatest<T>(),   op::least<T>(),    GraphblasType<T>::min_max())
OSCILLON_SEMIRING(OrAnd,     "or.and",  Or,   And,   false,               true,              GrB_LOR_LAND_SEMIRING_BOOL)
OSCILLON_SEMIRING(UnionIntersection, "union.intersection", Union, Intersection, T(0), ~T(0), GxB_BOR_BAND_UINT64)
// clang-format on
#undef OSCILLON_SEMIRING

template <class S, class T>
concept SemiringOver = Value<T> && S::template accepts<T>;

// C = A (+) B: the union of the patterns. A and B have one shape and orientation.
template <class S, Value T>
requires SemiringOver<S, T> Matrix<T> plus(const Matrix<T>& A, const Matrix<T>& B) {
  Matrix<T> C(A.rows(), A.columns(), A.orientation());
  check(GrB_Matrix_eWiseAdd_BinaryOp(C.handle(), nullptr, nullptr, S::Add::template binary<T>(),
                                     A.handle(), B.handle(), nullptr),
        "element-wise plus", {C.handle(), A.handle(), B.handle()});
  return C;
}

// C = A (x) B: the intersection of the patterns. A and B have one shape and orientation.
template <class S, Value T>
requires SemiringOver<S, T> Matrix<T> times(const Matrix<T>& A, const Matrix<T>& B) {
  Matrix<T> C(A.rows(), A.columns(), A.orientation());
  check(
      GrB_Matrix_eWiseMult_BinaryOp(C.handle(), nullptr, nullptr, S::Multiply::template binary<T>(),
                                    A.handle(), B.handle(), nullptr),
      "element-wise times", {C.handle(), A.handle(), B.handle()});
  return C;
}

// C = A B over the semiring: (m x k) times (k x n). C takes A's orientation.
template <class S, Value T>
requires SemiringOver<S, T> Matrix<T> multiply(const Matrix<T>& A, const Matrix<T>& B) {
  Matrix<T> C(A.rows(), B.columns(), A.orientation());
  // Gustavson's workspace is as long as a row of C: faster than hashing where it is filled and fits
  // the cache.
  constexpr Index longest_workspace = Index{1} << 18;
  const bool gustavson = B.columns() <= longest_workspace && A.entries() >= B.columns();
  check(GrB_mxm(C.handle(), nullptr, nullptr, S::template graphblas<T>(), A.handle(), B.handle(),
                sorted_product(gustavson ? ProductMethod::gustavson : ProductMethod::any)),
        "multiply", {C.handle(), A.handle(), B.handle()});
  return C;
}

// v(i) = (+) over the entries of row i; no entry, no value. v is an (m x 1) matrix.
template <class S, Value T>
requires SemiringOver<S, T> Matrix<T> reduce_rows(const Matrix<T>& A) {
  Matrix<T> v(A.rows(), 1);
  // SuiteSparse: a GrB_Vector *is* an n x 1 matrix stored by column, and may be passed as one; we
  // stay within the standard and go through a vector of our own.
  GrB_Vector sums = nullptr;
  check(GrB_Vector_new(&sums, GraphblasType<T>::type(), A.rows()), "make a vector");
  GrB_Info info = GrB_Matrix_reduce_Monoid(sums, nullptr, nullptr, S::Add::template monoid<T>(),
                                           A.handle(), nullptr);
  if (info == GrB_SUCCESS) {
    info = GrB_Col_assign(v.handle(), nullptr, nullptr, sums, GrB_ALL, A.rows(), 0, nullptr);
  }
  GrB_Vector_free(&sums);
  check(info, "reduce rows", {v.handle(), A.handle()});
  return v;
}

}  // namespace oscillon
