// Real official data, where OSCILLON_CHALLENGE_DATA names a folder that holds them (small/ and
// full/).
#include <doctest/doctest.h>

#include <cstdlib>

#include "engine/inference/inference.hpp"
#include "engine/io/tsv.hpp"
#include "verify/challenge/check.hpp"
#include "verify/challenge/files.hpp"
#include "verify/challenge/radix_net.hpp"
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
  Network<T> network(challenge::read_layers<T>(folder, 1024, 30, T(-0.3)));
  const auto Y0 = challenge::read_inputs<T>(folder + "/sparse-images-1024.tsv", 1024);
  CHECK(Y0.columns() == 1200);
  CHECK(Y0.entries() == 122713);
  LayerSource<T>& source = network;
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
  CHECK(!oracle::first_disagreement(source, Y0, answer.Y, some, BiasOn::stored));
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

TEST_CASE("the whole official problem") {
  const std::string folder = data_folder("full");
  if (folder.empty()) return;
  Network<float> network(challenge::read_layers<float>(folder, 1024, 120, -0.3f));
  const auto Y0 = challenge::read_inputs<float>(folder + "/sparse-images-1024.tsv", 1024);
  CHECK(Y0.columns() == 60000);
  CHECK(Y0.entries() == 6374505);
  LayerSource<float>& source = network;
  const auto truth = read_categories(folder + "/neuron1024-l120-categories.tsv", 60000);
  CHECK(truth.size() == 1812);
  CHECK(challenge::categories_of(infer(source, Y0).Y) == truth);
}

TEST_CASE("the first block of the official network is the generated one") {
  const std::string folder = data_folder("full");
  if (folder.empty()) return;
  for (std::size_t k = 0; k < 6; ++k) {
    const auto path = challenge::find_layer(folder, 1024, k + 1);
    const auto official = read_transposed_tsv<float>(path, 1024, 1024);
    const auto arrays = official.compressed(Orientation::by_column);
    const auto made = challenge::radix_net_weights<float>(challenge::size_of(1024), k, 1);
    CHECK(arrays.offsets == made.offsets);
    CHECK(arrays.indices == made.indices);
    CHECK(arrays.values == made.values);
  }
}
