#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "oscillon/inference/inference.hpp"
#include "tests/inference/random_networks.hpp"
#include "verify/oracle/from_engine.hpp"

using namespace oscillon;
using namespace oscillon::testing;

namespace {

template <class T>
Matrix<T> single(T value) {
  Triples<T> triples;
  triples.add(0, 0, value);
  return Matrix<T>::build(1, 1, triples);
}

// A chain of one neuron a layer with the given weights.
template <class T>
Network<T> chain(const std::vector<T>& weights, std::optional<T> cap = {}) {
  std::vector<std::shared_ptr<const Layer<T>>> layers;
  for (const T weight : weights) {
    layers.push_back(std::make_shared<const Layer<T>>(single<T>(weight), std::vector<T>{0}, cap));
  }
  return Network<T>(layers);
}

template <class T>
Matrix<T> run(Network<T> network, const Matrix<T>& Y0) {
  const LayerSource<T>& source = network;
  return infer(source, Y0).Y;
}

// A source whose layers do not follow each other.
class Broken : public LayerSource<float> {
 public:
  std::size_t depth() const override { return 2; }
  Index inputs() const override { return 1; }
  Index outputs() const override { return 1; }
  std::shared_ptr<const Layer<float>> layer(std::size_t index) const override {
    const Index width = index == 0 ? 1 : 3;
    return std::make_shared<const Layer<float>>(Matrix<float>(1, width), std::vector<float>{0});
  }
  BiasOn bias_on(std::size_t) const override { return BiasOn::stored; }
};

}  // namespace

TEST_CASE("shapes that do not fit are refused") {
  Network<float> network = chain<float>({1});
  const LayerSource<float>& source = network;
  CHECK_THROWS_WITH_AS(infer(source, Matrix<float>(2, 3)),
                       "inputs of 2 neurons x 3 samples do not fit a network with 1 inputs",
                       ShapeError);
  Broken broken;
  CHECK_THROWS_WITH_AS(infer<float>(broken, Matrix<float>(1, 1)),
                       "layer 1 has 3 inputs and follows 1 neurons", ShapeError);
}

TEST_CASE("inputs that are not finite are refused, with their place") {
  for (const float bad :
       {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    Triples<float> inputs;
    inputs.add(0, 3, bad);
    inputs.add(0, 1, 1);
    const auto Y0 = Matrix<float>::build(1, 5, inputs);
    CHECK_THROWS_WITH_AS(run(chain<float>({1}), Y0),
                         "the input of neuron 0 for sample 3 (counted from 0) is not finite",
                         Error);
  }
}

TEST_CASE("values that leave their type are seen, even below a cap") {
  const float big = 1e30f;
  for (const std::optional<float> cap : {std::optional<float>{}, std::optional<float>{32.f}}) {
    CHECK_THROWS_WITH_AS(run(chain<float>({big}, cap), single<float>(big)),
                         doctest::Contains("layer 0: the sum of neuron 0 for sample 0"), Error);
  }
  CHECK_THROWS_WITH_AS(run(chain<float>({1e20f, 1e20f}), single<float>(1)),
                       doctest::Contains("layer 1: "), Error);
  // inf - inf is NaN, which a selection by value would drop in silence.
  Triples<float> inputs, weights;
  for (Index i = 0; i < 2; ++i) {
    inputs.add(i, 0, 1e20f);
    weights.add(0, i, i == 0 ? 1e20f : -1e20f);
  }
  const auto layer = std::make_shared<const Layer<float>>(Matrix<float>::build(1, 2, weights),
                                                          std::vector<float>{0});
  CHECK_THROWS_AS(run(Network<float>({layer}), Matrix<float>::build(2, 1, inputs)), Error);
}

TEST_CASE("a bound that drifts away from the values stops nobody") {
  // Each layer doubles the bound, 600 times, and leaves the value as it is.
  Triples<float> weights;
  weights.add(0, 0, 1.f);
  weights.add(0, 1, -1.f);
  weights.add(1, 1, 1.f);
  const auto layer = std::make_shared<const Layer<float>>(Matrix<float>::build(2, 2, weights),
                                                          std::vector<float>{0, 0});
  Triples<float> inputs;
  inputs.add(0, 0, 3);
  Network<float> network(std::vector<std::shared_ptr<const Layer<float>>>(600, layer));
  const LayerSource<float>& source = network;
  CHECK(infer(source, Matrix<float>::build(2, 1, inputs)).Y.at(0, 0) == 3.f);
}

TEST_CASE("integers never wrap") {
  const std::int32_t most = std::numeric_limits<std::int32_t>::max();
  CHECK_THROWS_WITH_AS(run(chain<std::int32_t>({most}), single<std::int32_t>(2)),
                       doctest::Contains("beyond the range of int32; take a wider type"), Error);
  CHECK(run(chain<std::int32_t>({1 << 20}), single<std::int32_t>(1 << 10)).at(0, 0) == 1 << 30);
  CHECK(run(chain<std::int64_t>({most}), single<std::int64_t>(2)).at(0, 0) ==
        2 * std::int64_t{most});
}

TEST_CASE("a stop is obeyed between layers and changes nothing") {
  Network<float> network = chain<float>(std::vector<float>(20, 1));
  const LayerSource<float>& source = network;
  const Matrix<float> Y0 = single<float>(1);
  std::stop_source stop;
  InferenceOptions options;
  options.stop = stop.get_token();
  std::vector<Progress> seen;
  options.on_progress = [&](const Progress& progress) {
    seen.push_back(progress);
    if (progress.layers_done >= 8) stop.request_stop();
  };
  try {
    infer(source, Y0, options);
    FAIL("the stop was not obeyed");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::interrupted);
  }
  REQUIRE(!seen.empty());
  CHECK(seen.back().layers_done >= 8);
  CHECK(seen.back().layers_done < 20);
  const std::size_t calls = seen.size();
  CHECK(Y0.at(0, 0) == 1.f);
  CHECK_THROWS_AS(infer(source, Y0, options), Error);
  CHECK(seen.size() == calls);
}

TEST_CASE_TEMPLATE("every plan cuts what is just above the cap, and nothing at it", T, float,
                   std::int32_t) {
  const auto layer =
      std::make_shared<const Layer<T>>(single<T>(1), std::vector<T>{0}, static_cast<T>(32));
  Network<T> network({layer});
  for (const Plan plan : {Plan::automatic, Plan::semiring, Plan::dense_tiles, Plan::fused}) {
    InferenceOptions options;
    options.plan = plan;
    for (const int value : {31, 32, 33, 40}) {
      const auto answer = infer<T>(network, single<T>(static_cast<T>(value)), options);
      CHECK(answer.Y.at(0, 0) == static_cast<T>(std::min(value, 32)));
    }
  }
}

TEST_CASE("full tiles are not for layers with a positive bias") {
  const auto layer = std::make_shared<const Layer<float>>(single<float>(1), std::vector<float>{1});
  Network<float> network({layer});
  const LayerSource<float>& source = network;
  InferenceOptions options;
  options.plan = Plan::dense_tiles;
  CHECK_THROWS_WITH_AS(infer(source, single<float>(1), options),
                       doctest::Contains("plan dense-tiles does not suit layer 0"), Error);
  options.plan = Plan::automatic;
  const Inference<float> answer = infer(source, single<float>(1), options);
  CHECK(answer.profile.layers[0].plan == Plan::fused);
  CHECK(answer.Y.at(0, 0) == 2.f);
}

TEST_CASE("the automatic plan never takes dense tiles, and says so in its row") {
  for (const PlanName& one : plan_names()) {
    const bool is_said = one.description.find("never chosen by itself") != std::string_view::npos;
    CHECK(is_said == (one.plan == Plan::dense_tiles));
  }
  CHECK(plan_list() == "automatic, semiring, dense-tiles or fused");
}

TEST_CASE("the automatic plan goes by density") {
  Network<float> network = chain<float>({1, 1});
  const LayerSource<float>& source = network;
  CHECK(infer(source, single<float>(1)).profile.layers[0].plan == Plan::fused);
  // One entry in 60, and in the only one of them that is read.
  Triples<float> one;
  one.add(0, 0, 1);
  const Matrix<float> Y0 = Matrix<float>::build(60, 1, one);
  const auto plan_for = [&](Matrix<float> W) {
    Network<float> wide(
        {std::make_shared<const Layer<float>>(std::move(W), std::vector<float>(60, 0))});
    const auto answer = infer<float>(wide, Y0);
    CHECK(answer.Y.at(0, 0) == 1.f);
    return answer.profile.layers[0].plan;
  };
  CHECK(plan_for(Matrix<float>::diagonal(std::vector<float>(60, 1))) == Plan::semiring);
  CHECK(plan_for(Matrix<float>::build(60, 60, one)) == Plan::fused);
}

TEST_CASE("progress comes in order and ends at the last layer") {
  Network<float> network = chain<float>(std::vector<float>(10, 1));
  const LayerSource<float>& source = network;
  std::vector<std::size_t> done;
  InferenceOptions options;
  options.on_progress = [&](const Progress& progress) {
    done.push_back(progress.layers_done);
    CHECK(progress.layers == 10);
    CHECK(progress.live_samples == 1);
  };
  infer(source, single<float>(1), options);
  CHECK(std::is_sorted(done.begin(), done.end()));
  CHECK(done.back() == 10);
}

TEST_CASE("the profile counts what the oracle counts") {
  std::mt19937_64 random(5);
  for (int n = 0; n < 50; ++n) {
    Network<double> network(random_layers<double>(random, Numbers::dyadic, 6, 9));
    const auto Y0 = random_matrix<double>(random, network.inputs(), 20, Numbers::dyadic, -2, 8);
    const LayerSource<double>& source = network;
    InferenceOptions options;
    options.tile = 3;
    options.reduce = false;  // neurons that nobody reads count too
    const Profile profile = infer(source, Y0, options).profile;
    CHECK(profile.edges == network.edges());
    CHECK(profile.samples == 20);
    const auto inputs = Y0.compressed(Orientation::by_column);
    std::vector<oracle::PlainSample<double>> values;
    for (Index s = 0; s < 20; ++s) values.push_back(oracle::plain<double>(inputs, s));
    for (std::size_t l = 0; l < 6; ++l) {
      Index entries = 0, live = 0;
      const auto layer = oracle::plain<double>(network.at(l));
      for (auto& y : values) {
        y = oracle::apply_layer(layer, y, BiasOn::stored);
        for (const auto& value : y) entries += value.has_value() ? 1 : 0;
        live += oracle::is_live(y) ? 1 : 0;
      }
      CHECK(profile.layers[l].entries == entries);
      CHECK(profile.layers[l].live_samples == live);
    }
  }
}

TEST_CASE("inference by key") {
  using Views = std::vector<std::string_view>;
  using Array = AssocArray<double>;
  //  W        a  b  c        Y0      s  t
  //     p     1  1  .            b   2  .
  //     q     .  .  5            c   .  1
  const Array W = Array::from_triples(Views{"p", "p", "q"}, Views{"a", "b", "c"}, {1, 1, 5});
  const Array b = Array::from_triples(Views{"q"}, Views{"bias"}, {-2});
  Network<double> network({W}, {b});
  const Array Y0 = Array::from_triples(Views{"b", "c"}, Views{"s", "t"}, {2, 1});
  const Array Y = infer(network, Y0).Y;
  CHECK(equal(Y, Array::from_triples(Views{"p", "q"}, Views{"s", "t"}, {2, 3})));
  CHECK(Y.row_keys() == KeySet{"p", "q"});
  const Array stranger = Array::from_triples(Views{"a", "x"}, Views{"s", "s"}, {1, 1});
  CHECK_THROWS_WITH_AS(infer(network, stranger), "the network has no input \"x\"", KeyError);
}

TEST_CASE_TEMPLATE("the collapsed recursion answers as layer by layer does", T, float, double,
                   std::int32_t, std::int64_t) {
  std::mt19937_64 random(31);
  for (int n = 0; n < 100; ++n) {
    const auto layers = random_layers<T>(random, Numbers::dyadic, 1 + random() % 4, 7);
    std::vector<KeySet> keys;
    for (std::size_t l = 0; l <= layers.size(); ++l) {
      const Index count = l == 0 ? layers[0]->inputs() : layers[l - 1]->outputs();
      std::vector<std::string> names;
      for (Index i = 0; i < count; ++i) {
        names.push_back("layer" + std::to_string(l) + "/" + padded_number(i, 2));
      }
      keys.emplace_back(names);
    }
    Network<T> network(layers, keys);
    const KeySet samples = KeySet::numbered(6);
    const AssocArray<T> Y0(network.input_keys(), samples,
                           random_matrix<T>(random, network.inputs(), 6, Numbers::dyadic, -2, 8));
    Network<T> iterated = network.collapse().iterated();
    CHECK(equal(infer(iterated, Y0).Y, infer(network, Y0).Y));
  }
}
