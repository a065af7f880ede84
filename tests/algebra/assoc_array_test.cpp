#include <doctest/doctest.h>

#include "oscillon/algebra/array_algebra.hpp"

using namespace oscillon;

namespace {

using Views = std::vector<std::string_view>;
using Array = AssocArray<double>;

Array array(const Views& k1, const Views& k2, const std::vector<double>& v,
            Collision collision = Collision::none) {
  return Array::from_triples(k1, k2, v, collision);
}

//      x  y
//  a   1  2
//  b   .  0     the 0 is stored
Array example() {
  return array({"b", "a", "a"}, {"y", "y", "x"}, {0, 2, 1});
}

}  // namespace

TEST_CASE("A(k1, k2, v) sorts its keys and keeps stored zeros") {
  const Array A = example();
  CHECK(A.row_keys() == KeySet{"a", "b"});
  CHECK(A.column_keys() == KeySet{"x", "y"});
  CHECK(A.entries() == 3);
  CHECK(A.at("a", "x") == 1.);
  CHECK(A.at("b", "y") == 0.);
  CHECK(!A.at("b", "x"));
  CHECK(!A.at("c", "x"));
  CHECK_THROWS_WITH_AS(
      array({"p", "a", "a"}, {"q", "x", "x"}, {1, 1, 2}),
      "the entry (\"a\", \"x\") is given 2 times; name a collision rule to combine them", KeyError);
  CHECK(array({"a", "a"}, {"x", "x"}, {1, 2}, Collision::sum).at("a", "x") == 3.);
  CHECK_THROWS_AS(array({"a"}, {"x", "y"}, {1}), ShapeError);
}

TEST_CASE("identities and ones") {
  const Array I = Array::identity(KeySet{"a", "b"});
  CHECK(I.entries() == 2);
  CHECK(I.at("b", "b") == 1.);
  const Array J = Array::identity(Views{"ad", "ah"}, Views{"1a", "1a"});
  CHECK(J.at("ad", "1a") == 1.);
  CHECK(J.entries() == 2);
  const Array O = Array::ones(KeySet{"a", "b"}, KeySet{"x"});
  CHECK(O.entries() == 2);
  CHECK(Array::ones(KeySet(), KeySet{"x"}).entries() == 0);
}

TEST_CASE("a name for each row and column, or an error") {
  CHECK_THROWS_WITH_AS(Array(KeySet{"a"}, KeySet{"x"}, Matrix<double>(2, 1)),
                       "a matrix of 2 x 1 cannot take 1 row keys and 1 column keys", ShapeError);
}

TEST_CASE("sub-arrays by list, range, prefix and position") {
  const Array A = array({"ad", "ah", "be", "by"}, {"1", "2", "3", "4"}, {1, 2, 3, 4});
  CHECK(A.select(keys({"by", "ad"}), all_keys()).row_keys() == KeySet{"ad", "by"});
  CHECK(A.select(keys({"by", "by"}), all_keys()).entries() == 1);
  CHECK(A.select(key_range("ae", "be"), all_keys()).entries() == 2);
  CHECK(A.select(key_prefix("b"), key_prefix("4")).at("by", "4") == 4.);
  CHECK(A.select(positions({3, 0}), positions({0})).entries() == 1);
  CHECK(A.select(key_prefix("z"), all_keys()).entries() == 0);
  CHECK(A.select(key_prefix("z"), all_keys()).column_keys().size() == 4);
  CHECK_THROWS_WITH_AS(A.select(keys({"xx"}), all_keys()), "there is no key \"xx\"", KeyError);
  CHECK_THROWS_AS(A.select(positions({4}), all_keys()), KeyError);
  CHECK_THROWS_AS(A.select(positions({1, 1}), all_keys()), KeyError);
}

TEST_CASE("row(A) and col(A) are the keys that hold entries") {
  const Array A = example().over(KeySet{"0", "a", "b"}, KeySet{"x", "y", "z"});
  CHECK(A.row_keys().size() == 3);
  CHECK(A.rows() == KeySet{"a", "b"});
  CHECK(A.columns() == KeySet{"x", "y"});
  CHECK(A.at("b", "y") == 0.);
  CHECK(equal(A, example()));
  CHECK(A.condensed().row_keys() == KeySet{"a", "b"});
  CHECK_THROWS_WITH_AS(A.over(KeySet{"a"}, A.column_keys()),
                       "row key \"b\" holds entries and is not among the keys of the new array",
                       KeyError);
  CHECK_THROWS_AS(A.over(A.row_keys(), KeySet{"x"}), KeyError);
}

TEST_CASE("plus unites keys, times meets on them") {
  const Array A = example();
  const Array B = array({"b", "c"}, {"y", "x"}, {5, 7});
  const Array sum = plus<PlusTimes>(A, B);
  CHECK(sum.row_keys() == KeySet{"a", "b", "c"});
  CHECK(equal(sum, array({"a", "a", "b", "c"}, {"x", "y", "y", "x"}, {1, 2, 5, 7})));
  CHECK(equal(times<PlusTimes>(A, B), array({"b"}, {"y"}, {0})));
  CHECK(times<PlusTimes>(A, B).entries() == 1);
  CHECK(equal(plus<MaxPlus>(A, B), sum));
  CHECK(equal(times<MaxPlus>(A, B), array({"b"}, {"y"}, {5})));
}

TEST_CASE("rows whose values cancel stay") {
  const Array A = array({"a"}, {"x"}, {3});
  const Array B = array({"a"}, {"x"}, {-3});
  const Array sum = plus<PlusTimes>(A, B);
  CHECK(sum.entries() == 1);
  CHECK(sum.rows() == KeySet{"a"});
  const Array C = array({"a", "a"}, {"1", "2"}, {1, -1});
  CHECK(multiply<PlusTimes>(C, Array::ones(KeySet{"1", "2"}, KeySet{"1"})).at("a", "1") == 0.);
}

TEST_CASE("multiply meets on the inner keys") {
  //      x  y          p
  //  a   1  2      y   10
  //  b   .  0      z   20
  const Array B = array({"y", "z"}, {"p", "p"}, {10, 20});
  CHECK(equal(multiply<PlusTimes>(example(), B), array({"a", "b"}, {"p", "p"}, {20, 0})));
  CHECK(equal(multiply<MaxPlus>(example(), B), array({"a", "b"}, {"p", "p"}, {12, 10})));
  CHECK(multiply<PlusTimes>(example(), array({"q"}, {"p"}, {1})).entries() == 0);
}

TEST_CASE("transpose, reduce, zero norm") {
  const Array A = example();
  CHECK(equal(A.transposed(), array({"x", "y", "y"}, {"a", "a", "b"}, {1, 2, 0})));
  CHECK(equal(reduce_rows<PlusTimes>(A), array({"a", "b"}, {"1", "1"}, {3, 0})));
  CHECK(equal(reduce_columns<MaxPlus>(A, "max"), array({"max", "max"}, {"x", "y"}, {1, 2})));
  CHECK(reduce_rows<PlusTimes>(A.over(KeySet{"a", "b", "c"}, A.column_keys())).entries() == 2);
  CHECK(equal(A.zero_norm(), array({"a", "a"}, {"x", "y"}, {1, 1})));
  CHECK(A.zero_norm(2.).entries() == 2);
}

TEST_CASE("values are compared") {
  const Array A = example();
  CHECK(A.where(Comparison::greater, 1).entries() == 1);
  CHECK(A.where(Comparison::greater_equal, 1).entries() == 2);
  CHECK(A.where(Comparison::less, 1).at("b", "y") == 0.);
  CHECK(A.where(Comparison::less_equal, 1).entries() == 2);
  CHECK(A.where(Comparison::equal, 0).entries() == 1);
  CHECK(A.where(Comparison::not_equal, 0).entries() == 2);
  const auto truth = AssocArray<bool>::identity(KeySet{"a"});
  CHECK(truth.where(Comparison::equal, true).entries() == 1);
  CHECK_THROWS_AS(truth.where(Comparison::less, true), Error);
}

TEST_CASE("equality is of keyed entries, within a tolerance") {
  const Array A = example();
  CHECK(!first_difference(A, A));
  const auto missing = first_difference(A, array({"a", "a"}, {"x", "y"}, {1, 2}));
  REQUIRE(missing);
  CHECK(missing->row == "b");
  CHECK(missing->column == "y");
  CHECK(missing->left == 0.);
  CHECK(!missing->right);
  const Array close = array({"b", "a", "a"}, {"y", "y", "x"}, {0, 2.001, 1});
  CHECK(first_difference(A, close)->right == 2.001);
  CHECK(equal(A, close, {.absolute = 0.01}));
  CHECK(equal(A, close, {.relative = 0.001}));
  CHECK(!equal(A, close, {.relative = 0.0001}));
  const auto extra = first_difference(array({"a"}, {"y"}, {2}), A);
  CHECK(extra->column == "x");
  CHECK(!extra->left);
  using Wide = AssocArray<std::int64_t>;
  const std::int64_t big = std::int64_t{1} << 62;
  CHECK(!equal(Wide::identity(KeySet{"a"}, big), Wide::identity(KeySet{"a"}, big + 1)));
  CHECK(equal(Wide::identity(KeySet{"a"}, big), Wide::identity(KeySet{"a"}, big + 1), {1, 0}));
}

TEST_CASE("the Kronecker product joins keys in order") {
  // The paper's figure 4: W0(f12) = I(f1) (x) 1(f2) (+) 1(f1) (x) I(f2) needs keys of both forms;
  // here one factor of it.
  const KeySet f1{"1a", "1b"}, f2{"2a", "2b"};
  const Array K = kronecker<PlusTimes>(Array::identity(f1), Array::ones(f2, KeySet{""}));
  CHECK(K.row_keys() == KeySet{"1a2a", "1a2b", "1b2a", "1b2b"});
  CHECK(K.column_keys() == f1);
  CHECK(K.entries() == 4);
  CHECK(K.at("1b2a", "1b") == 1.);
  const Array L = kronecker<MaxPlus>(array({"b", "ab"}, {"x", "x"}, {1, 2}),
                                     array({"", "a"}, {"y", "y"}, {10, 20}));
  CHECK(equal(L, array({"b", "ba", "ab", "aba"}, {"xy", "xy", "xy", "xy"}, {11, 21, 12, 22})));
  const Array A = array({"a", "ab"}, {"x", "x"}, {1, 1});
  const Array B = array({"bc", "c"}, {"y", "y"}, {1, 1});
  CHECK_THROWS_WITH_AS(kronecker<PlusTimes>(A, B),
                       "the concatenated keys \"a\" + \"bc\" and \"ab\" + \"c\" are both \"abc\"; "
                       "give a separator that no key contains",
                       KeyError);
  CHECK(kronecker<PlusTimes>(A, B, "|").entries() == 4);
  CHECK(kronecker<PlusTimes>(A, B, "|").at("ab|c", "x|y") == 1.);
}
