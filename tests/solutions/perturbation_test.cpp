// Perturbation theory against hand values, and against brute force: the oracle's plain loops over
// whole numbers, which are exact.
#include "oscillon/solutions/perturbation.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <fstream>

#include "oscillon/base/thread_team.hpp"
#include "oscillon/solutions/combinatoric.hpp"
#include "oscillon/solutions/rational.hpp"
#include "oscillon/solutions/selective.hpp"
#include "oscillon/solutions/structures.hpp"
#include "oscillon/verify/oracle/plain_loops.hpp"
#include "solutions/supports.hpp"
#include "tests/cases.hpp"
#include "tests/error_of.hpp"

using namespace oscillon;
using testing::error_of;
using testing::fails_with;

namespace {

using Words = std::vector<std::string>;
using Betas = std::vector<mpq_class>;

Words four_letter_words() {
  std::ifstream file(std::string(OSCILLON_WORDS) + "/four-letter.txt");
  Words words;
  for (std::string line; std::getline(file, line);) words.push_back(line);
  REQUIRE(words.size() == 200);
  return words;
}

Betas all(std::size_t layers, const char* beta, const char* first) {
  Betas betas(layers, parse_rational(beta));
  betas.front() = parse_rational(first);
  return betas;
}

DetectionThreshold threshold(const Words& words, const char* structure, const Betas& betas,
                             const char* category, const char* feature) {
  const std::size_t positions = words.front().size();
  const Problem<float> problem =
      selective_problem<float>(words, parse_structure(structure, positions));
  return detection_threshold(problem.network, betas, category, feature);
}

// The network in whole numbers: values are those of beta and r times `scale`.
std::vector<oracle::PlainLayer<std::int64_t>> plain_layers(const Network<float>& network,
                                                           const Betas& betas, long scale) {
  std::vector<oracle::PlainLayer<std::int64_t>> layers;
  for (std::size_t l = 0; l < network.depth(); ++l) {
    const Compressed<float> W = network.at(l).weights().compressed(Orientation::by_row);
    oracle::PlainLayer<std::int64_t> layer;
    layer.inputs = W.columns;
    layer.outputs.resize(W.rows);
    const mpq_class beta = betas[l] * scale;
    REQUIRE(beta.get_den() == 1);
    for (Index i = 0; i < W.rows; ++i) {
      for (Index p = W.offsets[i]; p < W.offsets[i + 1]; ++p) {
        layer.outputs[i].push_back({W.indices[p], 1});
      }
      layer.bias.push_back(beta.get_num().get_si() -
                           scale * static_cast<long>(layer.outputs[i].size()));
    }
    layers.push_back(std::move(layer));
  }
  return layers;
}

// Every feature of every category at r = 0, 1/20 … 2, by brute force and by theory.
// Returns how many thresholds differ from the linear ones.
int check_against_brute_force(const Words& words, const Structure& structure, const Betas& betas) {
  constexpr long scale = 20;
  constexpr long points = 41;
  const Problem<float> problem = selective_problem<float>(words, structure);
  const auto layers = plain_layers(problem.network, betas, scale);
  const PerturbationTheory theory(problem.network, betas);
  std::vector<mpq_class> grid;
  for (long k = 0; k < points; ++k) grid.push_back(mpq_class(k, scale));
  for (mpq_class& r : grid) r.canonicalize();
  const AssocArray<float> inputs = problem.inputs;
  const Compressed<float> features = inputs.matrix().compressed(Orientation::by_column);
  std::atomic<int> linear{0}, relu{0}, outcome{0}, score{0}, alarms{0}, differ{0};
  // Under a sanitizer a fifth of the words: the same code, and it is ten times as slow.
#ifdef __SANITIZE_ADDRESS__
  constexpr Index stride = 5;
#else
  constexpr Index stride = 1;
#endif
  run_tasks((features.columns + stride - 1) / stride, 0, [&](std::size_t task) {
    const Index c = task * stride;
    const Index category = *theory.categories().find(inputs.column_keys()[c]);
    for (Index p = features.offsets[c]; p < features.offsets[c + 1]; ++p) {
      const Index f = *theory.features().find(inputs.row_keys()[features.indices[p]]);
      const Perturbation shown{category, {f}};
      const DetectionThreshold threshold = theory.threshold(shown);
      differ += threshold.differ();
      const std::vector<Outcome> predicted = theory.outcomes(shown, grid);
      for (long k = 0; k < points; ++k) {
        oracle::PlainSample<std::int64_t> y(theory.features().size());
        for (const Index feature : theory.features_of(category)) y[feature] = scale;
        y[f] = k;
        y = oracle::infer(layers, std::move(y), BiasOn::stored);
        const std::int64_t own = y[category].value_or(0);
        std::int64_t rival = 0;
        for (Index other = 0; other < y.size(); ++other) {
          if (other != category) rival = std::max(rival, y[other].value_or(0));
        }
        const bool detected = own > 0 && own > rival;
        const mpq_class& r = grid[static_cast<std::size_t>(k)];
        linear += r <= 1 && detected != (r > threshold.linear);
        relu += detected != (r > threshold.relu);
        alarms += rival > 0 && rival >= own;
        outcome += (predicted[static_cast<std::size_t>(k)] == Outcome::detected) != detected;
        score += theory.score(category, shown, r) * scale != mpq_class(own);
      }
    }
  });
  const std::string where = structure_text(structure);
  CHECK_MESSAGE(linear == 0, where);
  CHECK_MESSAGE(relu == 0, where);
  CHECK_MESSAGE(outcome == 0, where);
  CHECK_MESSAGE(score == 0, where);
  CHECK_MESSAGE(alarms == 0, where);
  return differ;
}

}  // namespace

TEST_CASE("by hand: one layer, r_d = 1 - beta_0") {
  //   cat <- 1c + 2a + 3t, b = beta - 3: the score is r + 2 + beta - 3.
  for (const char* beta : {"1", "0.8", "1/3"}) {
    const auto t = threshold({"cat", "car"}, "", {parse_rational(beta)}, "cat", "1c");
    CHECK(t.p == 1);
    CHECK(t.n == std::vector<mpz_class>{3, 1});
    CHECK(t.linear == 1 - parse_rational(beta));
    CHECK(!t.differ());
  }
}

TEST_CASE("by hand: two hidden neurons, beta = (0.8, 1)") {
  //   1c2a <- 1c + 2a, 2a3t <- 2a + 3t, cat <- 1c2a + 2a3t. At 1 everywhere the hidden neurons
  //   have 0.8, cat has 0.6; it grows by p = 1 with 1c and by p = 2 with 2a, which both share.
  const Betas betas{parse_rational("0.8"), 1};
  const auto single = threshold({"cat", "car"}, "12,23", betas, "cat", "1c");
  CHECK(single.p == 1);
  CHECK(single.n == std::vector<mpz_class>{4, 2, 1});
  CHECK(single.linear == parse_rational("0.4"));
  CHECK(!single.differ());
  const auto shared = threshold({"cat", "car"}, "12,23", betas, "cat", "2a");
  CHECK(shared.p == 2);
  CHECK(shared.linear == parse_rational("0.7"));
  CHECK(!shared.differ());
}

TEST_CASE("by hand: all beta 1, r_d = 1 - 1/p") {
  const auto once = threshold({"cat", "car"}, "12,23", {1, 1}, "cat", "3t");
  CHECK(once.linear == 0);
  const auto twice = threshold({"cat", "car"}, "12,23", {1, 1}, "cat", "2a");
  CHECK(twice.linear == mpq_class(1, 2));
  const auto thrice = threshold({"cats", "cars"}, "12,23,34;123,234", {1, 1, 1}, "cats", "2a");
  CHECK(thrice.p == 3);
  CHECK(thrice.linear == mpq_class(2, 3));
}

TEST_CASE("by hand: above 1, a neuron that ReLU stops beside the path lowers the threshold") {
  //   Two ranks of hidden neurons over the pairs 12 and 34, each fed by one neuron below, and beta
  //   1/4 in all three layers. On the path of 1a, with r there: 12 has r - 3/4, 12' r - 3/2. Beside
  //   it 34 has 1/4 and 34' 1/4 + 1/4 - 1 = -1/2, which ReLU stops. The score is
  //   12' + 34' + 1/4 - 2: linear r - 15/4, with ReLU r - 13/4.
  const Betas quarters(3, mpq_class(1, 4));
  const auto deep = threshold({"abcd"}, "12,34;12,34", quarters, "abcd", "1a");
  CHECK(deep.linear == mpq_class(15, 4));
  CHECK(deep.relu == mpq_class(13, 4));
  CHECK(deep.differ());
  //   With one hidden rank no neuron is stopped, though r_d is above 1.
  const auto shallow =
      threshold({"abcd"}, "12,34", {mpq_class(1, 4), mpq_class(1, 4)}, "abcd", "1a");
  CHECK(shallow.linear == mpq_class(9, 4));
  CHECK(!shallow.differ());
}

TEST_CASE("several features at once: their paths add up") {
  const Problem<float> problem =
      selective_problem<float>(Words{"cat", "car"}, parse_structure("12,23", 3));
  const PerturbationTheory theory(problem.network, {parse_rational("0.8"), 1});
  const Index cat = *theory.categories().find("cat");
  const std::vector<Index>& features = theory.features_of(cat);
  REQUIRE(features.size() == 3);
  const DetectionThreshold both = theory.threshold({cat, {features[0], features[1]}});
  CHECK(both.p == 3);  // 1 from 1c and 2 from 2a
  CHECK(both.linear == 1 - mpq_class(3, 5) / 3);
  CHECK(!both.differ());
}

TEST_CASE("the formula and the true threshold are brute force's, for 200 words" *
          doctest::test_suite("slow")) {
  Words words = four_letter_words();
  if (testing::is_sanitized) words.resize(60);
  std::vector<Structure> structures;
  for (const char* text : {"", "12,34", "12,23,34", "123,234", "12,13,14,23,24,34", "1,2,34",
                           "123,234,14", "12,23,34;123,234", "12,34;12,34", "1,2,3,4;12,13,34",
                           "12,23,34;12,23,34;123,234", "12,23,14,34;123,124,34"}) {
    structures.push_back(parse_structure(text, 4));
  }
  for (const std::size_t layers : {2, 3, 4}) {
    const StructureSpace space(4, layers);
    structures.push_back(space.at(space.count() / 7 * layers));
  }
  int differ = 0;
  for (const Structure& structure : structures) {
    const std::size_t layers = structure.layers();
    check_against_brute_force(words, structure, all(layers, "1", "1"));
    check_against_brute_force(words, structure, all(layers, "1", "0.8"));
    check_against_brute_force(words, structure, all(layers, "0.9", "0.9"));
    differ += check_against_brute_force(words, structure, all(layers, "0.5", "0.5"));
  }
  CHECK(differ > 0);  // the case that tells the two thresholds apart is there
}

TEST_CASE("supports: by key, as the paper's recursions have it") {
  const Problem<float> problem =
      selective_problem<float>(Words{"cat", "car", "bat"}, parse_structure("12,23", 3));
  const auto sub = support(problem.network, "cat");
  REQUIRE(sub.size() == 2);
  CHECK(sub[1].row_keys() == KeySet{"cat"});
  CHECK(sub[1].column_keys() == KeySet{"1c2a", "2a3t"});
  CHECK(sub[0].row_keys() == KeySet{"1c2a", "2a3t"});
  CHECK(sub[0].column_keys() == KeySet{"1c", "2a", "3t"});
  CHECK(sub[0].entries() == 4);
  const auto hit = affected(problem.network, "cat", "1c");
  CHECK(hit[0].row_keys() == KeySet{"1c2a"});
  CHECK(hit[0].column_keys() == KeySet{"1c"});
  CHECK(hit[1].column_keys() == KeySet{"1c2a"});
  CHECK(hit[1].entries() == 1);
  CHECK(affected(problem.network, "cat", "2a")[1].entries() == 2);
  CHECK(error_of([&] { support(problem.network, "dog"); }) ==
        "the network has no category \"dog\"");
  CHECK(error_of([&] { affected(problem.network, "cat", "1b"); }) ==
        "the feature \"1b\" does not reach category \"cat\"");
}

TEST_CASE("the sub-DNN by number is the support by key") {
  const Problem<float> problem =
      selective_problem<float>(four_letter_words(), parse_structure("12,23,34;123,234", 4));
  const PerturbationTheory theory(problem.network, Betas(3, 1));
  for (const Index c : {Index{0}, Index{77}, Index{199}}) {
    const auto arrays = support(problem.network, theory.categories()[c]);
    const SubNetwork& sub = theory.sub_network(c);
    for (std::size_t l = 0; l < arrays.size(); ++l) {
      CHECK(arrays[l].column_keys() == problem.network.keys(l).at(sub.ranks[l].neurons));
      CHECK(arrays[l].entries() == sub.ranks[l + 1].feeds.size());
    }
  }
}

TEST_CASE("the network that theory makes has the biases of exact solutions") {
  const Words words{"cat", "car", "bat"};
  const Problem<double> problem =
      selective_problem<double>(words, parse_structure("12,23", 3), {0.8, 0.9});
  const PerturbationTheory theory(problem.network, {parse_rational("0.8"), parse_rational("0.9")});
  const Network<double> made = theory.network<double>();
  for (std::size_t l = 0; l < 2; ++l) {
    CHECK(equal(made.weights(l), problem.network.weights(l)));
    CHECK(equal(made.bias(l), problem.network.bias(l)));
  }
  const Network<std::int64_t> scaled_up = theory.network<std::int64_t>(10);
  CHECK(scaled_up.at(0).bias()[0] == 8 - 20);
  CHECK(error_of([&] { theory.network<std::int64_t>(5); }) ==
        "5 times -1.1 is not a whole number of 64 bits");
}

TEST_CASE("the theory of combinatoric solutions: a feature has one path through a tree") {
  const auto features = lettered_features(4, 3);
  const Problem<float> problem = combinatoric_problem<float>(features, parse_tree("((1,2),(3,4))"));
  const PerturbationTheory theory(problem.network, {parse_rational("0.9"), 1});
  const DetectionThreshold t = theory.threshold({5, {theory.features_of(5).front()}});
  CHECK(t.p == 1);
  CHECK(t.linear == parse_rational("0.2"));
}

TEST_CASE("what theory refuses") {
  const Problem<float> problem = selective_problem<float>(Words{"cat", "car"});
  CHECK(error_of([&] {
          PerturbationTheory(problem.network, {1, 1});
        }) == "there are 2 betas for 1 layers");
  CHECK(fails_with(Fault::usage, [&] { PerturbationTheory(problem.network, {0}); }));
  CHECK(fails_with(Fault::usage, [&] { PerturbationTheory(problem.network, {mpq_class(9, 8)}); }));
  CHECK(error_of([&] { detection_threshold(problem.network, {1}, "cat", "3r"); }) ==
        "no perturbed feature reaches category \"cat\"");
  CHECK(error_of([&] { detection_threshold(problem.network, {1}, "dog", "3r"); }) ==
        "the network has no category \"dog\"");
  CHECK(error_of([&] { detection_threshold(problem.network, {1}, "cat", "4x"); }) ==
        "the network has no feature \"4x\"");
  const AssocArray<float> doubled = AssocArray<float>::from_triples(
      std::vector<std::string_view>{"c"}, std::vector<std::string_view>{"f"}, {2.f});
  const Network<float> weighty({doubled}, {AssocArray<float>()});
  CHECK(error_of([&] { PerturbationTheory(weighty, {1}); }) ==
        "perturbation theory is for weights 1, and layer 0 has a weight 2.000000");
}
