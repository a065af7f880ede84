#include <doctest/doctest.h>

#include "oscillon/algebra/matrix.hpp"
#include "oscillon/algebra/semiring.hpp"

#ifdef I
#error "the macro I of complex.h is left behind"
#endif

using namespace oscillon;

namespace {

// A = [ .  2  . ]
//     [ 3  .  0 ]   the 0 is stored
Matrix<double> example(Orientation orientation = Orientation::by_row) {
  Triples<double> triples;
  triples.add(1, 2, 0);
  triples.add(0, 1, 2);
  triples.add(1, 0, 3);
  return Matrix<double>::build(2, 3, triples, Collision::none, orientation);
}

double combined(Collision collision) {
  Triples<double> triples;
  for (const double value : {4., 7., 2., 5.}) triples.add(0, 0, value);
  return *Matrix<double>::build(1, 1, triples, collision).at(0, 0);
}

}  // namespace

TEST_CASE("a matrix holds its entries, stored zeros among them") {
  for (const Orientation orientation : {Orientation::by_row, Orientation::by_column}) {
    const Matrix<double> A = example(orientation);
    CHECK(A.orientation() == orientation);
    CHECK(A.rows() == 2);
    CHECK(A.columns() == 3);
    CHECK(A.entries() == 3);
    CHECK(A.at(0, 1) == 2.);
    CHECK(A.at(1, 2) == 0.);
    CHECK(!A.at(0, 0));
    const Triples<double> triples = A.triples();
    CHECK(triples.rows == std::vector<Index>{0, 1, 1});
    CHECK(triples.columns == std::vector<Index>{1, 0, 2});
    CHECK(triples.values == std::vector<double>{2, 3, 0});
  }
}

TEST_CASE("entries that collide are combined by the named rule, in input order") {
  CHECK(combined(Collision::first) == 4);
  CHECK(combined(Collision::last) == 5);
  CHECK(combined(Collision::sum) == 18);
  CHECK(combined(Collision::min) == 2);
  CHECK(combined(Collision::max) == 7);
  CHECK_THROWS_WITH_AS(combined(Collision::none), "two entries stand at (0, 0): numbers 1 and 2",
                       KeyError);
}

TEST_CASE("truth values collide by or and and") {
  Triples<bool> triples;
  triples.add(0, 0, true);
  triples.add(0, 0, false);
  CHECK(Matrix<bool>::build(1, 1, triples, Collision::sum).at(0, 0) == true);
  CHECK(Matrix<bool>::build(1, 1, triples, Collision::max).at(0, 0) == true);
  CHECK(Matrix<bool>::build(1, 1, triples, Collision::min).at(0, 0) == false);
  CHECK(Matrix<bool>::build(1, 1, triples, Collision::last).at(0, 0) == false);
}

TEST_CASE("entries beyond the shape are refused") {
  Triples<float> triples;
  triples.add(2, 0, 1);
  CHECK_THROWS_AS(Matrix<float>::build(2, 2, triples), Error);
  triples.values.push_back(1);
  CHECK_THROWS_AS(Matrix<float>::build(3, 2, triples), ShapeError);
}

TEST_CASE("compressed arrays go out and in again") {
  for (const Orientation orientation : {Orientation::by_row, Orientation::by_column}) {
    const Compressed<double> arrays = example().compressed(orientation);
    CHECK(arrays.size() == 3);
    const Matrix<double> again = Matrix<double>::from_compressed(arrays);
    CHECK(again.orientation() == orientation);
    CHECK(again.triples().values == example().triples().values);
  }
  const Compressed<double> columns = example().compressed(Orientation::by_column);
  CHECK(columns.offsets == std::vector<Index>{0, 1, 2, 3});
  CHECK(columns.indices == std::vector<Index>{1, 0, 1});
  const Matrix<double> empty(4, 0);
  CHECK(Matrix<double>::from_compressed(empty.compressed(Orientation::by_row)).rows() == 4);
}

TEST_CASE("compressed arrays are checked") {
  const Compressed<double> good = example().compressed(Orientation::by_row);
  Compressed<double> bad = good;
  bad.offsets = {0, 2, 1};
  CHECK_THROWS_AS(Matrix<double>::from_compressed(bad), ShapeError);
  bad = good;
  bad.offsets = {0, 4, 3};
  CHECK_THROWS_AS(Matrix<double>::from_compressed(bad), ShapeError);
  bad = good;
  bad.offsets.push_back(3);
  CHECK_THROWS_AS(Matrix<double>::from_compressed(bad), ShapeError);
  bad = good;
  bad.values.pop_back();
  CHECK_THROWS_AS(Matrix<double>::from_compressed(bad), ShapeError);
  bad = good;
  bad.indices[0] = 3;
  CHECK_THROWS_AS(Matrix<double>::from_compressed(bad), KeyError);
  bad = good;
  std::swap(bad.indices[1], bad.indices[2]);
  CHECK_THROWS_AS(Matrix<double>::from_compressed(bad), KeyError);
}

TEST_CASE("a clone is a matrix of its own, a move leaves nothing behind") {
  Matrix<double> A = example();
  Matrix<double> B = A.clone();
  check(GraphblasType<double>::set_element(B.handle(), 9., 0, 0), "set");
  CHECK(A.entries() == 3);
  CHECK(B.entries() == 4);
  const Matrix<double> C = std::move(B);
  CHECK(C.at(0, 0) == 9.);
  CHECK(B.handle() == nullptr);
}

TEST_CASE("a diagonal stores its zeros") {
  const std::vector<float> diagonal{1, 0, -2};
  const Matrix<float> D = Matrix<float>::diagonal(diagonal);
  CHECK(D.entries() == 3);
  CHECK(D.at(1, 1) == 0.f);
  CHECK(D.at(2, 2) == -2.f);
  CHECK(!D.at(0, 1));
}

TEST_CASE("a failing operation names itself and the shapes") {
  const Matrix<float> A(2, 3), B(4, 5);
  CHECK_THROWS_WITH_AS(multiply<PlusTimes>(A, B),
                       doctest::Contains("multiply: shapes do not match (2 x 5, 2 x 3, 4 x 5)"),
                       ShapeError);
  CHECK_THROWS_AS(plus<MaxPlus>(A, B), ShapeError);
}

TEST_CASE("single-threaded scopes nest and put the setting back") {
  const auto threads = [] {
    std::int32_t count = 0;
    GxB_Global_Option_get_INT32(GxB_GLOBAL_NTHREADS, &count);
    return count;
  };
  set_graphblas_threads(2);
  {
    const SingleThreadedGraphblas outer;
    {
      const SingleThreadedGraphblas inner;
      CHECK(threads() == 1);
    }
    CHECK(threads() == 1);
  }
  CHECK(threads() == 2);
  set_graphblas_threads(0);
}

#if GxB_IMPLEMENTATION_MAJOR >= 8
TEST_CASE("GraphBLAS compiles nothing while it runs") {
  start_graphblas();
  std::int32_t control = GxB_JIT_ON;
  GxB_Global_Option_get_INT32(GxB_JIT_C_CONTROL, &control);
  CHECK(control == GxB_JIT_RUN);
}
#endif
