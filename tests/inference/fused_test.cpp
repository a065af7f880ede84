// Plan `fused`: its kernels, and the reductions that must not change a bit.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "engine/inference/fused_kernel.hpp"
#include "engine/inference/inference.hpp"
#include "engine/inference/plan_fused.hpp"
#include "tests/cases.hpp"
#include "tests/inference/random_networks.hpp"
#include "verify/oracle/from_engine.hpp"

using namespace oscillon;
using namespace oscillon::testing;

namespace {

// A layer whose rows, biases and weights repeat: `distinct` rows, each several times.
template <NetworkValue T>
std::shared_ptr<const Layer<T>> repeating_layer(std::mt19937_64& random, Index outputs,
                                                Index inputs, Index distinct,
                                                std::optional<T> one_weight, std::optional<T> cap,
                                                bool biased) {
  std::vector<std::vector<std::pair<Index, T>>> rows(distinct);
  std::vector<T> biases;
  for (auto& row : rows) {
    for (Index k = 0; k < inputs; ++k) {
      if (random() % 3 != 0) continue;
      row.emplace_back(k, one_weight ? *one_weight : random_number<T>(random, Numbers::any, -2, 6));
    }
    biases.push_back(biased ? random_number<T>(random, Numbers::any, -4, -1) : T(0));
  }
  Triples<T> W;
  std::vector<T> bias;
  for (Index i = 0; i < outputs; ++i) {
    const Index row = random() % distinct;
    for (const auto& [k, weight] : rows[row]) W.add(i, k, weight);
    // Now and then an equal row has another bias.
    bias.push_back(random() % 8 == 0 ? T(0) : biases[row]);
  }
  return std::make_shared<const Layer<T>>(Matrix<T>::build(outputs, inputs, W), bias, cap);
}

// Samples of which many are equal.
template <NetworkValue T>
Matrix<T> repeating_samples(std::mt19937_64& random, Index neurons, Index samples, T unit) {
  std::vector<std::vector<Index>> kinds(4);
  for (auto& kind : kinds) {
    for (Index i = 0; i < neurons; ++i) {
      if (random() % 2 == 0) kind.push_back(i);
    }
  }
  Triples<T> Y;
  for (Index j = 0; j < samples; ++j) {
    const auto& kind = kinds[random() % kinds.size()];
    for (const Index i : kind) Y.add(i, j, unit);
    if (random() % 4 == 0 && !kind.empty())
      Y.add(neurons - 1 == kind.back() ? neurons : neurons - 1, j, unit);
  }
  // One row more than asked for takes what would have collided.
  return Matrix<T>::build(neurons + 1, samples, Y);
}

template <NetworkValue T>
void compare_with_oracle(std::uint64_t seed, std::optional<T> weight, T unit, std::optional<T> cap,
                         bool biased = true) {
  std::mt19937_64 random(seed);
  for (int n = 0; n < cases(60); ++n) {
    const Index width = 6 + random() % 30;
    std::vector<std::shared_ptr<const Layer<T>>> layers;
    Index inputs = width + 1;
    for (int l = 0; l < 6; ++l) {
      const Index outputs = 5 + random() % 30;
      layers.push_back(
          repeating_layer<T>(random, outputs, inputs, 1 + random() % 6, weight, cap, biased));
      inputs = outputs;
    }
    Network<T> network(layers);
    LayerSource<T>& source = network;
    const Index samples = 1 + random() % 100;
    const Matrix<T> Y0 = repeating_samples<T>(random, width, samples, unit);
    std::vector<Index> all(samples);
    for (Index s = 0; s < samples; ++s) all[s] = s;
    InferenceOptions options;
    options.plan = Plan::fused;
    options.tile = random() % 2 == 0 ? 0 : 8;
    const auto reduced = infer(source, Y0, options);
    CHECK(!oracle::first_disagreement(source, Y0, reduced.Y, all, BiasOn::stored));
    options.reduce = false;
    const auto plain = infer(source, Y0, options);
    CHECK(!oracle::first_disagreement(source, Y0, plain.Y, all, BiasOn::stored));
    for (std::size_t l = 0; l < layers.size(); ++l) {
      CHECK(reduced.profile.layers[l].entries == plain.profile.layers[l].entries);
      CHECK(reduced.profile.layers[l].live_samples == plain.profile.layers[l].live_samples);
      CHECK(reduced.profile.layers[l].neurons_computed <= plain.profile.layers[l].neurons_computed);
    }
  }
}

}  // namespace

TEST_CASE("repeating rows and samples: reduced or not, the oracle's bits") {
  compare_with_oracle<float>(1, {}, 0.7f, 32.f);
  compare_with_oracle<double>(2, {}, 0.7, {});
  compare_with_oracle<std::int32_t>(3, {}, 1, 32);
  compare_with_oracle<std::int64_t>(4, {}, 3, {});
}

TEST_CASE(
    "one weight for all: a power of two, another number, and values near the ends of the type") {
  compare_with_oracle<float>(5, 0.25f, 0.7f, 4.f);
  compare_with_oracle<float>(6, 0.3f, 0.7f, 4.f);
  compare_with_oracle<double>(7, 8.0, 0.7, {});
  compare_with_oracle<std::int32_t>(8, 3, 1, 1000);
  // The scaled terms are subnormal and lose bits that the scaled sum would not lose.
  compare_with_oracle<float>(9, 0x1p-4f, 0x1.234566p-124f, {}, false);
  // The sum of what is not scaled would leave the type.
  compare_with_oracle<float>(10, 0x1p-30f, 0x1p126f, {}, false);
}

TEST_CASE("copies of rows and samples are found and counted") {
  // Four equal neurons fed by all inputs, then one fed by these; eight equal samples.
  Triples<float> first, second, inputs;
  for (Index i = 0; i < 4; ++i) {
    for (Index k = 0; k < 3; ++k) first.add(i, k, 0.5f);
    second.add(0, i, 0.5f);
  }
  for (Index j = 0; j < 8; ++j) {
    for (Index k = 0; k < 3; ++k) inputs.add(k, j, 1);
  }
  Network<float> network({std::make_shared<const Layer<float>>(Matrix<float>::build(4, 3, first),
                                                               std::vector<float>(4, -0.5f)),
                          std::make_shared<const Layer<float>>(Matrix<float>::build(1, 4, second),
                                                               std::vector<float>{0})});
  LayerSource<float>& source = network;
  InferenceOptions options;
  options.plan = Plan::fused;
  const auto answer = infer(source, Matrix<float>::build(3, 8, inputs), options);
  for (Index j = 0; j < 8; ++j) CHECK(answer.Y.at(0, j) == 2.f);
  CHECK(answer.profile.layers[0].neurons_computed == 1);
  CHECK(answer.profile.layers[0].entries == 32);
  CHECK(answer.profile.layers[0].samples_computed == 8);
  CHECK(answer.profile.layers[1].samples_computed == 1);
  CHECK(answer.profile.layers[1].live_samples == 8);
  options.reduce = false;
  const auto plain = infer(source, Matrix<float>::build(3, 8, inputs), options);
  CHECK(plain.profile.layers[0].neurons_computed == 4);
  CHECK(plain.profile.layers[1].samples_computed == 8);
}

TEST_CASE("a positive bias is refused by name") {
  Network<float> network(
      {std::make_shared<const Layer<float>>(Matrix<float>(1, 1), std::vector<float>{1})});
  LayerSource<float>& source = network;
  InferenceOptions options;
  options.plan = Plan::fused;
  CHECK_THROWS_WITH_AS(infer(source, Matrix<float>(1, 1), options),
                       doctest::Contains("plan fused is for layers without a positive bias"),
                       Error);
}

TEST_CASE_TEMPLATE("every version of the kernel gives the same bits", T, float, double,
                   std::int32_t, std::int64_t) {
  std::mt19937_64 random(11);
  std::vector<fused::Kernel<T>> kernels{fused::kernel_portable<T>()};
  if (fused_kernel_name() != "portable") kernels.push_back(fused::kernel_avx2<T>());
  if (fused_kernel_name() == "avx512") kernels.push_back(fused::kernel_avx512<T>());
  for (const Index columns : {1, 16, 17, 100, 128, 200}) {
    for (const int weights : {0, 1, 2}) {
      Block<T> Y(20, columns);
      Y.fill_with_zeros();
      for (Index i = 0; i < 20; ++i) {
        for (Index j = 0; j < columns; ++j) {
          Y.row(i)[j] = random_number<T>(random, Numbers::any, 0, 9);
        }
      }
      std::vector<std::size_t> begins{0};
      std::vector<std::uint32_t> inputs;
      std::vector<T> weight, bias;
      for (Index r = 0; r < 30; ++r) {
        for (std::uint32_t k = 0; k < 20; ++k) {
          if (random() % 2 != 0) continue;
          inputs.push_back(k);
          weight.push_back(weights > 0 ? T(2) : random_number<T>(random, Numbers::any, -4, 8));
        }
        begins.push_back(inputs.size());
        bias.push_back(random_number<T>(random, Numbers::any, -9, -1));
      }
      std::vector<Block<T>> answers;
      for (const auto kernel : kernels) {
        answers.emplace_back(30, columns);
        kernel({30, begins.data(), inputs.data(), weight.data(), weights > 0, weights == 2,
                bias.data(), columns % 2 == 0, T(5), Y.row(0), answers.back().row(0), Y.stride()});
      }
      for (Index r = 0; r < 30; ++r) {
        for (Index j = 0; j < columns; ++j) {
          T sum = 0;
          for (std::size_t p = begins[r]; p < begins[r + 1]; ++p) {
            sum += weight[p] * Y.row(inputs[p])[j];
          }
          sum += bias[r];
          sum = std::max(sum, T(0));
          if (columns % 2 == 0) sum = std::min(sum, T(5));
          for (const auto& answer : answers) REQUIRE(answer.row(r)[j] == sum);
        }
      }
    }
  }
}
