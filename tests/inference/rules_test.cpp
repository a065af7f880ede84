// What a layer computes: the bias rules, activations and products, by hand and against the oracle.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "oscillon/inference/engine.hpp"
#include "tests/cases.hpp"
#include "tests/inference/random_networks.hpp"
#include "verify/oracle/from_engine.hpp"

using namespace oscillon;
using namespace oscillon::testing;

namespace {

// Two inputs, two outputs, four samples:
//
//   W = [ 1  -1 ]   Y0 = [ 3  3  .  . ]   W Y0 = [ 0  3  -3  . ]
//       [ .   2 ]        [ 3  .  3  . ]          [ 6  .   6  . ]
//
// The first sum of sample 0 cancels to 0; sample 1 does not feed output 1; sample 3 has no entry.
Matrix<float> weights() {
  Triples<float> W;
  W.add(0, 0, 1);
  W.add(0, 1, -1);
  W.add(1, 1, 2);
  return Matrix<float>::build(2, 2, W);
}

Matrix<float> inputs() {
  Triples<float> Y0;
  Y0.add(0, 0, 3);
  Y0.add(1, 0, 3);
  Y0.add(0, 1, 3);
  Y0.add(1, 2, 3);
  return Matrix<float>::build(2, 4, Y0);
}

using Entry = std::optional<float>;
using Table = std::vector<std::vector<Entry>>;  // outputs x samples
const Entry none;

Table table_of(const Matrix<float>& Y) {
  Table table(Y.rows(), std::vector<Entry>(Y.columns()));
  for (Index i = 0; i < Y.rows(); ++i) {
    for (Index j = 0; j < Y.columns(); ++j) table[i][j] = Y.at(i, j);
  }
  return table;
}

// By each plan that suits the layer; every one must give the same. Returns how many there were.
int check_layer(const LayerRules<float>& rules, std::vector<float> bias, const Table& expected) {
  const Network<float> network(
      {std::make_shared<const Layer<float>>(weights(), std::move(bias), rules)});
  int suited = 0;
  for (const PlanName& plan : plan_names()) {
    InferenceOptions options;
    options.plan = plan.plan;
    CAPTURE(plan.name);
    try {
      const Table own = table_of(infer(network, inputs(), options).Y);
      const Table prepared = table_of(Engine<float>(network, options).infer(inputs()).Y);
      CHECK(own == expected);
      CHECK(prepared == expected);
      ++suited;
    } catch (const Error& error) {
      CHECK(std::string(error.what()).find("does not suit") != std::string::npos);
    }
  }
  std::vector<Index> all{0, 1, 2, 3};
  CHECK(!oracle::first_disagreement(network, inputs(), infer(network, inputs()).Y, all));
  return suited;
}

}  // namespace

TEST_CASE("a positive bias with ReLU: the four rules differ, by hand") {
  const std::vector<float> bias{2, 1};
  // The sum that cancels gets the bias, what is missing does not.
  CHECK(check_layer({.bias_on = BiasOn::stored}, bias,
                    {{2.f, 5.f, none, none}, {7.f, none, 7.f, none}}) == 2);
  // A sum of 0 counts as missing.
  CHECK(check_layer({.bias_on = BiasOn::nonzero}, bias,
                    {{none, 5.f, none, none}, {7.f, none, 7.f, none}}) == 2);
  // Every neuron of a sample that has an entry.
  CHECK(check_layer({.bias_on = BiasOn::live_samples}, bias,
                    {{2.f, 5.f, none, none}, {7.f, 1.f, 7.f, none}}) == 2);
  // And of a sample that has none.
  CHECK(check_layer({.bias_on = BiasOn::every_sample}, bias,
                    {{2.f, 5.f, none, 2.f}, {7.f, 1.f, 7.f, 1.f}}) == 3);
}

TEST_CASE("without ReLU a value stays with its sign, and a 0 is an entry where the rule has it") {
  const std::vector<float> bias{0, -6};
  const auto rules = [](BiasOn rule) {
    return LayerRules<float>{.bias_on = rule, .activation = Activation::none};
  };
  CHECK(check_layer(rules(BiasOn::stored), bias,
                    {{0.f, 3.f, -3.f, none}, {0.f, none, 0.f, none}}) == 1);
  CHECK(check_layer(rules(BiasOn::nonzero), bias,
                    {{none, 3.f, -3.f, none}, {none, none, none, none}}) == 2);
  CHECK(check_layer(rules(BiasOn::live_samples), bias,
                    {{0.f, 3.f, -3.f, none}, {0.f, -6.f, 0.f, none}}) == 2);
  CHECK(check_layer(rules(BiasOn::every_sample), bias,
                    {{0.f, 3.f, -3.f, 0.f}, {0.f, -6.f, 0.f, -6.f}}) == 3);
}

TEST_CASE("activation and cap one a row") {
  const LayerRules<float> rules{
      .cap = std::vector<std::optional<float>>{std::nullopt, 5.f},
      .bias_on = BiasOn::every_sample,
      .activation = std::vector<Activation>{Activation::none, Activation::relu}};
  CHECK(check_layer(rules, {-1, -1}, {{-1.f, 2.f, -4.f, -1.f}, {5.f, none, 5.f, none}}) == 2);
}

TEST_CASE("over max-plus: what is missing is -inf, or 0 for every sample") {
  //  max over k of w + y:   W (x) Y0 = [ 4  4  2  . ]
  //                                    [ 5  .  5  . ]
  const auto rules = [](BiasOn rule, Activation activation) {
    return LayerRules<float>{
        .bias_on = rule, .activation = activation, .product = Product::max_plus};
  };
  CHECK(check_layer(rules(BiasOn::stored, Activation::relu), {-4, 0},
                    {{none, none, none, none}, {5.f, none, 5.f, none}}) == 1);
  CHECK(check_layer(rules(BiasOn::stored, Activation::none), {-4, 0},
                    {{0.f, 0.f, -2.f, none}, {5.f, none, 5.f, none}}) == 1);
  // A missing input is 0: sample 3 has max(1 + 0, -1 + 0) = 1 and 2 + 0.
  CHECK(check_layer(rules(BiasOn::every_sample, Activation::none), {-4, 0},
                    {{0.f, 0.f, -2.f, -3.f}, {5.f, 2.f, 5.f, 2.f}}) == 1);
  CHECK(check_layer(rules(BiasOn::every_sample, Activation::relu), {-1, 0},
                    {{3.f, 3.f, 1.f, none}, {5.f, 2.f, 5.f, 2.f}}) == 1);
}

TEST_CASE("what does not go together is refused") {
  const auto layer = [](const LayerRules<float>& rules) {
    return Layer<float>(Matrix<float>(2, 2), std::vector<float>{0, 0}, rules);
  };
  for (const BiasOn rule : {BiasOn::nonzero, BiasOn::live_samples}) {
    CHECK_THROWS_WITH_AS(layer({.bias_on = rule, .product = Product::max_plus}),
                         doctest::Contains("goes with the bias rules stored and every-sample"),
                         Error);
  }
  CHECK_THROWS_WITH_AS(layer({.bias_on = BiasOn::every_sample, .product = Product::max_plus}),
                       doctest::Contains("output 0 (counted from 0) has no weights"), Error);
  CHECK_THROWS_WITH_AS(layer({.cap = 3.f, .activation = Activation::none}),
                       doctest::Contains("a cap goes with the activation relu, not with none"),
                       Error);
  CHECK_THROWS_WITH_AS(layer({.cap = -3.f}), doctest::Contains("must be positive and finite"),
                       Error);
  CHECK_THROWS_WITH_AS(layer({.activation = std::vector<Activation>(3)}),
                       doctest::Contains("needs one activation, or as many as outputs, not 3"),
                       ShapeError);
}

TEST_CASE("dead samples are woken by a later layer for every sample, and computed once") {
  // Samples die in layer 1; layer 9 gives each its bias, ten passes of one layer apart or not.
  std::vector<std::shared_ptr<const Layer<float>>> layers;
  const auto diagonal = [](float bias, LayerRules<float> rules) {
    return std::make_shared<const Layer<float>>(Matrix<float>::diagonal(std::vector<float>{1, 1}),
                                                std::vector<float>{bias, 0}, rules);
  };
  for (int l = 0; l < 20; ++l) {
    const bool wakes = l == 9;
    layers.push_back(diagonal(l == 1  ? -5.f
                              : wakes ? 0.5f
                                      : 0.f,
                              {.bias_on = wakes ? BiasOn::every_sample : BiasOn::stored}));
  }
  const Network<float> network(layers);
  Triples<float> Y0;
  for (Index j = 0; j < 40; ++j) Y0.add(0, j, j % 2 == 0 ? 1.f : 7.f);
  for (const PlanName& plan : plan_names()) {
    CAPTURE(plan.name);
    InferenceOptions options;
    options.plan = plan.plan;
    const auto answer = infer(network, Matrix<float>::build(2, 43, Y0), options);
    for (Index j = 0; j < 43; ++j) {
      CHECK(answer.Y.at(0, j) == (j < 40 && j % 2 == 1 ? 2.5f : 0.5f));
      CHECK(!answer.Y.at(1, j));
    }
    CHECK(answer.profile.layers[5].live_samples == 20);
    CHECK(answer.profile.layers[9].live_samples == 43);
    CHECK(answer.profile.layers[19].live_samples == 43);
    CHECK(answer.profile.layers[8].samples_computed < 43);
  }
}

TEST_CASE("a sample whose entries are all 0 lives by the rule for live samples") {
  // Layer 0 hands 0 on without ReLU; layer 1 gives every neuron of a live sample its bias.
  const auto layer = [](BiasOn rule, Activation activation, float bias) {
    return std::make_shared<const Layer<float>>(
        Matrix<float>::diagonal(std::vector<float>{1}), std::vector<float>{bias},
        LayerRules<float>{.bias_on = rule, .activation = activation});
  };
  Triples<float> Y0;
  Y0.add(0, 0, 2);
  for (const BiasOn first : {BiasOn::stored, BiasOn::live_samples, BiasOn::nonzero}) {
    const Network<float> network(
        {layer(first, Activation::none, -2), layer(BiasOn::live_samples, Activation::relu, 4)});
    const Matrix<float> Y = infer(network, Matrix<float>::build(1, 2, Y0)).Y;
    CHECK(Y.at(0, 0) == (first == BiasOn::nonzero ? none : Entry(4.f)));
    CHECK(!Y.at(0, 1));
  }
}

TEST_CASE_TEMPLATE("random networks of any rules: every plan gives the oracle's bits", T, float,
                   double, std::int32_t, std::int64_t) {
  std::mt19937_64 random(21);
  // Where bounds must prove that no whole number leaves its type, depth is limited.
  constexpr std::size_t deepest = std::is_integral_v<T> ? (sizeof(T) == 4 ? 4 : 9) : 12;
  int different = 0;
  std::set<std::tuple<BiasOn, bool, Product, Plan>> met;
  for (int n = 0; n < cases(400); ++n) {
    const Network<T> network(random_layers_of_any_rules<T>(random, 1 + random() % deepest, 9));
    const Index samples = random() % 40;
    const Matrix<T> Y0 =
        random_matrix<T>(random, network.inputs(), samples, Numbers::dyadic, -2, 4);
    std::vector<Index> all(samples);
    for (Index s = 0; s < samples; ++s) all[s] = s;
    InferenceOptions options;
    options.threads = std::array<int, 3>{1, 2, 4}[random() % 3];
    options.tile = std::array<Index, 4>{0, 1, 3, 64}[random() % 4];
    options.reduce = random() % 2 == 0;
    for (const Plan plan : {Plan::automatic, Plan::semiring, Plan::dense_tiles, Plan::fused}) {
      options.plan = plan;
      try {
        const Inference<T> answer =
            random() % 2 == 0 ? infer(network, Y0, options) : Engine<T>(network, options).infer(Y0);
        different += oracle::first_disagreement(network, Y0, answer.Y, all) ? 1 : 0;
        for (std::size_t l = 0; l < network.depth(); ++l) {
          const LayerRules<T>& rules = network.at(l).rules();
          met.insert({rules.bias_on, network.at(l).bounds().rectifies, rules.product,
                      answer.profile.layers[l].plan});
        }
      } catch (const Error& error) {
        const bool unsuited = std::string(error.what()).find("does not suit") != std::string::npos;
        CHECK((unsuited && plan != Plan::automatic && plan != Plan::semiring));
      }
    }
  }
  CHECK(different == 0);
  // All twelve combinations by plan semiring, all but stored entries without ReLU by plan fused.
  const auto count = [&](Plan plan) {
    return std::count_if(met.begin(), met.end(),
                         [&](const auto& one) { return std::get<3>(one) == plan; });
  };
  CHECK(count(Plan::semiring) == 12);
  CHECK(count(Plan::fused) == 7);
}

TEST_CASE("all layers in one array give the answer of the layers, by the rules that allow it") {
  std::mt19937_64 random(22);
  int collapsed = 0;
  for (int n = 0; n < cases(200); ++n) {
    // Layers of one rule and product, each with activations and caps of its own.
    auto layers = random_layers_of_any_rules<double>(random, 1 + random() % 4, 6);
    const LayerRules<double> common = layers.front()->rules();
    for (auto& layer : layers) {
      LayerRules<double> rules = layer->rules();
      rules.bias_on = common.product == Product::max_plus ? BiasOn::stored : common.bias_on;
      rules.product = common.product;
      const auto bias = layer->bias();
      layer = std::make_shared<const Layer<double>>(
          layer->weights().clone(), std::vector<double>(bias.begin(), bias.end()), rules);
    }
    // Every neuron needs a key of its own.
    std::vector<KeySet> keys;
    const auto add_keys = [&](Index neurons) {
      std::vector<std::string> names;
      for (Index i = 0; i < neurons; ++i) {
        names.push_back(std::to_string(keys.size()) + "-" + std::to_string(i));
      }
      keys.push_back(KeySet(names));
    };
    add_keys(layers.front()->inputs());
    for (const auto& layer : layers) add_keys(layer->outputs());
    const Network<double> network(layers, keys);
    const Matrix<double> Y0 =
        random_matrix<double>(random, network.inputs(), 5, Numbers::dyadic, -2, 4);
    const AssocArray<double> inputs(network.input_keys(), KeySet::numbered(5), Y0.clone());
    try {
      const Network<double> single = network.collapse().iterated();
      const auto expected = infer(network, inputs).Y;
      const auto all = infer(single, inputs).Y;
      for (Index i = 0; i < network.outputs(); ++i) {
        for (Index j = 0; j < 5; ++j) {
          const std::string_view neuron = network.output_keys()[i];
          const std::string_view sample = inputs.column_keys()[j];
          REQUIRE(all.at(neuron, sample) == expected.at(neuron, sample));
        }
      }
      ++collapsed;
    } catch (const ShapeError&) {
      const bool wakes =
          common.bias_on == BiasOn::live_samples || common.bias_on == BiasOn::every_sample;
      CHECK(wakes);
    }
  }
  CHECK(collapsed > cases(60));
}

TEST_CASE("a network that says nothing else gives a value to stored entries, behind ReLU") {
  const Layer<float> layer(Matrix<float>(1, 1), std::vector<float>{-0.f});
  CHECK(layer.rules() == LayerRules<float>{});
  CHECK(layer.rules().bias_on == BiasOn::stored);
  CHECK(!std::signbit(layer.bias()[0]));
}
