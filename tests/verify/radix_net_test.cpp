#include "oscillon/verify/challenge/radix_net.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace oscillon;

namespace {

challenge::RadixNet net_of(std::vector<Index> radices, std::vector<Index> widths) {
  challenge::RadixNet net;
  net.radices = std::move(radices);
  net.widths = std::move(widths);
  net.bias = -0.25;
  return net;
}

}  // namespace

TEST_CASE("any radices and widths: the connections of the definition") {
  const challenge::RadixNet net = net_of({2, 3, 4}, {2, 5});
  REQUIRE(net.base() == 24);
  const std::vector<Index> steps{1, 2, 6};
  for (std::size_t l = 0; l < 6; ++l) {
    const auto W = challenge::radix_net_weights<double>(net, l);
    const Index radix = net.radices[l % 3];
    const Index inputs = l % 2 == 0 ? 48 : 120;
    const Index outputs = l % 2 == 0 ? 120 : 48;
    REQUIRE(W.columns == inputs);
    REQUIRE(W.rows == outputs);
    const Matrix<double> M = Matrix<double>::from_compressed(W);
    CHECK(M.entries() == inputs * radix * (outputs / 24));
    const auto permutation = challenge::block_permutation(inputs, net.seed, l / 3);
    for (Index i = 0; i < inputs; ++i) {
      for (Index j = 0; j < outputs; ++j) {
        const Index distance = (permutation[i] % 24 + 24 - j % 24) % 24;
        const bool connected = distance % steps[l % 3] == 0 && distance / steps[l % 3] < radix;
        CHECK(M.at(j, i).has_value() == connected);
      }
    }
  }
  // Every path: from each input of a block to each output, as many ways as copies on the way.
  challenge::RadixNetSource<double> source(net_of({2, 3, 4}, {1}), 3);
  std::vector<std::set<Index>> reached(24);
  for (Index i = 0; i < 24; ++i) reached[i] = {i};
  for (std::size_t l = 0; l < 3; ++l) {
    const auto W = source.layer(l)->weights().compressed(Orientation::by_column);
    for (auto& set : reached) {
      std::set<Index> next;
      std::size_t ways = 0;
      for (const Index i : set) {
        for (Index p = W.offsets[i]; p < W.offsets[i + 1]; ++p) {
          next.insert(W.indices[p]);
          ++ways;
        }
      }
      CHECK(ways == next.size());
      set = next;
    }
  }
  for (const auto& set : reached) CHECK(set.size() == 24);
}

TEST_CASE("variants: weights, biases, degrees and connections differ as they are told to") {
  challenge::RadixNet net = net_of({2, 2, 2, 2}, {8});
  const auto plain = challenge::radix_net_weights<float>(net, 5);
  const auto again = challenge::RadixNetSource<float>(net, 6).layer(5);
  CHECK(again->weights().compressed(Orientation::by_column).indices == plain.indices);
  CHECK(again->bias()[3] == -0.25f);

  net.weights = challenge::Weights::positive;
  auto made = challenge::radix_net_weights<float>(net, 5);
  CHECK(made.indices == plain.indices);
  auto [least, most] = std::minmax_element(made.values.begin(), made.values.end());
  CHECK(*least >= 1.f / 32);
  CHECK(*least < 1.f / 28);
  CHECK(*most > 2.6f / 32);
  CHECK(*most < 3.f / 32);
  net.weights = challenge::Weights::mixed;
  made = challenge::radix_net_weights<float>(net, 5);
  const auto negative =
      std::count_if(made.values.begin(), made.values.end(), [](float value) { return value < 0; });
  CHECK(std::abs(negative - static_cast<long>(made.size()) / 2) < 150);

  net.biases_vary = true;
  const auto varied = challenge::RadixNetSource<float>(net, 6).layer(5);
  const std::set<float> biases(varied->bias().begin(), varied->bias().end());
  CHECK(biases.size() > 100);
  CHECK(*biases.begin() > -0.375f);
  CHECK(*biases.rbegin() <= -0.125f);

  net.dropped = 0.25;
  made = challenge::radix_net_weights<float>(net, 5);
  CHECK(std::abs(static_cast<double>(made.size()) / static_cast<double>(plain.size()) - 0.75) <
        0.03);
  std::set<Index> degrees;
  for (Index i = 0; i < made.columns; ++i) degrees.insert(made.offsets[i + 1] - made.offsets[i]);
  CHECK(degrees.size() > 4);

  net.dropped = 0;
  net.unstructured = true;
  made = challenge::radix_net_weights<float>(net, 5);
  CHECK(made.offsets == plain.offsets);
  CHECK(made.indices != plain.indices);
  for (Index i = 0; i < made.columns; ++i) {
    const auto begin = made.indices.begin() + static_cast<std::ptrdiff_t>(made.offsets[i]);
    const auto end = made.indices.begin() + static_cast<std::ptrdiff_t>(made.offsets[i + 1]);
    CHECK(std::adjacent_find(begin, end, std::greater_equal<>()) == end);
  }
}

TEST_CASE("permutations are recovered from layers, and refused where they are none") {
  const challenge::RadixNet net = net_of({2, 2, 2}, {3});
  challenge::RadixNet other = net;
  other.seed = 7;
  challenge::RadixNetSource<float> source(other, 8);
  challenge::RadixNet recovered = net;
  recovered.permutations = challenge::recovered_permutations<float>(source, net);
  CHECK(recovered.permutations.size() == 3);
  challenge::RadixNetSource<float> again(recovered, 8);
  for (std::size_t l = 0; l < 8; ++l) {
    const auto a = source.layer(l)->weights().compressed(Orientation::by_column);
    const auto b = again.layer(l)->weights().compressed(Orientation::by_column);
    CHECK(a.offsets == b.offsets);
    CHECK(a.indices == b.indices);
  }
  other.unstructured = true;
  challenge::RadixNetSource<float> unstructured(other, 8);
  CHECK_THROWS_WITH_AS(challenge::recovered_permutations<float>(unstructured, net),
                       doctest::Contains("layer 1: neuron "), Error);
}

TEST_CASE("networks that do not exist are refused") {
  const auto refused = [](const challenge::RadixNet& net) {
    CHECK_THROWS_AS(challenge::RadixNetSource<float>(net, 4), Error);
  };
  refused(net_of({}, {1}));
  refused(net_of({2}, {}));
  refused(net_of({2, 1}, {1}));
  refused(net_of({2, 2}, {0}));
  refused(net_of({Index{1} << 40, Index{1} << 40}, {1}));
  challenge::RadixNet net = net_of({2, 2}, {1});
  net.dropped = 1;
  refused(net);
  net = net_of({2, 2}, {1});
  net.permutations = {{0, 1, 2}};
  refused(net);
  CHECK_THROWS_AS(challenge::weights_from_name("odd"), Error);
}

TEST_CASE("random inputs have the share of ones") {
  const auto Y0 = challenge::random_inputs<float>(1000, 50, 0.2, 3);
  CHECK(std::abs(static_cast<double>(Y0.entries()) - 10'000) < 300);
}
