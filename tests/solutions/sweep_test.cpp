// P_d and P_fa by inference: the engine against theory, point by point, and hand values.
#include "oscillon/solutions/sweep.hpp"

#include <doctest/doctest.h>

#include <random>

#include "oscillon/solutions/combinatoric.hpp"
#include "oscillon/solutions/rational.hpp"
#include "oscillon/solutions/selective.hpp"
#include "solutions/mixed.hpp"
#include "tests/error_of.hpp"
#include "tests/solutions/exactness.hpp"

using namespace oscillon;
using testing::error_of;
using testing::fails_with;

namespace {

using Words = std::vector<std::string>;

const Words three{"age", "all", "and", "any", "are", "art", "bed", "bat",
                  "can", "car", "cat", "eat", "oat", "the", "thy"};

PerturbationTheory theory_of(const Words& words, const char* structure,
                             const std::vector<std::string>& betas) {
  const Problem<float> problem =
      selective_problem<float>(words, parse_structure(structure, words.front().size()));
  return PerturbationTheory(problem.network, parse_rationals(betas));
}

// The r at which a curve of shares changes, with its value from there on.
std::vector<std::pair<std::string, double>> steps(const Sweep& sweep) {
  std::vector<std::pair<std::string, double>> found;
  double before = 0;
  for (std::size_t k = 0; k < sweep.points.size(); ++k) {
    if (sweep.detection(k) != before) {
      before = sweep.detection(k);
      found.emplace_back(text_of(sweep.points[k].r), before);
    }
  }
  return found;
}

Words random_words(std::size_t count, std::size_t letters, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  KeySet words;
  while (words.size() < count) {
    std::string word;
    for (std::size_t i = 0; i < letters; ++i) word += static_cast<char>('a' + random() % 9);
    words = KeyMerge::unite(words, KeySet{word}).keys;
  }
  Words list;
  for (Index i = 0; i < words.size(); ++i) list.emplace_back(words[i]);
  return list;
}

}  // namespace

TEST_CASE("figure 10 by hand: one layer and two") {
  const std::vector<mpq_class> grid = parse_grid("0:2:0.05");
  {
    const PerturbationTheory theory = theory_of(three, "", {"1"});
    const Sweep result = sweep<std::int64_t>(theory, perturbations(theory, {}), grid);
    CHECK(result.cases.size() == 45);
    CHECK(result.differing == 0);
    // Detected as soon as there is anything of the feature: r_d = 0.
    CHECK(steps(result) == std::vector<std::pair<std::string, double>>{{"0.05", 1}});
    CHECK(result.false_alarm(40) == 0);
  }
  {
    const PerturbationTheory theory = theory_of(three, "12,23", {"0.8", "1"});
    PerturbationChoice cat;
    cat.categories = {*theory.categories().find("cat")};
    const Sweep result = sweep<std::int64_t>(theory, perturbations(theory, cat), grid);
    CHECK(result.differing == 0);
    REQUIRE(result.cases.size() == 3);
    // Above 0.4 for 1c and 3t, above 0.7 for 2a: not at these values themselves.
    CHECK(steps(result) ==
          std::vector<std::pair<std::string, double>>{{"0.45", 2.0 / 3}, {"0.75", 1}});
    CHECK(result.cases[0].threshold->linear == parse_rational("0.4"));
    CHECK(result.cases[1].threshold->linear == parse_rational("0.7"));
    CHECK(result.cases[0].outcomes[8] == Outcome::silent);
    CHECK(result.cases[0].outcomes[9] == Outcome::detected);
  }
}

TEST_CASE("every value type and plan sweeps alike where beta and r are dyadic") {
  const PerturbationTheory theory = theory_of(three, "12,23", {"0.75", "0.875"});
  const std::vector<mpq_class> grid = parse_grid("0:2:1/16");
  const auto cases = perturbations(theory, {});
  const auto run = [&]<class T>(Plan plan) {
    InferenceOptions options;
    options.plan = plan;
    const Sweep result = sweep<T>(theory, cases, grid, options);
    CHECK(result.differing == 0);
    CHECK(result.inference.samples == cases.size() * grid.size());
    return steps(result);
  };
  const auto expected = run.operator()<std::int64_t>(Plan::semiring);
  CHECK(expected.size() > 1);
  CHECK(run.operator()<std::int32_t>(Plan::automatic) == expected);
  CHECK(run.operator()<float>(Plan::dense_tiles) == expected);
  CHECK(run.operator()<double>(Plan::semiring) == expected);
}

TEST_CASE("floating point may decide a tie either way, and only that") {
  // At beta = (0.7, 0.9) and r = 0.7 some scores are exactly 0; in floating point about 1e-8.
  const PerturbationTheory theory = theory_of(three, "12,23", {"0.7", "0.9"});
  const Sweep result = sweep<float>(theory, perturbations(theory, {}), parse_grid("0:2:0.05"));
  CHECK(result.differing > 0);
  CHECK(result.unexplained == 0);
  CHECK(result.first_difference.find("its score is 0, that of its best rival 0") !=
        std::string::npos);
}

TEST_CASE("a wrong feature: the category that has it takes over at r = 1") {
  // Shown cat and 1b at r. bat lacks 1c, has 2a and 3t: its score is r, against 1 of cat. At r = 1
  // they tie, which detects neither.
  const PerturbationTheory theory = theory_of({"bat", "cat"}, "", {"1"});
  PerturbationChoice wrong;
  wrong.kind = Perturbed::wrong;
  wrong.categories = {1};
  const Sweep result =
      sweep<std::int64_t>(theory, perturbations(theory, wrong), parse_grid("0:2:0.25"));
  REQUIRE(result.cases.size() == 1);
  CHECK(result.differing == 0);
  CHECK(!result.cases[0].threshold);
  for (std::size_t k = 0; k < 9; ++k) {
    CHECK(result.cases[0].outcomes[k] == (k < 4 ? Outcome::detected : Outcome::false_alarm));
  }
}

TEST_CASE("several features at once, correct and wrong, against theory") {
  const PerturbationTheory theory = theory_of(three, "12,23", {"0.9", "0.8"});
  PerturbationChoice choice;
  choice.together = 2;
  const auto pairs = perturbations(theory, choice);
  CHECK(pairs.size() == three.size() * 3);
  CHECK(pairs[1].features.size() == 2);
  CHECK(sweep<std::int64_t>(theory, pairs, parse_grid("0:2:0.1")).differing == 0);
  choice.kind = Perturbed::wrong;
  const Sweep wrong =
      sweep<std::int64_t>(theory, perturbations(theory, choice), parse_grid("0:2:0.1"));
  CHECK(wrong.differing == 0);
  CHECK(wrong.points.back().false_alarms > 0);
  choice.together = 4;
  choice.kind = Perturbed::correct;
  CHECK(error_of([&] { perturbations(theory, choice); }) ==
        "no category has 4 such features to perturb");
}

TEST_CASE("within one structure a changed correct feature never raises a false alarm") {
  const Words words = random_words(150, 4, 5);
  for (const char* structure : {"", "12,34", "12,23,34;123,234"}) {
    const std::size_t layers = parse_structure(structure, 4).layers();
    const PerturbationTheory theory =
        theory_of(words, structure, std::vector<std::string>(layers, "0.9"));
    const Sweep result =
        sweep<std::int64_t>(theory, perturbations(theory, {}), parse_grid("0:2:0.1"));
    CHECK(result.differing == 0);
    for (const SweepPoint& point : result.points) CHECK(point.false_alarms == 0);
  }
}

TEST_CASE("mixed structures: the problem stays exact, and false alarms appear") {
  // able by one hidden neuron over 12 and one over 34; axle by neurons that all read its first
  // letter. Excite that letter and axle, which lacks only its second, scores higher than able does.
  Problem<float> mixed = side_by_side<float>(
      {selective_problem<float>(Words{"able"}, parse_structure("12,34", 4)),
       selective_problem<float>(Words{"axle"}, parse_structure("12,13,14", 4))});
  CHECK(mixed.network.keys(1).contains("1:1a2b"));
  CHECK(mixed.network.keys(1).contains("2:1a3l"));
  testing::check_exact(side_by_side<float>(
      {selective_problem<float>(Words{"able"}, parse_structure("12,34", 4)),
       selective_problem<float>(Words{"axle"}, parse_structure("12,13,14", 4))}));
  const PerturbationTheory theory(mixed.network, {1, 1});
  const Sweep result =
      sweep<std::int64_t>(theory, perturbations(theory, {}), parse_grid("0:2:0.25"));
  CHECK(result.differing == 0);
  // By hand, able shown with 1a at r = 2: able has (2 - 1 + 1) + 1 - 1 = 2. axle: 1a2x is at 2 - 1
  // = 1, 1a3l and 1a4e at 2 each, so 1 + 2 + 2 - 2 = 3.
  const Perturbation shown{0, {*theory.features().find("1a")}};
  CHECK(theory.score(0, shown, 2) == 2);
  CHECK(theory.score(1, shown, 2) == 3);
  CHECK(result.points.back().false_alarms > 0);
  CHECK(result.points[4].false_alarms == 0);
  CHECK(result.points[4].detected == 8);
}

TEST_CASE("mixing refuses what does not go together") {
  const Problem<float> one = selective_problem<float>(Words{"able"});
  const Problem<float> two = selective_problem<float>(Words{"axle"}, parse_structure("12,34", 4));
  CHECK(error_of([&] {
          side_by_side<float>({one, two});
        }) == "problems side by side have one number of layers: the first has 1, number 2 has 2");
  CHECK(error_of([&] {
          side_by_side<float>({one, one});
        }) == "category \"able\" belongs to two problems");
}

TEST_CASE("samples of the cases, and more cases than there is room for") {
  const PerturbationTheory theory = theory_of(three, "", {"1"});
  PerturbationChoice choice;
  choice.sample = 10;
  const auto drawn = perturbations(theory, choice);
  CHECK(drawn.size() == 10);
  const auto again = perturbations(theory, choice);
  for (std::size_t i = 0; i < 10; ++i) CHECK(drawn[i].features == again[i].features);
  choice.sample = 0;
  choice.kind = Perturbed::wrong;
  choice.together = 9;
  const PerturbationTheory larger = theory_of(random_words(40, 4, 1), "", {"1"});
  CHECK(fails_with(Fault::usage, [&] { perturbations(larger, choice); }));
  CHECK(fails_with(Fault::usage, [&] { sweep<double>(theory, {}, {}); }));
  CHECK(fails_with(Fault::usage, [&] { sweep<double>(theory, {}, {mpq_class(-1)}); }));
}
