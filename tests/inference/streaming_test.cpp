// Layers from a source that is slower than inference, batches that are held in little memory, and
// limits of memory.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "engine/inference/run/layer_queue.hpp"
#include "oscillon/inference/inference.hpp"
#include "tests/inference/random_networks.hpp"

using namespace oscillon;
using oscillon::run::LayerQueue;
using namespace oscillon::testing;

namespace {

// Makes layers when they are asked for, and fails at one of them if told to.
class Made : public LayerSource<float> {
 public:
  Made(Network<float>& network, std::size_t fails_at) : network_(network), fails_at_(fails_at) {}
  std::size_t depth() const override { return network_.depth(); }
  Index inputs() const override { return network_.inputs(); }
  Index outputs() const override { return network_.outputs(); }
  std::shared_ptr<const Layer<float>> layer(std::size_t index) const override {
    ++asked;
    if (index == fails_at_) throw Error(Fault::io, "layer 3 cannot be read");
    return network_.layer(index);
  }
  BiasOn bias_on(std::size_t index) const override { return network_.bias_on(index); }
  mutable std::atomic<std::size_t> asked{0};

 private:
  Network<float>& network_;
  std::size_t fails_at_;
};

constexpr std::size_t never = ~std::size_t{0};

Network<float> some_network(std::uint64_t seed, std::size_t depth) {
  std::mt19937_64 random(seed);
  return Network<float>(random_layers<float>(random, Numbers::dyadic, depth, 12, -1));
}

}  // namespace

TEST_CASE("layers fetched ahead give the answer of layers in memory, each fetched once") {
  std::mt19937_64 random(4);
  for (int n = 0; n < 50; ++n) {
    Network<float> network = some_network(random(), 1 + random() % 30);
    Made made(network, never);
    const auto Y0 = random_matrix<float>(random, network.inputs(), 40, Numbers::dyadic, 1, 8);
    const LayerSource<float>& in_memory = network;
    const auto expected = infer(in_memory, Y0).Y.triples();
    const auto answer = infer<float>(made, Y0).Y.triples();
    CHECK(answer.rows == expected.rows);
    CHECK(answer.values == expected.values);
    CHECK(made.asked == network.depth());
  }
}

TEST_CASE("the queue waits when its layers hold enough, and ends early without hanging") {
  Network<float> network = some_network(9, 30);
  Made made(network, never);
  {
    LayerQueue<float> queue(made, 0, 1);
    CHECK(queue.take() == network.layer(0));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(made.asked <= 3);
    CHECK(queue.take() == network.layer(1));
  }
  LayerQueue<float> from_the_tenth(made, 10, 1 << 20);
  CHECK(from_the_tenth.take() == network.layer(10));
}

TEST_CASE("what a source throws comes out of inference") {
  Network<float> network = some_network(5, 12);
  Made made(network, 3);
  const Matrix<float> Y0(network.inputs(), 5);
  CHECK_THROWS_WITH_AS(infer<float>(made, Y0), "layer 3 cannot be read", Error);
}

TEST_CASE_TEMPLATE("a batch of samples holds what the matrix does", T, float, std::int64_t) {
  std::mt19937_64 random(6);
  for (const Index neurons : {Index{9}, Index{70'000}, Index{1} << 33}) {
    Triples<T> triples;
    for (Index j = 0; j < 20; ++j) {
      for (Index i = 0; i < j % 7; ++i) triples.add(neurons / 7 * i, j, T(neurons == 9 ? j : 1));
    }
    const auto Y0 = Matrix<T>::build(neurons, 20, triples, Collision::none, Orientation::by_column);
    const SampleBatch<T> batch(Y0);
    CHECK(batch.samples() == 20);
    CHECK(batch.entries() == Y0.entries());
    const auto held = batch.matrix().compressed(Orientation::by_column);
    const auto expected = Y0.compressed(Orientation::by_column);
    CHECK(held.indices == expected.indices);
    CHECK(held.values == expected.values);
    const auto some = batch.columns(3, 5);
    CHECK(some.offsets == std::vector<Index>{0, 3, 7});
    CHECK(some.values[0] == T(neurons == 9 ? 3 : 1));
  }
}

TEST_CASE("a batch refuses neurons that do not ascend within it") {
  SampleBatch<float> batch(4);
  const float one = 1;
  const auto append = [&](std::vector<Index> neurons) { batch.append(neurons, {&one, 1}); };
  append({0, 3});
  CHECK_THROWS_AS(append({1, 1}), KeyError);
  CHECK_THROWS_AS(append({4}), KeyError);
  const std::vector<float> two{1, 2};
  CHECK_THROWS_AS(batch.append(std::vector<Index>{1, 2, 3}, two), ShapeError);
  CHECK(batch.samples() == 1);
  batch.append(std::vector<Index>{1, 2}, two);
  CHECK(batch.columns(0, 2).values == std::vector<float>{1, 1, 1, 2});
}

TEST_CASE(
    "the limit of memory: refused before it begins, naming what is needed, or between layers" *
    doctest::test_suite("slow")) {
  std::mt19937_64 random(8);
  Triples<float> W, Y;
  for (Index i = 0; i < 1000; ++i) {
    for (Index k = 0; k < 1000; ++k) W.add(i, k, 1.f / 1024);
  }
  for (Index j = 0; j < 20'000; ++j) Y.add(random() % 1000, j, 1024);
  Network<float> network({std::make_shared<const Layer<float>>(Matrix<float>::build(1000, 1000, W),
                                                               std::vector<float>(1000, 0))});
  const LayerSource<float>& source = network;
  const SampleBatch<float> Y0(Matrix<float>::build(1000, 20'000, Y));
  InferenceOptions options;
  options.memory_limit = Index{1} << 20;
  CHECK_THROWS_WITH_AS(infer(source, Y0, options),
                       doctest::Contains("more memory than the limit of 1 MiB: samples 1 MiB + "
                                         "layers 4 MiB + tiles"),
                       Error);
  // 20 million entries are 240 MB as an answer.
  options.memory_limit = Index{100} << 20;
  CHECK_THROWS_WITH_AS(infer(source, Y0, options), doctest::Contains("the limit is 100 MiB"),
                       Error);
  options.memory_limit = Index{4} << 30;
  CHECK(infer(source, Y0, options).Y.entries() == 20'000'000);
}
