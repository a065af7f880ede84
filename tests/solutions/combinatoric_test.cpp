// Exact solutions over all combinations of features: the paper's section IV, figures 4 and 5.
#include "oscillon/solutions/combinatoric.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>

#include "oscillon/algebra/array_algebra.hpp"
#include "tests/error_of.hpp"
#include "tests/solutions/exactness.hpp"

using namespace oscillon;
using testing::check_exact;
using testing::error_of;

namespace {

const std::vector<KeySet> four_pairs = lettered_features(4, 2);

template <class T>
AssocArray<T> entries_of(std::initializer_list<std::pair<const char*, const char*>> places) {
  std::vector<std::string_view> k1, k2;
  for (const auto& [row, column] : places) {
    k1.push_back(row);
    k2.push_back(column);
  }
  return AssocArray<T>::identity(k1, k2);
}

// The Kronecker products of the definition, for a node over these children.
AssocArray<float> by_definition(const std::vector<KeySet>& children) {
  AssocArray<float> sum;
  for (std::size_t c = 0; c < children.size(); ++c) {
    AssocArray<float> product = AssocArray<float>::ones(KeySet{""}, KeySet{""});
    for (std::size_t other = 0; other < children.size(); ++other) {
      // 1(f) is a column of ones over the keys of f.
      const auto factor = other == c ? AssocArray<float>::identity(children[other])
                                     : AssocArray<float>::ones(children[other], KeySet{""});
      product = kronecker<MaxTimes>(product, factor);
    }
    sum = plus<MaxTimes>(sum, product);
  }
  return sum;
}

}  // namespace

TEST_CASE("figure 4: one layer over two feature sets") {
  const auto problem = combinatoric_problem<float>(lettered_features(2, 2), parse_tree("(1,2)"));
  CHECK(equal(problem.network.weights(0), entries_of<float>({{"1a2a", "1a"},
                                                             {"1a2a", "2a"},
                                                             {"1a2b", "1a"},
                                                             {"1a2b", "2b"},
                                                             {"1b2a", "1b"},
                                                             {"1b2a", "2a"},
                                                             {"1b2b", "1b"},
                                                             {"1b2b", "2b"}})));
  for (const char* neuron : {"1a2a", "1a2b", "1b2a", "1b2b"}) {
    CHECK(problem.network.bias(0).at(neuron, "bias") == -1.f);
  }
}

TEST_CASE("figure 5: two layers over four feature sets, and their single-layer form") {
  const auto problem = combinatoric_problem<float>(four_pairs, parse_tree("((1,2),(3,4))"));
  const Network<float>& network = problem.network;
  CHECK(network.keys(1) == KeySet{"1a2a", "1a2b", "1b2a", "1b2b", "3a4a", "3a4b", "3b4a", "3b4b"});
  CHECK(network.weights(0).entries() == 16);
  CHECK(network.weights(1).entries() == 32);
  CHECK(network.weights(1).at("1a2b3b4a", "1a2b") == 1.f);
  CHECK(network.weights(1).at("1a2b3b4a", "3b4a") == 1.f);
  const AssocArray<float> W = single_layer(network);
  CHECK(W.entries() == 64);
  CHECK(equal(W, multiply<PlusTimes>(network.weights(1), network.weights(0)).zero_norm()));
  const auto one_layer = combinatoric_problem<float>(four_pairs, parse_tree("(1,2,3,4)"));
  CHECK(equal(W, one_layer.network.weights(0)));
  CHECK(equal(problem.inputs, W.transposed()));
  const Collapsed<float> all = network.collapse();
  CHECK(equal(all.weights, plus<PlusTimes>(network.weights(0), network.weights(1))));
  CHECK(equal(all.bias, plus<PlusTimes>(network.bias(0), network.bias(1))));
}

TEST_CASE("layers are the Kronecker products of the definition") {
  const std::vector<KeySet> sets{{"a", "ab", "c"}, {"x", "y"}, {"p", "q", "r"}};
  const auto flat = combinatoric_problem<float>(sets, parse_tree("(1,2,3)"), {"|", {}, {}});
  const std::vector<KeySet> separated{{"a|", "ab|", "c|"}, {"x|", "y|"}, {"p", "q", "r"}};
  const AssocArray<float> expected = by_definition(separated);
  CHECK(flat.network.weights(0).entries() == expected.entries());
  CHECK(flat.network.output_keys() == expected.row_keys());
  const Triples<float> places = flat.network.weights(0).matrix().triples();
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::string row(flat.network.output_keys()[places.rows[i]]);
    const std::string column(flat.network.input_keys()[places.columns[i]]);
    const bool last = column == "p" || column == "q" || column == "r";
    CHECK(expected.at(row, last ? column : column + "|") == 1.f);
  }
}

TEST_CASE("every tree is exact, layered and collapsed, in every value type") {
  for (const char* text : {"(1,2)", "((1,2),(3,4))", "(1,2,3,4)", "((1,2),3)", "(1,((2,3),4))",
                           "(((1,2),3),4)", "((1,2,3),(4,5))", "((1),(2,3))"}) {
    CAPTURE(text);
    const FeatureTree tree = parse_tree(text);
    const auto sets = lettered_features(tree.leaves(), 3);
    check_exact(combinatoric_problem<float>(sets, tree));
    check_exact(combinatoric_problem<double>(sets, tree));
    check_exact(combinatoric_problem<std::int32_t>(sets, tree));
    check_exact(combinatoric_problem<std::int64_t>(sets, tree));
  }
  // Keys that begin one another, so that the order of the keys is not that of the combinations.
  const std::vector<KeySet> sets{{"a", "aa", "ab"}, {"b", "bb"}, {"'", "c", "c!"}};
  check_exact(combinatoric_problem<double>(sets, parse_tree("((1,2),3)"), {".", {}, {}}));
}

TEST_CASE("uneven trees pass values on through primed neurons") {
  const auto problem =
      combinatoric_problem<float>(lettered_features(3, 2), parse_tree("((1,2),3)"));
  CHECK(problem.network.keys(1) == KeySet{"1a2a", "1a2b", "1b2a", "1b2b", "3a'", "3b'"});
  CHECK(problem.network.weights(0).at("3a'", "3a") == 1.f);
  CHECK(problem.network.bias(0).at("3a'", "bias").value_or(0) == 0.f);
}

TEST_CASE("a sample of the categories") {
  CombinatoricOptions options;
  options.sample = {100, 7};
  const auto sets = lettered_features(3, 10);
  const auto problem = combinatoric_problem<double>(sets, parse_tree("((1,2),3)"), options);
  CHECK(problem.inputs.column_keys().size() == 100);
  CHECK(problem.network.outputs() == 1000);
  check_exact(problem);
  options.sample.seed = 8;
  const auto other = combinatoric_problem<double>(sets, parse_tree("((1,2),3)"), options);
  CHECK(!(other.inputs.column_keys() == problem.inputs.column_keys()));
}

TEST_CASE("beta below 1: values by the linear equations, and the range that stays exact") {
  const auto sets = lettered_features(4, 2);
  const FeatureTree tree = parse_tree("((1,2),(3,4))");
  // Three neurons in each category's tree: exact above 2/3.
  const BetaRange range = beta_range(combinatoric_problem<double>(sets, tree).network);
  CHECK(range.paths == 3);
  for (const double beta : {1.0, 0.875, 0.75, 0.67}) {
    CAPTURE(beta);
    auto problem = combinatoric_problem<double>(sets, tree, {"", {beta, beta}, {}});
    const Exactness result = is_exact(problem);
    CHECK_MESSAGE(result.exact, result.difference);
    CHECK(*problem.expected.at("1a2a3a4a", "1a2a3a4a") == doctest::Approx(1 - 3 * (1 - beta)));
  }
  auto below = combinatoric_problem<double>(sets, tree, {"", {0.66, 0.66}, {}});
  CHECK(!is_exact(below).exact);
  auto uneven = combinatoric_problem<double>(sets, tree, {"", {0.75, 1}, {}});
  CHECK(is_exact(uneven).exact);
  CHECK(uneven.expected.at("1a2a3a4a", "1a2a3a4a") == 0.5);
  CHECK(error_of([&] {
          combinatoric_problem<double>(sets, tree, {"", {1}, {}});
        }) == "there are 1 betas for 2 layers");
  CHECK(error_of([&] {
          combinatoric_problem<int>(sets, tree, {"", {0.5, 1}, {}});
        }) == "beta must be above 0 and at most 1, and 1 for integers, not 0.500000");
}

TEST_CASE("trees are read, and refused") {
  CHECK(parse_tree("((1,2),(3,4))").height() == 2);
  CHECK(parse_tree("(1,2,3)").leaves() == 3);
  CHECK(error_of([] { parse_tree("((1,2),(4,3))"); }) ==
        "in the tree \"((1,2),(4,3))\", 3 should stand at 9; write it like ((1,2),(3,4)), with the "
        "feature sets in order");
  for (const char* text : {"", "(", "(1,2", "(1,2))", "()", "(1 2)", "2", "(1,,2)"}) {
    CHECK(error_of([&] { parse_tree(text); }) != "no error");
  }
  CHECK(error_of([] { parse_tree(std::string(100000, '(')); }) != "no error");
  CHECK(even_tree(4, 2).children.size() == 2);
  CHECK(even_tree(5, 2).height() == 2);
  CHECK(even_tree(26, 1).children.size() == 26);
  CHECK(error_of([] { even_tree(4, 4); }) != "no error");
  CHECK(error_of([] { combinatoric_problem<float>(lettered_features(40, 2), even_tree(40, 2)); }) ==
        "there are 1099511627776 combinations of features; at most 1073741824 are built");
  CHECK(error_of([] {
          combinatoric_problem<float>(lettered_features(64, 26), even_tree(64, 2));
        }).starts_with("combinations of features: "));
  CHECK(error_of([&] { combinatoric_problem<float>(four_pairs, parse_tree("(1,2)")); }) ==
        "the tree has 2 leaves for 4 feature sets");
  CHECK(error_of([&] {
          combinatoric_problem<float>({{"a"}, {"a"}}, parse_tree("(1,2)"));
        }) ==
        "two neurons of a layer are called \"a\": the feature sets must be distinctly labelled");
}
