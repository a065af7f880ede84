// The engine against the oracle in plain loops, on random small networks.
#include <doctest/doctest.h>
#include <gmpxx.h>

#include <cmath>

#include "oscillon/inference/inference.hpp"
#include "tests/cases.hpp"
#include "tests/inference/random_networks.hpp"
#include "verify/oracle/from_engine.hpp"

using namespace oscillon;
using namespace oscillon::testing;

namespace {

InferenceOptions random_options(std::mt19937_64& random, Plan plan) {
  InferenceOptions made;
  made.threads = std::array<int, 3>{1, 2, 4}[random() % 3];
  made.tile = std::array<Index, 4>{0, 1, 3, 64}[random() % 4];
  made.plan = plan;
  made.reduce = random() % 2 == 0;
  return made;
}

template <NetworkValue T>
void compare(int networks, Numbers numbers, std::uint64_t seed, Plan plan = Plan::semiring) {
  // Random numbers have a fraction above the whole number that they are drawn for.
  const int greatest_bias = plan == Plan::dense_tiles || plan == Plan::fused ? -1 : 4;
  std::mt19937_64 random(seed);
  int different = 0;
  for (int n = 0; n < cases(networks); ++n) {
    const BiasOn bias_on = random() % 2 == 0 ? BiasOn::stored : BiasOn::live_samples;
    Network<T> network(
        random_layers<T>(random, numbers, 1 + random() % 5, 12, greatest_bias, bias_on));
    const Index samples = random() % 9;
    const Matrix<T> Y0 = random_matrix<T>(random, network.inputs(), samples, numbers, -2, 8);
    const LayerSource<T>& source = network;
    const Inference<T> answer = infer(source, Y0, random_options(random, plan));
    std::vector<Index> all(samples);
    for (Index s = 0; s < samples; ++s) all[s] = s;
    different += oracle::first_disagreement(source, Y0, answer.Y, all).has_value() ? 1 : 0;
  }
  CHECK(different == 0);
}

// One layer in exact rationals beside the engine's float answer, whose error is bounded entry by
// entry: a sum of n products and a bias has an error of at most (n + 2) u (sum |w_k y_k| + |b|) to
// first order, with u the unit roundoff, and less than twice that in all; max with 0 and min with
// the cap do not enlarge it.
void compare_exactly(std::mt19937_64& random) {
  Network<float> network(random_layers<float>(random, Numbers::any, 1, 12));
  const Matrix<float> Y0 = random_matrix<float>(random, network.inputs(), 4, Numbers::any, -2, 8);
  const LayerSource<float>& source = network;
  const Matrix<float> Y = infer(source, Y0).Y;
  const auto layer = oracle::plain<mpq_class>(network.at(0));
  const auto inputs = Y0.compressed(Orientation::by_column);
  const mpq_class u(1, 1 << 24);
  for (Index s = 0; s < 4; ++s) {
    const auto y = oracle::plain<mpq_class>(inputs, s);
    const auto exact = oracle::apply_layer(layer, y, BiasOn::stored);
    for (Index i = 0; i < network.outputs(); ++i) {
      mpq_class magnitude = abs(layer.bias[i]);
      long terms = 2;
      for (const auto& edge : layer.outputs[i]) {
        if (!y[edge.input]) continue;
        magnitude += abs(edge.weight * *y[edge.input]);
        ++terms;
      }
      const mpq_class bound = u * magnitude * (terms + 1) * 2;
      const mpq_class value = Y.at(i, s).value_or(0);
      CHECK(abs(value - exact[i].value_or(mpq_class(0))) <= bound);
    }
  }
}

}  // namespace

TEST_CASE("ten thousand dyadic networks agree with the oracle bit for bit" *
          doctest::test_suite("slow")) {
  compare<float>(4000, Numbers::dyadic, 1);
  compare<double>(2000, Numbers::dyadic, 2);
  compare<std::int32_t>(2000, Numbers::dyadic, 3);
  compare<std::int64_t>(2000, Numbers::dyadic, 4);
}

TEST_CASE("networks with any numbers agree bit for bit too, since sums ascend") {
  compare<float>(1000, Numbers::any, 5);
  compare<double>(1000, Numbers::any, 6);
}

TEST_CASE("full tiles and blocks give the same bits, and so does the choice between plans" *
          doctest::test_suite("slow")) {
  for (const Plan plan : {Plan::dense_tiles, Plan::fused, Plan::automatic}) {
    CAPTURE(name_of(plan));
    compare<float>(1000, Numbers::dyadic, 11, plan);
    compare<float>(1000, Numbers::any, 12, plan);
    compare<double>(1000, Numbers::any, 13, plan);
    compare<std::int32_t>(500, Numbers::dyadic, 14, plan);
    compare<std::int64_t>(500, Numbers::dyadic, 15, plan);
  }
}

TEST_CASE("a layer in floating point stays within the bound of exact arithmetic") {
  std::mt19937_64 random(7);
  for (int n = 0; n < cases(300); ++n) compare_exactly(random);
}

TEST_CASE("dyadic networks agree with exact rationals") {
  std::mt19937_64 random(8);
  for (int n = 0; n < cases(300); ++n) {
    Network<double> network(random_layers<double>(random, Numbers::dyadic, 3, 8));
    const Matrix<double> Y0 =
        random_matrix<double>(random, network.inputs(), 3, Numbers::dyadic, -2, 8);
    const LayerSource<double>& source = network;
    const Matrix<double> Y = infer(source, Y0).Y;
    const auto layers = oracle::plain<mpq_class>(source);
    const auto inputs = Y0.compressed(Orientation::by_column);
    for (Index s = 0; s < 3; ++s) {
      const auto exact = oracle::infer(layers, oracle::plain<mpq_class>(inputs, s), BiasOn::stored);
      for (Index i = 0; i < network.outputs(); ++i) {
        const auto value = Y.at(i, s);
        CHECK(value.has_value() == exact[i].has_value());
        if (value && exact[i]) CHECK(mpq_class(*value) == *exact[i]);
      }
    }
  }
}
