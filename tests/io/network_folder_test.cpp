#include "engine/io/network_folder.hpp"

#include <doctest/doctest.h>

#include "engine/io/keyed_tsv.hpp"
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

std::string fault_in(const std::string& manifest) {
  const TemporaryFolder folder;
  write_network_folder(folder.path(), example<std::int32_t>({}));
  folder.write("network.json", manifest);
  try {
    read_network_folder<std::int32_t>(folder.path());
    return "";
  } catch (const Error& error) {
    const std::string text = error.what();
    const std::size_t at = text.find("network.json");
    return at == std::string::npos ? text : text.substr(at + 12);
  }
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
      CHECK(again.at(l).cap() == cap);
    }
  }
}

TEST_CASE("manifests that are none are refused") {
  CHECK(fault_in("{\"format\": 1").find(":1:") == 0);
  CHECK(fault_in("[]") ==
        ": error: this is no network: its \"format\" is not \"oscillon network\"");
  CHECK(fault_in("{}").find("this is no network") != std::string::npos);
  CHECK(fault_in(R"({"format": "oscillon network", "version": 2})") ==
        ": error: the version of the format must be 1");
  const std::string head = R"({"format": "oscillon network", "version": 1, "layers": )";
  CHECK(fault_in(head + "[]}") == ": error: \"layers\" must be a list of one or more layers");
  CHECK(fault_in(head + "[1]}") == ": error: each layer needs the name of a file as \"weights\"");
  CHECK(fault_in(head + R"([{"weights": "layer-0-weights.tsv"}]})") ==
        ": error: each layer needs the name of a file as \"bias\"");
  const std::string layer =
      R"([{"weights": "layer-0-weights.tsv", "bias": "layer-0-bias.tsv"}], "cap": )";
  CHECK(fault_in(head + layer + "null}") == "");
  CHECK(fault_in(head + layer + "\"high\"}") == ": error: \"cap\" must be a number or null");
  CHECK(fault_in(head + layer + "1.5}") == ": error: \"cap\" is not a value of int32");
  CHECK(fault_in(head + R"([{"weights": "none.tsv", "bias": "layer-0-bias.tsv"}]})")
            .find("cannot open") == 0);
}
