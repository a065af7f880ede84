// Inference that was cut off goes on from its checkpoint and gives the same bytes.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "engine/io/atomic_file.hpp"
#include "engine/io/input_file.hpp"
#include "oscillon/inference/inference.hpp"
#include "tests/cases.hpp"
#include "tests/inference/random_networks.hpp"
#include "tests/temporary_folder.hpp"

using namespace oscillon;
using namespace oscillon::testing;

namespace {

// Twenty layers of 40 neurons in which a good part of the samples lives on; rows repeat.
template <NetworkValue T>
Network<T> network() {
  std::mt19937_64 random(3);
  std::vector<std::shared_ptr<const Layer<T>>> layers;
  for (int l = 0; l < 20; ++l) {
    Triples<T> W;
    for (Index i = 0; i < 40; ++i) {
      std::mt19937_64 of_row(static_cast<std::uint64_t>(l) * 100 + i % 13);
      for (Index k = 0; k < 40; ++k) {
        if (of_row() % 4 == 0) W.add(i, k, T(std::is_integral_v<T> ? 1 : 0.3));
      }
    }
    layers.push_back(std::make_shared<const Layer<T>>(
        Matrix<T>::build(40, 40, W), std::vector<T>(40, T(std::is_integral_v<T> ? -9 : -0.4)),
        T(8)));
  }
  return Network<T>(layers);
}

template <NetworkValue T>
SampleBatch<T> inputs() {
  std::mt19937_64 random(4);
  Triples<T> Y;
  for (Index j = 0; j < 300; ++j) {
    for (Index i = 0; i < 40; ++i) {
      if (random() % 300 < j) Y.add(i, j, T(1));
    }
  }
  return SampleBatch<T>(Matrix<T>::build(40, 300, Y));
}

InferenceOptions with_checkpoints(const TemporaryFolder& folder) {
  InferenceOptions options;
  options.checkpoint.folder = folder.at("checkpoints");
  options.checkpoint.every_seconds = 0;
  return options;
}

// Stops when `layer` is reached.
template <NetworkValue T>
void run_until(const LayerSource<T>& source, const SampleBatch<T>& Y0, InferenceOptions options,
               std::size_t layer) {
  std::stop_source stop;
  options.stop = stop.get_token();
  options.on_progress = [&](const Progress& progress) {
    if (progress.layers_done >= layer) stop.request_stop();
  };
  CHECK_THROWS_WITH_AS(infer(source, Y0, options), doctest::Contains("can be resumed from"), Error);
}

}  // namespace

TEST_CASE_TEMPLATE("stopped after any layer, resumed: the same bytes and the same counts", T, float,
                   double, std::int32_t) {
  Network<T> net = network<T>();
  const LayerSource<T>& source = net;
  const SampleBatch<T> Y0 = inputs<T>();
  for (const Plan plan : {Plan::semiring, Plan::dense_tiles, Plan::fused}) {
    InferenceOptions plain;
    plain.plan = plan;
    const auto expected = infer(source, Y0, plain);
    REQUIRE(expected.profile.layers.back().live_samples > 20);
    REQUIRE(expected.profile.layers.back().live_samples < 290);
    for (std::size_t layer = 1; layer < (is_sanitized ? 4 : 9); ++layer) {
      const TemporaryFolder folder;
      InferenceOptions options = with_checkpoints(folder);
      options.plan = plan;
      run_until(source, Y0, options, layer);
      options.checkpoint.resume = true;
      if (layer < 3) run_until(source, Y0, options, layer + 2);  // cut off once more
      const auto answer = infer(source, Y0, options);
      CHECK(answer.profile.resumed_at >= layer);
      const auto a = answer.Y.compressed(Orientation::by_column);
      const auto b = expected.Y.compressed(Orientation::by_column);
      CHECK(a.offsets == b.offsets);
      CHECK(a.indices == b.indices);
      CHECK(a.values == b.values);
      CHECK(answer.profile.edges == expected.profile.edges);
      for (std::size_t l = 0; l < 20; ++l) {
        CHECK(answer.profile.layers[l].entries == expected.profile.layers[l].entries);
        CHECK(answer.profile.layers[l].live_samples == expected.profile.layers[l].live_samples);
      }
    }
  }
}

TEST_CASE("a damaged checkpoint is passed over for the older one; two damaged ones are an error") {
  Network<float> net = network<float>();
  const LayerSource<float>& source = net;
  const SampleBatch<float> Y0 = inputs<float>();
  const TemporaryFolder folder;
  InferenceOptions options = with_checkpoints(folder);
  const auto expected = infer(source, Y0, options).Y.triples();
  options.checkpoint.resume = true;
  const auto newest = infer(source, Y0, options).profile.resumed_at;
  const auto damage = [&](int which, std::size_t place) {
    const std::string path = options.checkpoint.folder + "/checkpoint-" + std::to_string(which);
    std::string bytes(InputFile(path).text());
    bytes[place % bytes.size()] ^= 4;
    std::ofstream(path, std::ios::binary) << bytes;
  };
  damage(0, 3000);
  const auto one_left = infer(source, Y0, options);
  CHECK(one_left.Y.triples().values == expected.values);
  CHECK(one_left.profile.resumed_at > 0);
  CHECK(one_left.profile.resumed_at <= newest);
  // That run wrote new ones; now both are damaged, one of them in its header.
  damage(0, 20);
  damage(1, 4000);
  CHECK_THROWS_WITH_AS(infer(source, Y0, options), doctest::Contains("/checkpoint-1: error: "),
                       Error);
}

TEST_CASE("a checkpoint of another run is refused; without one the run begins") {
  Network<float> net = network<float>();
  const LayerSource<float>& source = net;
  const SampleBatch<float> Y0 = inputs<float>();
  const TemporaryFolder folder;
  InferenceOptions options = with_checkpoints(folder);
  options.checkpoint.resume = true;
  CHECK(infer(source, Y0, options).profile.resumed_at == 0);
  const auto refused = [&](const LayerSource<float>& other, const SampleBatch<float>& batch,
                           const InferenceOptions& asked) {
    CHECK_THROWS_WITH_AS(infer(other, batch, asked), doctest::Contains("are of another run"),
                         Error);
  };
  // Another weight, and another rule, of networks of the same shape.
  const auto changed = [&](float factor, BiasOn bias_on) {
    std::vector<std::shared_ptr<const Layer<float>>> layers;
    for (std::size_t l = 0; l < net.depth(); ++l) {
      Compressed<float> weights = net.at(l).rows().columns();
      if (l + 1 == net.depth()) weights.values.back() *= factor;
      const auto bias = net.at(l).bias();
      LayerRules<float> rules = net.at(l).rules();
      rules.bias_on = bias_on;
      layers.push_back(std::make_shared<const Layer<float>>(
          weights, std::vector<float>(bias.begin(), bias.end()), rules));
    }
    return Network<float>(std::move(layers));
  };
  refused(changed(2, BiasOn::stored), Y0, options);
  refused(changed(1, BiasOn::live_samples), Y0, options);
  Triples<float> one;
  one.add(0, 0, 1);
  refused(source, SampleBatch<float>(Matrix<float>::build(40, 300, one)), options);
  CHECK(infer(source, Y0, options).profile.resumed_at > 0);
}
