#include <algorithm>
#include <random>

#include "oscillon/solutions/combinatoric.hpp"
#include "oscillon/solutions/rational.hpp"
#include "oscillon/solutions/selective.hpp"
#include "oscillon/verify/challenge/radix_net.hpp"
#include "verify/conformance/catalogue.hpp"

namespace oscillon::conformance {

namespace {

using Random = std::mt19937_64;

// One of least … most; the same on every machine, unlike the library's distributions.
long drawn(Random& random, long least, long most) {
  return least + static_cast<long>(random() % static_cast<std::uint64_t>(most - least + 1));
}

TestVector named(unsigned level, std::string name, std::string about) {
  TestVector made;
  made.level = level;
  made.name = std::move(name);
  made.about = std::move(about);
  return made;
}

// `inputs` ones into one neuron, and all but the first into another.
TestVector wide(std::size_t inputs) {
  TestVector made = named(3, "wide-" + std::to_string(inputs),
                          "Sums of " + std::to_string(inputs) +
                              " ones: an accumulator that is too narrow stops short.");
  ExactLayer layer;
  layer.inputs = inputs;
  layer.outputs.resize(2);
  for (std::size_t k = 0; k < inputs; ++k) {
    layer.outputs[0].push_back({k, 1});
    if (k > 0) layer.outputs[1].push_back({k, 1});
  }
  layer.bias = {0, 0};
  made.layers = {layer};
  made.samples.assign(2, ExactSample(inputs));
  for (std::size_t k = 0; k < inputs; ++k) {
    made.samples[0][k] = 1;
    if (k % 3 != 1) made.samples[1][k] = 1;
  }
  return made;
}

struct Widths {
  std::vector<std::size_t> neurons;
  long most_weights = 4;
};

// Random small whole numbers: weights from -1 to 2, biases from -2 to 2, a cap of 7.
TestVector irregular(TestVector made, const Widths& widths, std::size_t samples,
                     std::uint64_t seed) {
  Random random(seed);
  for (std::size_t l = 0; l + 1 < widths.neurons.size(); ++l) {
    ExactLayer layer;
    layer.inputs = widths.neurons[l];
    layer.cap = 7;
    for (std::size_t i = 0; i < widths.neurons[l + 1]; ++i) {
      std::vector<std::size_t> inputs;
      for (long w = drawn(random, 0, widths.most_weights); w > 0; --w) {
        inputs.push_back(random() % layer.inputs);
      }
      std::sort(inputs.begin(), inputs.end());
      inputs.erase(std::unique(inputs.begin(), inputs.end()), inputs.end());
      layer.outputs.emplace_back();
      for (const std::size_t input : inputs) {
        const long weight = drawn(random, -1, 2);
        layer.outputs.back().push_back({input, weight == 0 ? 1 : weight});
      }
      layer.bias.emplace_back(drawn(random, -2, 2));
    }
    made.layers.push_back(std::move(layer));
  }
  for (std::size_t s = 0; s < samples; ++s) {
    made.samples.emplace_back(widths.neurons.front());
    for (auto& value : made.samples.back()) {
      if (random() % 3 != 0) value = drawn(random, 1, 4);
    }
  }
  return made;
}

// An exact solution, shown the features of each category.
TestVector solution(TestVector made, const Problem<double>& problem,
                    const std::vector<mpq_class>& betas) {
  for (std::size_t l = 0; l < problem.network.depth(); ++l) {
    const Compressed<double> W = problem.network.at(l).weights().compressed(Orientation::by_row);
    ExactLayer layer;
    layer.inputs = W.columns;
    for (Index i = 0; i < W.rows; ++i) {
      layer.outputs.emplace_back();
      for (Index p = W.offsets[i]; p < W.offsets[i + 1]; ++p) {
        layer.outputs.back().push_back({W.indices[p], mpq_class(W.values[p])});
      }
      const mpz_class inputs(layer.outputs.back().size());
      layer.bias.push_back(inputs == 0 ? mpq_class(0) : mpq_class(betas[l] - inputs));
    }
    made.layers.push_back(std::move(layer));
  }
  const Compressed<double> inputs =
      problem.inputs.over(problem.network.input_keys(), problem.inputs.column_keys())
          .matrix()
          .compressed(Orientation::by_column);
  for (Index c = 0; c < inputs.columns; ++c) {
    ExactSample sample(inputs.rows);
    for (Index p = inputs.offsets[c]; p < inputs.offsets[c + 1]; ++p) sample[inputs.indices[p]] = 1;
    made.samples.push_back(std::move(sample));
  }
  return made;
}

// Each sample once for every r, with its first feature at r.
void perturb(TestVector& vector, const std::vector<mpq_class>& strengths) {
  std::vector<ExactSample> perturbed;
  for (const ExactSample& sample : vector.samples) {
    for (const mpq_class& r : strengths) {
      perturbed.push_back(sample);
      auto& feature = *std::find_if(perturbed.back().begin(), perturbed.back().end(),
                                    [](const auto& value) { return value.has_value(); });
      feature = r == 0 ? std::nullopt : std::optional(r);
    }
  }
  vector.samples = std::move(perturbed);
}

const std::vector<std::string> two_letters{"ad", "ah", "am", "as", "at", "be", "by", "do",
                                           "go", "ha", "he", "hi", "if", "in", "it", "me"};
const std::vector<std::string> three_letters{"ace", "act", "age", "and", "arm", "art",
                                             "bad", "bat", "bed", "can", "car", "cat",
                                             "dad", "eat", "far", "fat"};
const std::vector<std::string> four_letters{"able", "also", "area", "back", "bear", "beat",
                                            "been", "best", "boat", "book", "call", "came"};

TestVector words(TestVector made, const std::vector<std::string>& list, std::size_t layers,
                 const std::vector<mpq_class>& betas) {
  return solution(std::move(made),
                  selective_problem<double>(list, sliding_windows(list.front().size(), layers)),
                  betas);
}

// A network of the Challenge's kind: RadiX-Net of 4 neurons, 2 layers a block, x 16, weights 1/16,
// a bias of -0.3, a cap of 32.
TestVector radix_net() {
  TestVector made = named(4, "radix-net",
                          "A network of the Graph Challenge's kind: 64 neurons with 32 weights of "
                          "1/16 each, a bias of -0.3, a cap of 32.");
  made.exact = false;
  Random random(11);
  for (std::size_t l = 0; l < 6; ++l) {
    const std::size_t step = std::size_t{1} << l % 2;
    const auto permutation = challenge::block_permutation(64, 5, l / 2);
    ExactLayer layer;
    layer.inputs = 64;
    layer.outputs.resize(64);
    layer.bias.assign(64, mpq_class(-3, 10));
    layer.cap = 32;
    // Input k is connected as base neuron r is: to r and r - step, in each of the 16 copies.
    for (std::size_t k = 0; k < 64; ++k) {
      const std::size_t r = permutation[k] % 4;
      for (std::size_t copy = 0; copy < 16; ++copy) {
        layer.outputs[copy * 4 + r].push_back({k, mpq_class(1, 16)});
        layer.outputs[copy * 4 + (r + 4 - step) % 4].push_back({k, mpq_class(1, 16)});
      }
    }
    made.layers.push_back(std::move(layer));
  }
  // Not every share of ones will do: at 2 x 0.15 - 0.3 a sum is 0 but for rounding.
  for (const std::uint64_t share : {4, 10, 40, 60, 85}) {
    made.samples.emplace_back(64);
    for (auto& value : made.samples.back()) {
      if (random() % 100 < share) value = 1;
    }
  }
  return made;
}

// Decimal weights between 0 and 1, decimal biases around -0.2.
TestVector random_decimals() {
  TestVector made = named(4, "random-decimals",
                          "Four layers of 40 neurons with 8 decimal weights each, of both signs.");
  made.exact = false;
  Random random(8);
  for (std::size_t l = 0; l < 4; ++l) {
    ExactLayer layer;
    layer.inputs = 40;
    for (std::size_t i = 0; i < 40; ++i) {
      layer.outputs.emplace_back();
      for (std::size_t k = i % 5; k < 40; k += 5) {
        layer.outputs.back().push_back({k, mpq_class(drawn(random, -199, 799), 1009)});
        layer.outputs.back().back().weight.canonicalize();
      }
      layer.bias.push_back(mpq_class(drawn(random, -300, 50), 1009));
      layer.bias.back().canonicalize();
    }
    made.layers.push_back(std::move(layer));
  }
  for (std::size_t s = 0; s < 6; ++s) {
    made.samples.emplace_back(40);
    for (auto& value : made.samples.back()) {
      if (random() % 2 == 0) {
        value = mpq_class(drawn(random, 1, 2000), 1009);
        value->canonicalize();
      }
    }
  }
  return made;
}

}  // namespace

std::vector<TestVector> vectors_made() {
  std::vector<TestVector> all;
  for (const std::size_t inputs : {100, 200, 2000, 5000}) all.push_back(wide(inputs));
  all.push_back(irregular(named(3, "irregular", "Five layers of uneven widths and degrees."),
                          {{17, 23, 9, 31, 12, 5}, 4}, 12, 3));
  all.push_back(irregular(named(3, "square-signed", "Square layers of small whole numbers."),
                          {{16, 16, 16, 16}, 4}, 20, 7));
  all.push_back(
      irregular(named(3, "many-samples", "Three hundred samples."), {{10, 14, 6}, 3}, 300, 4));
  all.push_back(irregular(named(4, "deep", "A hundred and twenty layers."),
                          {std::vector<std::size_t>(121, 24), 4}, 8, 6));

  const mpq_class one = 1, most(4, 5), three_quarters(3, 4);
  all.push_back(words(named(3, "words-one-layer",
                            "An exact solution: two-letter words, whose answer is the identity."),
                      two_letters, 1, {one}));
  all.push_back(
      words(named(3, "words-two-layers",
                  "An exact solution: three-letter words by pairs of neighbouring letters."),
            three_letters, 2, {one, one}));
  all.push_back(words(
      named(3, "words-three-layers", "An exact solution: four-letter words by pairs and triples."),
      four_letters, 3, {one, one, one}));
  all.push_back(
      solution(named(3, "combinations",
                     "An exact solution: every combination of four features of three kinds each."),
               combinatoric_problem<double>(lettered_features(4, 3), parse_tree("((1,2),(3,4))")),
               {one, one}));
  all.push_back(words(named(4, "words-perturbed",
                            "Three-letter words with beta = (3/4, 1), a feature of each between 0 "
                            "and 2: detected above 1/2."),
                      three_letters, 2, {three_quarters, one}));
  perturb(all.back(), parse_grid("0:2:0.25"));
  all.push_back(
      words(named(4, "words-perturbed-decimal",
                  "The same with beta = (0.8, 1) and strengths that are no binary fractions."),
            three_letters, 2, {most, one}));
  all.back().exact = false;
  perturb(all.back(), parse_rationals({"0.1", "0.3", "0.55", "0.7", "1.1", "1.9"}));
  all.push_back(radix_net());
  all.push_back(random_decimals());
  return all;
}

}  // namespace oscillon::conformance
