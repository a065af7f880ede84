// Networks small enough to work out by hand.
#include <doctest/doctest.h>

#include <tuple>

#include "oscillon/inference/inference.hpp"

using namespace oscillon;

namespace {

template <class T>
Matrix<T> matrix(Index rows, Index columns,
                 const std::vector<std::tuple<Index, Index, T>>& entries) {
  Triples<T> triples;
  for (const auto& [row, column, value] : entries) triples.add(row, column, value);
  return Matrix<T>::build(rows, columns, triples);
}

template <class T>
std::shared_ptr<const Layer<T>> layer(Matrix<T> W, std::vector<T> b, std::optional<T> cap = {}) {
  return std::make_shared<const Layer<T>>(std::move(W), std::move(b), cap);
}

template <class T>
Matrix<T> run(std::vector<std::shared_ptr<const Layer<T>>> layers, const Matrix<T>& Y0,
              BiasOn bias_on = BiasOn::stored) {
  for (auto& layer : layers) {
    LayerRules<T> rules = layer->rules();
    rules.bias_on = bias_on;
    const auto bias = layer->bias();
    layer = std::make_shared<const Layer<T>>(layer->weights().clone(),
                                             std::vector<T>(bias.begin(), bias.end()), rules);
  }
  return infer(Network<T>(std::move(layers)), Y0).Y;
}

}  // namespace

TEST_CASE_TEMPLATE("one layer: h(W y + b)", T, float, double, std::int32_t, std::int64_t) {
  //  W = [ 1  2 ]   b = [ -1 ]   Y0 = [ 1  .  3 ]   W Y + b = [  2  .  2 ]   h = [ 2  .  2 ]
  //      [ . -1 ]       [  4 ]        [ 1  .  . ]             [  3  .  . ]       [ 3  .  . ]
  //      [ 1  1 ]       [ -2 ]                                [  0  .  1 ]       [ .  .  1 ]
  const auto W = [] {
    return matrix<T>(3, 2, {{0, 0, 1}, {0, 1, 2}, {1, 1, -1}, {2, 0, 1}, {2, 1, 1}});
  };
  const auto Y0 = matrix<T>(2, 3, {{0, 0, 1}, {1, 0, 1}, {0, 2, 3}});
  const Matrix<T> Y = run<T>({layer<T>(W(), {-1, 4, -2})}, Y0);
  CHECK(Y.entries() == 4);
  CHECK(Y.at(0, 0) == T(2));
  CHECK(Y.at(1, 0) == T(3));
  CHECK(Y.at(0, 2) == T(2));
  CHECK(Y.at(2, 2) == T(1));
  CHECK(Y.columns() == 3);

  // With the bias on every neuron of a live sample, neuron 1 of sample 2 has 0 + 4; sample 1 is
  // dead.
  const Matrix<T> live = run<T>({layer<T>(W(), {-1, 4, -2})}, Y0, BiasOn::live_samples);
  CHECK(live.entries() == 5);
  CHECK(live.at(1, 2) == T(4));
  CHECK(!live.at(1, 1));
}

TEST_CASE("a sum that cancels to 0 is an entry and gets the bias") {
  const auto W = matrix<double>(1, 2, {{0, 0, 1}, {0, 1, -1}});
  const Matrix<double> Y =
      run<double>({layer<double>(W.clone(), {0.5})}, matrix<double>(2, 2, {{0, 0, 3}, {1, 0, 3}}));
  CHECK(Y.at(0, 0) == 0.5);
  CHECK(!Y.at(0, 1));
}

TEST_CASE("a stored input of 0 counts as an entry") {
  const auto W = matrix<float>(1, 1, {{0, 0, 1}});
  CHECK(run<float>({layer<float>(W.clone(), {2})}, matrix<float>(1, 1, {{0, 0, 0}})).at(0, 0) ==
        2.f);
}

TEST_CASE("negative inputs pass, values at the cap stay, values above it are cut") {
  const auto W = matrix<float>(3, 1, {{0, 0, -1}, {1, 0, -2}, {2, 0, -3}});
  const Matrix<float> Y =
      run<float>({layer<float>(W.clone(), {0, 0, 0}, 4.f)}, matrix<float>(1, 1, {{0, 0, -2}}));
  CHECK(Y.at(0, 0) == 2.f);
  CHECK(Y.at(1, 0) == 4.f);
  CHECK(Y.at(2, 0) == 4.f);
}

TEST_CASE("a sample dies and stays dead, whatever the later biases") {
  const auto W = matrix<float>(1, 1, {{0, 0, 1}});
  const auto Y0 = matrix<float>(1, 3, {{0, 0, 1}, {0, 1, 2}, {0, 2, 3}});
  for (const BiasOn bias_on : {BiasOn::stored, BiasOn::live_samples}) {
    const Matrix<float> Y = run<float>(
        {layer<float>(W.clone(), {-2}), layer<float>(W.clone(), {5}), layer<float>(W.clone(), {1})},
        Y0, bias_on);
    CHECK(Y.entries() == 1);
    CHECK(Y.at(0, 2) == 7.f);
  }
}

TEST_CASE("a live sample whose W y is empty revives only by the rule that says so") {
  // The sample feeds neuron 0 of two; the layer reads neuron 1 alone.
  const auto W = matrix<float>(1, 2, {{0, 1, 1}});
  const auto Y0 = matrix<float>(2, 1, {{0, 0, 1}});
  CHECK(run<float>({layer<float>(W.clone(), {3})}, Y0).entries() == 0);
  CHECK(run<float>({layer<float>(W.clone(), {3})}, Y0, BiasOn::live_samples).at(0, 0) == 3.f);
}

TEST_CASE("no samples, no entries, many layers") {
  const auto W = matrix<float>(2, 2, {{0, 0, 1}, {1, 1, 1}});
  const std::vector<std::shared_ptr<const Layer<float>>> layers(9, layer<float>(W.clone(), {1, 1}));
  CHECK(run<float>(layers, Matrix<float>(2, 0)).columns() == 0);
  const Matrix<float> dead = run<float>(layers, Matrix<float>(2, 5));
  CHECK(dead.columns() == 5);
  CHECK(dead.entries() == 0);
  CHECK(run<float>(layers, matrix<float>(2, 1, {{1, 0, 1}})).at(1, 0) == 10.f);
}
