// Real official data, where OSCILLON_CHALLENGE_DATA names a folder that holds them (small/ and
// full/).
#include <doctest/doctest.h>

#include <cstdlib>

#include "engine/io/challenge_files.hpp"
#include "oscillon/inference/inference.hpp"
#include "oscillon/io/open_layers.hpp"
#include "oscillon/io/tsv.hpp"
#include "oscillon/verify/challenge/check.hpp"
#include "oscillon/verify/challenge/radix_net.hpp"
#include "verify/oracle/from_engine.hpp"

using namespace oscillon;

namespace {

std::string data_folder(const char* part) {
  const char* data = std::getenv("OSCILLON_CHALLENGE_DATA");
  if (data == nullptr || *data == '\0') {
    MESSAGE("OSCILLON_CHALLENGE_DATA is not set: nothing is read");
    return "";
  }
  return std::string(data) + "/" + part;
}

// The entries after a layer in each precision. They differ where sums meet exact ties; there the
// order of a sum decides, and ascending is ours: after layer 6 other orders leave 30592 in fp32.
template <NetworkValue T>
void check_small(const std::string& folder, Index third, Index sixth) {
  const Network<T> network =
      in_memory<T>(*open_layers<T>(folder, challenge::official_layers<T>(1024, 30)));
  const auto Y0 = challenge::read_inputs<T>(folder + "/sparse-images-1024.tsv", 1024).matrix();
  CHECK(Y0.columns() == 1200);
  CHECK(Y0.entries() == 122713);
  const LayerSource<T>& source = network;
  const Inference<T> answer = infer(source, Y0);
  const auto truth = read_categories(folder + "/neuron1024-l120-categories.tsv", 1200);
  CHECK(truth.size() == 19);
  CHECK(challenge::categories_of(answer.Y) == truth);
  CHECK(answer.profile.layers[2].entries == third);
  CHECK(answer.profile.layers[5].entries == sixth);
  CHECK(answer.profile.layers[29].entries == 19456);
  for (const T value : answer.Y.triples().values) REQUIRE(value == T(32));
  std::vector<Index> some{truth.front(), truth.back()};
  for (Index s = 0; s < 1200; s += 60) some.push_back(s);
  CHECK(!oracle::first_disagreement(source, Y0, answer.Y, some));
  if (std::is_same_v<T, float>) {
    CHECK(answer.profile.layers[0].entries == 330320);
    CHECK(answer.profile.layers[1].entries == 153280);
  }
}

}  // namespace

TEST_CASE("the small official problem, in both precisions") {
  const std::string folder = data_folder("small");
  if (folder.empty()) return;
  check_small<float>(folder, 90016, 30464);
  check_small<double>(folder, 90272, 30464);
}

TEST_CASE("the whole official problem" * doctest::test_suite("slow")) {
  const std::string folder = data_folder("full");
  if (folder.empty()) return;
  const Network<float> network =
      in_memory<float>(*open_layers<float>(folder, challenge::official_layers<float>(1024, 120)));
  const auto Y0 = challenge::read_inputs<float>(folder + "/sparse-images-1024.tsv", 1024);
  CHECK(Y0.samples() == 60000);
  CHECK(Y0.entries() == 6374505);
  const LayerSource<float>& source = network;
  const auto truth = read_categories(folder + "/neuron1024-l120-categories.tsv", 60000);
  CHECK(truth.size() == 1812);
  CHECK(challenge::categories_of(infer(source, Y0).Y) == truth);
}

TEST_CASE("generated layers are the official ones, all 120, given the permutations") {
  const std::string folder = data_folder("full");
  if (folder.empty()) return;
  const challenge::FolderSource<float> official(folder,
                                                challenge::official_layers<float>(1024, 120));
  challenge::RadixNet net = challenge::official_net(challenge::size_of(1024), 1);
  challenge::RadixNetSource<float> seeded(net, 6);  // the first block needs none
  net.permutations = challenge::recovered_permutations(official, net);
  CHECK(net.permutations.size() == 20);
  challenge::RadixNetSource<float> made(net, 120);
  for (std::size_t l = 0; l < 120; ++l) {
    const auto expected = official.layer(l)->weights().compressed(Orientation::by_column);
    for (auto* source : {&made, &seeded}) {
      if (l >= source->depth()) continue;
      const auto layer = source->layer(l);
      const auto arrays = layer->weights().compressed(Orientation::by_column);
      REQUIRE(arrays.offsets == expected.offsets);
      REQUIRE(arrays.indices == expected.indices);
      REQUIRE(arrays.values == expected.values);
      REQUIRE(layer->bias()[0] == -0.3f);
    }
  }
}
