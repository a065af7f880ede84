#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "engine/base/checksum.hpp"
#include "engine/io/challenge_files.hpp"
#include "oscillon/inference/inference.hpp"
#include "oscillon/io/open_layers.hpp"
#include "oscillon/io/tsv.hpp"
#include "oscillon/verify/challenge/check.hpp"
#include "oscillon/verify/challenge/radix_net.hpp"
#include "oscillon/verify/challenge/run.hpp"
#include "tests/temporary_folder.hpp"
#include "verify/bench/naive.hpp"
#include "verify/challenge/images.hpp"
#include "verify/oracle/from_engine.hpp"

using namespace oscillon;
using namespace oscillon::testing;

TEST_CASE("the catalogue") {
  CHECK(challenge::size_of(4096).bias == -0.35);
  CHECK_THROWS_WITH_AS(
      challenge::size_of(1000),
      "no official problem has 1000 neurons a layer: there are 1024, 4096, 16384, 65536", Error);
  for (const challenge::Size& size : challenge::sizes) {
    CHECK(size.image_side * size.image_side == size.neurons);
    CHECK((Index{16} << size.layers_a_block) == size.neurons);
  }
  CHECK(challenge::images_name(1024) == "sparse-images-1024.tsv");
  CHECK(challenge::layer_name(1024, 7) == "neuron1024/n1024-l7.tsv");
  CHECK(challenge::categories_name(4096, 480) == "neuron4096-l480-categories.tsv");
}

TEST_CASE("random numbers by counter differ by seed, stream and counter") {
  CHECK(challenge::counter_random(0, 0, 0) != challenge::counter_random(0, 0, 1));
  CHECK(challenge::counter_random(0, 1, 0) != challenge::counter_random(0, 0, 1));
  CHECK(challenge::counter_random(1, 0, 0) != challenge::counter_random(0, 0, 0));
}

TEST_CASE("permutations: natural for block 0, each a permutation, all different") {
  const auto first = challenge::block_permutation(1024, 1, 0);
  CHECK(std::is_sorted(first.begin(), first.end()));
  const auto second = challenge::block_permutation(1024, 1, 1);
  CHECK(second != challenge::block_permutation(1024, 1, 2));
  CHECK(second != challenge::block_permutation(1024, 2, 1));
  CHECK(second == challenge::block_permutation(1024, 1, 1));
  auto sorted = second;
  std::sort(sorted.begin(), sorted.end());
  CHECK(sorted == first);
  // Of three elements each of the six orders comes up about equally often.
  std::map<std::vector<Index>, int> counts;
  for (std::uint64_t seed = 0; seed < 6000; ++seed)
    ++counts[challenge::block_permutation(3, seed, 1)];
  CHECK(counts.size() == 6);
  for (const auto& [order, count] : counts) CHECK(std::abs(count - 1000) < 150);
}

TEST_CASE("RadiX-Net layers: the connections of the first block, rows permuted later") {
  const challenge::RadixNet net = challenge::official_net(challenge::size_of(1024), 1);
  for (const std::size_t k : {std::size_t{0}, std::size_t{3}, std::size_t{5}}) {
    const auto W = challenge::radix_net_weights<float>(net, k);
    CHECK(W.size() == 32 * 1024);
    const Matrix<float> M = Matrix<float>::from_compressed(W);
    for (const Index input : {0, 5, 64, 700, 1023}) {
      for (Index output = 0; output < 1024; ++output) {
        const Index distance = (input % 64 + 64 - output % 64) % 64;
        CHECK(M.at(output, input).has_value() == (distance == 0 || distance == Index{1} << k));
      }
    }
    CHECK(M.at(5, 5) == 0.0625f);
    // In block 2, input i connects as input p(i) does in block 0.
    const auto later = challenge::radix_net_weights<float>(net, k + 12);
    const auto permutation = challenge::block_permutation(1024, 1, 2);
    for (Index i = 0; i < 1024; ++i) {
      CHECK(std::equal(later.indices.begin() + static_cast<std::ptrdiff_t>(32 * i),
                       later.indices.begin() + static_cast<std::ptrdiff_t>(32 * i + 32),
                       W.indices.begin() + static_cast<std::ptrdiff_t>(32 * permutation[i])));
    }
  }
}

TEST_CASE("the check names missing and extra samples by their numbers in the files") {
  CHECK(challenge::check_categories({1, 5}, {1, 5}).passed());
  const auto check = challenge::check_categories({1, 5, 9}, {0, 1, 9});
  CHECK(!check.passed());
  CHECK(check.message() ==
        "the answer lacks sample 1; the answer has sample 6, which the truth does not");
  CHECK(challenge::check_categories({}, {0, 1, 2, 3, 4, 5, 6}).message() ==
        "the answer lacks sample 1, 2, 3, 4, 5 and 2 more");
  Triples<float> Y;
  Y.add(0, 2, 1);
  Y.add(1, 0, 0);
  CHECK(challenge::categories_of(Matrix<float>::build(2, 4, Y)) == std::vector<Index>{2});
}

TEST_CASE("a digest is of neurons and values, in any type") {
  Triples<float> Y;
  Y.add(0, 1, 0.5f);
  Y.add(3, 1, 2);
  Y.add(1, 2, 0.5f);
  Y.add(3, 2, 2);
  const auto result = challenge::result_of(Matrix<float>::build(4, 3, Y));
  CHECK(result.categories == std::vector<Index>{1, 2});
  CHECK(result.digests[0] != result.digests[1]);  // the same values of other neurons
  std::string bytes(32, '\0');
  const double half = 0.5, two = 2;
  const std::uint64_t three = 3;
  std::memcpy(bytes.data() + 8, &half, 8);
  std::memcpy(bytes.data() + 16, &three, 8);
  std::memcpy(bytes.data() + 24, &two, 8);
  CHECK(result.digests[0] == checksum_of(bytes));
  Triples<double> same;
  same.add(0, 0, 0.5);
  same.add(2, 0, 0);  // no entry worth telling
  same.add(3, 0, 2);
  CHECK(challenge::result_of(Matrix<double>::build(4, 1, same)).digests[0] == result.digests[0]);
}

TEST_CASE("a generated problem goes to disk and back, and every way of running it agrees") {
  const challenge::Size& size = challenge::size_of(1024);
  challenge::RadixNetSource<float> source(challenge::official_net(size, 3), 8);
  Triples<float> inputs;
  for (Index sample = 0; sample < 40; ++sample) {
    for (Index p = 0; p < 1024; ++p) {
      if (challenge::counter_random(9, sample, p) % 64 < 2 + 2 * sample) inputs.add(p, sample, 1);
    }
  }
  const auto Y0 = Matrix<float>::build(1024, 40, inputs, Collision::none, Orientation::by_column);
  const TemporaryFolder folder;
  const SampleBatch<float> batch(Y0);
  challenge::write_problem<float>(folder.path(), source, &batch);
  const auto read_layers = [&](std::size_t depth, BiasOn rule) {
    const auto files = challenge::official_layers<float>(1024, depth, {}, rule);
    return in_memory<float>(*open_layers<float>(folder.path(), files));
  };
  const Network<float> network = read_layers(8, BiasOn::stored);
  std::vector<std::shared_ptr<const Layer<float>>> layers;
  for (std::size_t l = 0; l < network.depth(); ++l) layers.push_back(network.layer(l));
  const auto read =
      challenge::read_inputs<float>(folder.at("sparse-images-1024.tsv"), 1024).matrix();
  CHECK(read.triples().rows == Y0.triples().rows);

  const Matrix<float> expected = infer(source, Y0).Y;
  const LayerSource<float>& from_files = network;
  const Matrix<float> answer = infer(from_files, read).Y;
  CHECK(answer.triples().values == expected.triples().values);
  const auto alive = challenge::categories_of(answer);
  CHECK(alive.size() > 4);
  CHECK(alive.size() < 36);
  CHECK(challenge::categories_of(bench::infer_naive(layers, read)) == alive);
  std::vector<Index> all(40);
  for (Index s = 0; s < 40; ++s) all[s] = s;
  CHECK(!oracle::first_disagreement(from_files, read, answer, all));
  // No bias is positive, so all rules agree.
  for (const auto& [rule, name] : bias_rules) {
    CHECK(!oracle::first_disagreement(read_layers(8, rule), read, expected, all));
  }
  // A wrong answer is seen.
  CHECK(oracle::first_disagreement(from_files, read, Y0, all).has_value());

  CHECK_THROWS_WITH_AS(read_layers(9, BiasOn::stored),
                       doctest::Contains("there is no layer 9: neither "), Error);
}

TEST_CASE("running a problem is a library call, whose report tells what differs") {
  const challenge::RadixNetSource<float> source(
      challenge::official_net(challenge::size_of(1024), 3), 6);
  const SampleBatch<float> Y0(challenge::random_inputs<float>(1024, 40, 0.4, 5));
  challenge::RunRequest request;
  request.verified = 10;
  request.by_semiring = true;
  const challenge::RunReport first = challenge::run(source, Y0, request);
  CHECK(first.passed());
  REQUIRE(first.verification);
  CHECK(first.verification->samples.size() == 10);
  CHECK(first.verification->by_semiring);
  CHECK(!first.check);
  CHECK(first.profile.samples == 40);
  CHECK(first.memory.total() > 0);
  CHECK(first.result.digests == challenge::result_of(infer(source, Y0).Y).digests);
  REQUIRE(!first.result.categories.empty());

  request.truth = first.result;
  CHECK(challenge::run(source, Y0, request).check->passed());
  request.truth->digests.front() = std::string(32, '0');
  const challenge::RunReport wrong = challenge::run(source, Y0, request);
  CHECK(!wrong.passed());
  CHECK(wrong.check->different == std::vector<Index>{first.result.categories.front()});

  // An answer that is not the network's is seen both ways.
  const challenge::Verification other =
      challenge::verify(source, Y0, Y0.matrix(), 40, true, request.inference);
  CHECK(other.loops_differ);
  CHECK(other.semiring_differs);
}

TEST_CASE("the fingerprint of a network that is made is that of what it is made from") {
  const auto fingerprint = [](auto&& change) {
    challenge::RadixNet net = challenge::official_net(challenge::size_of(1024), 3);
    change(net);
    return challenge::RadixNetSource<float>(net, 6).fingerprint();
  };
  const std::string same = fingerprint([](challenge::RadixNet&) {});
  CHECK(same == fingerprint([](challenge::RadixNet&) {}));
  CHECK(same != fingerprint([](challenge::RadixNet& net) { net.seed = 4; }));
  CHECK(same != fingerprint([](challenge::RadixNet& net) { net.bias = -0.25; }));
  CHECK(same != fingerprint([](challenge::RadixNet& net) { net.cap.reset(); }));
  CHECK(same != fingerprint([](challenge::RadixNet& net) { net.bias_on = BiasOn::every_sample; }));
  CHECK(same != fingerprint([](challenge::RadixNet& net) { net.biases_vary = true; }));
  CHECK(same !=
        challenge::RadixNetSource<double>(challenge::official_net(challenge::size_of(1024), 3), 6)
            .fingerprint());
}
