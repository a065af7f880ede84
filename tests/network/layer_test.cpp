#include "oscillon/network/layer.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace oscillon;

namespace {

// W = [ 1 -2 . ]
//     [ .  . 3 ]
template <class T>
Matrix<T> weights() {
  Triples<T> triples;
  triples.add(0, 0, 1);
  triples.add(0, 1, -2);
  triples.add(1, 2, 3);
  return Matrix<T>::build(2, 3, triples);
}

}  // namespace

TEST_CASE("a layer knows its shape, edges and bounds") {
  const Layer<float> layer(weights<float>(), {-4, 0.5f}, 32.f);
  CHECK(layer.inputs() == 3);
  CHECK(layer.outputs() == 2);
  CHECK(layer.edges() == 3);
  CHECK(layer.rules().cap[0] == 32.f);
  CHECK(layer.bounds().gain == 3);
  CHECK(layer.bounds().offset == 4);
  CHECK(layer.weights().orientation() == Orientation::by_column);
  CHECK(layer.weights().at(0, 1) == -2.f);
}

TEST_CASE("what does not fit or is not finite is refused") {
  using Floats = std::vector<float>;
  CHECK_THROWS_WITH_AS(Layer<float>(weights<float>(), Floats{1}),
                       "a layer with weights of 2 x 3 needs as many biases as outputs, not 1",
                       ShapeError);
  const float infinity = std::numeric_limits<float>::infinity();
  CHECK_THROWS_AS(Layer<float>(weights<float>(), Floats{1, infinity}), Error);
  CHECK_THROWS_AS(Layer<float>(weights<float>(), Floats{1, 2}, 0.f), Error);
  CHECK_THROWS_AS(Layer<float>(weights<float>(), Floats{1, 2}, infinity), Error);
  Triples<float> bad;
  bad.add(0, 0, std::numeric_limits<float>::quiet_NaN());
  CHECK_THROWS_WITH_AS(Layer<float>(Matrix<float>::build(1, 1, bad), Floats{0}),
                       "a weight of output 0 (counted from 0) is not finite", Error);
}

TEST_CASE("the exact bias is beta |W 1|_0 - W 1") {
  CHECK(exact_bias(weights<double>()) == std::vector<double>{2, -2});
  CHECK(exact_bias(weights<double>(), 0.5) == std::vector<double>{1.5, -2.5});
  CHECK(exact_bias(weights<std::int32_t>()) == std::vector<std::int32_t>{2, -2});
  // A row without entries, or whose entries sum to 0, gets no bias: |0|_0 is 0.
  Triples<double> triples;
  triples.add(1, 0, 1);
  triples.add(1, 1, -1);
  triples.add(2, 0, 1);
  CHECK(exact_bias(Matrix<double>::build(3, 2, triples)) == std::vector<double>{0, 0, 0});
  CHECK_THROWS_AS(exact_bias(weights<double>(), 0.), Error);
  CHECK_THROWS_AS(exact_bias(weights<double>(), 1.5), Error);
}

TEST_CASE("bias rules have names") {
  CHECK(bias_on_from_name("stored") == BiasOn::stored);
  CHECK(bias_on_from_name("live-samples") == BiasOn::live_samples);
  CHECK(name_of(BiasOn::live_samples) == "live-samples");
  CHECK_THROWS_WITH_AS(
      bias_on_from_name("all"),
      "no bias rule is called \"all\": there are stored, nonzero, live-samples, every-sample",
      Error);
}
