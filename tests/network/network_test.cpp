#include "oscillon/network/network.hpp"

#include <doctest/doctest.h>

using namespace oscillon;

namespace {

using Views = std::vector<std::string_view>;
using Array = AssocArray<double>;

Array array(const Views& k1, const Views& k2, const std::vector<double>& v) {
  return Array::from_triples(k1, k2, v);
}

// Features a, b; hidden neurons p, q; category z.
//       a  b            p  q
//   p   1  2        z   1  1
//   q   .  3
Array first() {
  return array({"p", "p", "q"}, {"a", "b", "b"}, {1, 2, 3});
}
Array second() {
  return array({"z", "z"}, {"p", "q"}, {1, 1});
}
Array bias_of(const Views& keys, const std::vector<double>& v) {
  return array(keys, Views(keys.size(), "bias"), v);
}

}  // namespace

TEST_CASE("arrays become layers, and layers arrays again") {
  Network<double> network({first(), second()}, {bias_of({"p"}, {-1}), bias_of({"z"}, {4})}, 32.);
  CHECK(network.depth() == 2);
  CHECK(network.inputs() == 2);
  CHECK(network.outputs() == 1);
  CHECK(network.edges() == 5);
  CHECK(network.input_keys() == KeySet{"a", "b"});
  CHECK(network.keys(1) == KeySet{"p", "q"});
  CHECK(network.output_keys() == KeySet{"z"});
  CHECK(network.at(0).bias()[0] == -1);
  CHECK(network.at(0).bias()[1] == 0);
  CHECK(network.at(1).rules().cap[0] == 32.);
  CHECK(equal(network.weights(0), first()));
  CHECK(equal(network.weights(1), second()));
  CHECK(equal(network.bias(0), bias_of({"p"}, {-1})));
}

TEST_CASE("layers that do not meet are named, with the keys") {
  const Array other = array({"z", "z"}, {"p", "r"}, {1, 1});
  const std::vector<Array> none{Array(), Array()};
  CHECK_THROWS_WITH_AS(Network<double>({first(), other}, none),
                       "layer 0 (2 outputs) and layer 1 (2 inputs) do not meet: layer 1 does not "
                       "read \"q\"; layer 0 does not have \"r\". Name the neurons alike, or align "
                       "by uniting the keys",
                       ShapeError);
  Network<double> united({first(), other}, none, LayerRules<double>{}, {Alignment::unite});
  CHECK(united.keys(1) == KeySet{"p", "q", "r"});
  CHECK(united.at(0).outputs() == 3);
  CHECK(united.at(1).inputs() == 3);
  CHECK(equal(united.weights(0), first()));
  CHECK(equal(united.weights(1), other));
}

TEST_CASE("biases that do not fit are refused") {
  const std::vector<Array> weights{first()};
  CHECK_THROWS_AS(Network<double>(weights, std::vector<Array>{}), ShapeError);
  CHECK_THROWS_AS(Network<double>(std::vector<Array>{}, std::vector<Array>{}), ShapeError);
  CHECK_THROWS_WITH_AS(Network<double>(weights, {bias_of({"x"}, {1})}),
                       "the bias of layer 0 names neurons that its weights do not have: \"x\"",
                       ShapeError);
  CHECK_THROWS_WITH_AS(Network<double>(weights, {array({"p", "p"}, {"bias", "other"}, {1, 2})}),
                       "the bias of layer 0 must be one column; it has \"bias\", \"other\"",
                       ShapeError);
}

TEST_CASE("layers alone are keyed by number and must chain") {
  const auto layer = [](Index outputs, Index inputs) {
    return std::make_shared<const Layer<float>>(Matrix<float>(outputs, inputs),
                                                std::vector<float>(outputs));
  };
  const Network<float> network({layer(12, 3), layer(12, 12)});
  CHECK(network.input_keys() == KeySet{"1", "2", "3"});
  CHECK(network.output_keys()[0] == "01");
  CHECK_THROWS_AS(Network<float>({layer(12, 3), layer(2, 11)}), ShapeError);
  CHECK_THROWS_AS(Network<float>(std::vector<std::shared_ptr<const Layer<float>>>{}), ShapeError);
  CHECK_THROWS_AS(Network<float>({layer(1, 1)}, {KeySet{"a"}}), ShapeError);
}

TEST_CASE("all layers in one array, and back") {
  const std::vector<Array> biases{bias_of({"p", "q"}, {-1, -2}), bias_of({"z"}, {-3})};
  const Network<double> network({first(), second()}, biases, 32.);
  const Collapsed<double> single = network.collapse();
  CHECK(single.weights.row_keys() == KeySet{"a", "b", "p", "q", "z"});
  CHECK(single.weights.column_keys() == single.weights.row_keys());
  CHECK(single.weights.entries() == 5);
  CHECK(single.weights.at("q", "b") == 3.);
  CHECK(single.weights.at("z", "q") == 1.);
  CHECK(equal(single.bias, bias_of({"p", "q", "z"}, {-1, -2, -3})));
  CHECK(single.iterations == 2);
  CHECK(single.rules == LayerRules<double>{.cap = 32.});
  CHECK(single.iterated().depth() == 2);
  CHECK(single.iterated().inputs() == 5);
  const Network<double> again = single.expand();
  CHECK(again.depth() == 2);
  for (std::size_t l = 0; l < 2; ++l) {
    CHECK(equal(again.weights(l), network.weights(l)));
    CHECK(equal(again.bias(l), network.bias(l)));
    CHECK(again.keys(l) == network.keys(l));
  }
}

TEST_CASE("a network whose ranks share a key cannot be collapsed") {
  const Array loop = array({"a"}, {"p"}, {1});
  const Network<double> shared({array({"p"}, {"a"}, {1}), loop}, {Array(), Array()});
  CHECK_THROWS_WITH_AS(shared.collapse(),
                       "the key \"a\" after layer 1 names an earlier neuron too: to collapse a "
                       "network, every neuron needs a key of its own",
                       KeyError);
}

TEST_CASE("what layers compute goes into the single array neuron by neuron, where it can") {
  const auto chain = [](const LayerRules<double>& first, const LayerRules<double>& second,
                        double bias = 1) {
    const auto layer = [&](const LayerRules<double>& rules) {
      return std::make_shared<const Layer<double>>(Matrix<double>::diagonal(std::vector<double>{1}),
                                                   std::vector<double>{bias}, rules);
    };
    return Network<double>({layer(first), layer(second)}, {KeySet{"a"}, KeySet{"b"}, KeySet{"c"}});
  };
  const LayerRules<double> hidden{.cap = 3., .bias_on = BiasOn::nonzero};
  const LayerRules<double> last{.bias_on = BiasOn::nonzero, .activation = Activation::none};
  const Collapsed<double> single = chain(hidden, last).collapse();
  CHECK(single.rules.bias_on == BiasOn::nonzero);
  CHECK(single.rules.cap[1] == 3.);  // of b
  CHECK(!single.rules.cap[2]);
  CHECK(single.rules.activation[1] == Activation::relu);
  CHECK(single.rules.activation[2] == Activation::none);
  const Network<double> again = single.expand();
  CHECK(again.at(0).rules() == hidden);
  CHECK(again.at(1).rules() == last);

  const auto refused = [](const Network<double>& network, const char* why) {
    CHECK_THROWS_WITH_AS(network.collapse(), doctest::Contains(why), ShapeError);
  };
  refused(chain({.bias_on = BiasOn::stored}, {.bias_on = BiasOn::nonzero}),
          "layers 0 and 1 differ in their bias rule");
  refused(chain({.product = Product::max_plus}, {}), "layers 0 and 1 differ in their product");
  for (const BiasOn rule : {BiasOn::live_samples, BiasOn::every_sample}) {
    refused(chain({.bias_on = rule}, {.bias_on = rule}),
            "by which layer 0 would give values to neurons without inputs");
    // Without a positive bias, and behind ReLU, nothing is woken.
    CHECK(chain({.bias_on = rule}, {.bias_on = BiasOn::stored}, -1).collapse().iterations == 2);
  }
}
