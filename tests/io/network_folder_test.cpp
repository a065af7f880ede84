#include "oscillon/io/network_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "engine/io/atomic_file.hpp"
#include "engine/io/input_file.hpp"
#include "oscillon/io/keyed_tsv.hpp"
#include "tests/error_of.hpp"
#include "tests/temporary_folder.hpp"

using namespace oscillon;
using namespace oscillon::testing;

namespace {

using Views = std::vector<std::string_view>;

template <class T>
Network<T> example(std::optional<T> cap) {
  const auto W0 =
      AssocArray<T>::from_triples(Views{"p", "q", "q"}, Views{"a", "a", "b"}, {1, 2, -3});
  const auto W1 = AssocArray<T>::from_triples(Views{"z"}, Views{"p"}, {1});
  const auto b0 = AssocArray<T>::from_triples(Views{"p"}, Views{"bias"}, {-1});
  return Network<T>({W0, W1}, {b0, AssocArray<T>()}, cap, {Alignment::unite});
}

// What reading a good folder says once `from` in its file `name` has become `to`: the name of the
// file at fault and what follows; nothing when it is read.
std::string fault_after(const std::string& name, const std::string& from, const std::string& to) {
  const TemporaryFolder folder;
  write_network_folder(folder.path(), example<std::int32_t>(4));
  std::string text = contents_of(folder.at(name));
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  folder.write(name, text.replace(at, from.size(), to));
  const std::string error = error_of([&] { read_network_folder<std::int32_t>(folder.path()); });
  if (error == "no error") return "";
  const std::size_t begin = error.find(folder.path());
  REQUIRE(begin != std::string::npos);
  return error.substr(begin + folder.path().size() + 1);
}

std::string fault_in_manifest(const std::string& from, const std::string& to) {
  return fault_after("network.json", from, to);
}

}  // namespace

TEST_CASE_TEMPLATE("a network goes to a folder and back", T, float, double, std::int32_t,
                   std::int64_t) {
  for (const std::optional<T> cap : {std::optional<T>{}, std::optional<T>{32}}) {
    const TemporaryFolder folder;
    const Network<T> network = example<T>(cap);
    write_network_folder(folder.at("deep/net"), network);
    const Network<T> again = read_network_folder<T>(folder.at("deep/net"));
    REQUIRE(again.depth() == 2);
    for (std::size_t l = 0; l < 2; ++l) {
      CHECK(equal(again.weights(l), network.weights(l)));
      CHECK(equal(again.bias(l), network.bias(l)));
      CHECK(again.keys(l) == network.keys(l));
      CHECK(again.at(l).rules().cap[0] == cap);
    }
  }
}

TEST_CASE("manifests that are none are refused") {
  CHECK(fault_in_manifest("  ", "  ") == "");
  CHECK(fault_in_manifest(",", ";") == "network.json:2:31: error: this is not JSON");
  CHECK(fault_in_manifest("\n}", std::string("\n}\0", 3)).ends_with("the file has a NUL byte"));
  CHECK(fault_in_manifest("oscillon network", "network") ==
        "network.json: error: this is no network: its \"format\" is not \"oscillon network\"");
  CHECK(fault_in_manifest("\"version\": 2", "\"version\": 3") ==
        "network.json: error: the version of the format must be 1 or 2");
  CHECK(fault_in_manifest("\"version\": 2,", "\"version\": 2, \"capp\": 1,") ==
        "network.json: error: nobody knows what \"capp\" means");
  CHECK(fault_in_manifest("\"version\": 2,", "\"version\": 2, \"version\": 2,") ==
        "network.json: error: \"version\" stands twice");
  CHECK(fault_in_manifest("int32", "banana") ==
        "network.json: error: \"value_type\" must be fp32, fp64, int32 or int64");
  CHECK(fault_in_manifest("\"layer-0-bias.tsv\"", "3") ==
        "network.json: error: \"bias\" must be a name");
  CHECK(fault_in_manifest("layer-0-bias.tsv", "a\\u0000b") ==
        "network.json: error: \"bias\" must be a name");
  CHECK(fault_in_manifest("layer-0-bias.tsv", "none.tsv") == "none.tsv: No such file or directory");
  for (const char* cap : {"-5", "0", "1.5", "3000000000", "1e300"}) {
    CHECK(fault_in_manifest("\"cap\": 4", std::string("\"cap\": ") + cap) ==
          "network.json: error: \"cap\" must be a positive value of int32");
  }
  CHECK(fault_in_manifest("\"cap\": 4", "\"cap\": 1e400") ==
        "network.json: error: a number is out of range");
  CHECK(fault_in_manifest("\"cap\": 4", "\"cap\": \"high\"") ==
        "network.json: error: \"cap\" must be a number, null or a file");
}

TEST_CASE("rules that are missing or that there are not are refused") {
  CHECK(fault_in_manifest("\"bias_on\": \"stored\",", "") ==
        "network.json: error: \"bias_on\" must be a name");
  CHECK(fault_in_manifest("\"stored\"", "\"some\"") ==
        "network.json: error: no bias rule is called \"some\": there are stored, nonzero, "
        "live-samples, every-sample");
  CHECK(fault_in_manifest("\"relu\"", "{\"flie\": \"x\"}") ==
        "network.json: error: nobody knows what \"flie\" means");
  CHECK(
      fault_in_manifest("\"relu\"", "\"none\"") ==
      "network.json: error: layer 0: a cap goes with the activation relu, not with none: output 0 "
      "(counted from 0) has both");
}

TEST_CASE("each layer keeps its rules, those of single rows too") {
  const TemporaryFolder folder;
  const auto weights = [] { return Matrix<float>::build(2, 2, {{0, 1}, {0, 1}, {1, 2}}); };
  const LayerRules<float> first{.cap = 8.f, .bias_on = BiasOn::live_samples};
  const LayerRules<float> second{
      .cap = std::vector<std::optional<float>>{0.5f, std::nullopt},
      .bias_on = BiasOn::every_sample,
      .activation = std::vector<Activation>{Activation::relu, Activation::none},
      .product = Product::max_plus};
  const Network<float> network(
      {std::make_shared<const Layer<float>>(weights(), std::vector<float>{1, 0}, first),
       std::make_shared<const Layer<float>>(weights(), std::vector<float>{0, 0}, second)});
  write_network_folder(folder.path(), network);
  const Network<float> again = read_network_folder<float>(folder.path());
  CHECK(again.at(0).rules() == first);
  CHECK(again.at(1).rules() == second);
  CHECK(contents_of(folder.at("layer-1-caps.tsv")) == "1\tcap\t0.5\n");
  CHECK(contents_of(folder.at("layer-1-linear.tsv")) == "2\tnone\t1\n");
}

TEST_CASE("version 1 is read: one cap for all layers, and no rules") {
  const TemporaryFolder folder;
  write_network_folder(folder.path(), example<float>(std::nullopt));
  folder.write("network.json",
               R"({"format": "oscillon network", "version": 1, "value_type": "fp32", "cap": 3,
  "neurons": "neurons.tsv", "layers": [{"weights": "layer-0-weights.tsv", "bias": "layer-0-bias.tsv"},
  {"weights": "layer-1-weights.tsv", "bias": "layer-1-bias.tsv"}]})");
  const Network<float> network = read_network_folder<float>(folder.path());
  for (std::size_t l = 0; l < 2; ++l) {
    CHECK(network.at(l).rules() == LayerRules<float>{.cap = 3.f});
  }
}

TEST_CASE("layers that do not meet, and neurons nobody has, are refused") {
  CHECK(fault_after("layer-1-weights.tsv", "z\tp", "z\tP") ==
        "layer-1-weights.tsv: error: column key \"P\" holds entries and is not among the keys of "
        "the new array (see neurons.tsv)");
  CHECK(fault_after("layer-0-bias.tsv", "p\t", "z\t") ==
        "layer-0-bias.tsv: error: row key \"z\" holds entries and is not among the keys of the "
        "new array (see neurons.tsv)");
  CHECK(fault_after("layer-0-bias.tsv", "-1\n", "-1\nq\tother\t7\n") ==
        "network.json: error: the bias of layer 0 must be one column; it has \"bias\", \"other\"");
  CHECK(fault_after("neurons.tsv", "z\t2", "z\t3") ==
        "neurons.tsv: error: there are no neurons of rank 2");
  CHECK(fault_after("neurons.tsv", "z\t2\t1\n", "z\t2\t1\nz\t3\t1\n") ==
        "neurons.tsv: error: there are 4 ranks of neurons; 2 layers have one more than layers");
}

TEST_CASE("neurons without a weight come back, and arrays go along") {
  const TemporaryFolder folder;
  // "b" reads nothing and is read by nothing; "y" has a bias alone.
  const AssocArray<double> W(KeySet{"x", "y"}, KeySet{"a", "b"},
                             Matrix<double>::build(2, 2, {{0}, {0}, {0.5}}));
  const AssocArray<double> b = AssocArray<double>::from_triples(Views{"y"}, Views{"bias"}, {0.25});
  const Network<double> network({W}, {b});
  write_network_folder(folder.path(), network, {{"inputs", &W}});
  const Network<double> again = read_network_folder<double>(folder.path());
  CHECK(again.input_keys() == W.column_keys());
  CHECK(again.output_keys() == W.row_keys());
  CHECK(equal(again.bias(0), network.bias(0)));
  CHECK(equal(read_array<double>(folder.at("inputs.tsv")), W));
  CHECK(network_value_type(folder.path()) == "fp64");
}

TEST_CASE("a network that cannot be written whole leaves no manifest, or the folder untouched") {
  const TemporaryFolder folder;
  const Network<float> good = example<float>(4.f);
  write_network_folder(folder.path(), good);
  CHECK(read_network_folder<float>(folder.path()).depth() == 2);
  std::filesystem::remove(folder.at("layer-1-bias.tsv"));
  make_folder(folder.at("layer-1-bias.tsv"));
  CHECK(fails_with(Fault::cannot_create, [&] { write_network_folder(folder.path(), good); }));
  CHECK(!file_exists(folder.at("network.json")));
}
