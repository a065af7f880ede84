// The bytes of a result depend on the network and the samples alone.
#include <doctest/doctest.h>

#include <cstring>

#include "oscillon/inference/inference.hpp"
#include "tests/cases.hpp"
#include "tests/inference/random_networks.hpp"

using namespace oscillon;
using namespace oscillon::testing;

namespace {

// Layers that keep a good part of the neurons of a busy sample alive, and let a quiet one die, with
// weights that round.
std::vector<std::shared_ptr<const Layer<float>>> wide_layers(std::mt19937_64& random, Index width,
                                                             std::size_t depth) {
  const float scale = 24.f / static_cast<float>(width);
  std::uniform_real_distribution<float> weight(-scale, 2 * scale);
  std::vector<std::shared_ptr<const Layer<float>>> layers;
  for (std::size_t l = 0; l < depth; ++l) {
    Triples<float> W;
    for (Index i = 0; i < width; ++i) {
      for (Index j = 0; j < width; ++j) {
        if (random() % 8 == 0) W.add(i, j, weight(random));
      }
    }
    layers.push_back(std::make_shared<const Layer<float>>(Matrix<float>::build(width, width, W),
                                                          std::vector<float>(width, -0.1f), 32.f));
  }
  return layers;
}

bool same_bytes(const Matrix<float>& A, const Matrix<float>& B) {
  const auto a = A.compressed(Orientation::by_column);
  const auto b = B.compressed(Orientation::by_column);
  return a.offsets == b.offsets && a.indices == b.indices && a.values.size() == b.values.size() &&
         std::memcmp(a.values.data(), b.values.data(), a.values.size() * sizeof(float)) == 0;
}

}  // namespace

TEST_CASE("the same bytes for any plan, number of threads and tile size" *
          doctest::test_suite("slow")) {
  std::mt19937_64 random(99);
  for (const Index width : is_sanitized ? std::vector<Index>{40} : std::vector<Index>{40, 200}) {
    Network<float> network(wide_layers(random, width, 9));
    const LayerSource<float>& source = network;
    constexpr Index samples = 500;
    Triples<float> inputs;
    for (Index j = 0; j < samples; ++j) {
      for (Index i = 0; i < width; ++i) {
        if (random() % 100 < j % 40) inputs.add(i, j, 1);
      }
    }
    const Matrix<float> Y0 = Matrix<float>::build(width, samples, inputs);
    InferenceOptions options;
    options.plan = Plan::semiring;
    options.threads = 1;
    options.tile = samples;
    const Inference<float> expected = infer(source, Y0, options);
    CAPTURE(width);
    CAPTURE(expected.profile.layers.back().live_samples);
    REQUIRE(expected.Y.entries() > 1000);
    REQUIRE(expected.profile.layers.back().live_samples < samples);
    for (const int threads : {1, 2, 3, 4, 8}) {
      for (const Index tile : {Index{1}, Index{7}, Index{64}, Index{1024}, Index{0}}) {
        for (const Plan plan : {Plan::semiring, Plan::dense_tiles, Plan::fused, Plan::automatic}) {
          options.threads = threads;
          options.tile = tile;
          options.plan = plan;
          options.reduce = tile != 64;
          CHECK(same_bytes(infer(source, Y0, options).Y, expected.Y));
        }
      }
    }
  }
}
