#include <algorithm>
#include <cmath>

#include "verify/conformance/catalogue.hpp"

namespace oscillon::conformance {

namespace {

using Values = std::vector<double>;

// Rows of weights, a row for each output; 0 means that there is no weight.
ExactLayer layer(const std::vector<Values>& rows, const Values& bias,
                 std::optional<double> cap = std::nullopt) {
  ExactLayer made;
  made.inputs = rows.front().size();
  for (const Values& row : rows) {
    made.outputs.emplace_back();
    for (std::size_t k = 0; k < row.size(); ++k) {
      if (row[k] != 0) made.outputs.back().push_back({k, mpq_class(row[k])});
    }
  }
  for (const double b : bias) made.bias.emplace_back(b);
  if (cap) made.cap = mpq_class(*cap);
  return made;
}

// 0 means that there is no entry.
std::vector<ExactSample> samples(const std::vector<Values>& rows) {
  std::vector<ExactSample> made;
  for (const Values& row : rows) {
    made.emplace_back();
    for (const double value : row) {
      made.back().push_back(value == 0 ? std::nullopt : std::optional(mpq_class(value)));
    }
  }
  return made;
}

TestVector vector(unsigned level, const char* name, const char* about,
                  std::vector<ExactLayer> layers, std::vector<ExactSample> inputs) {
  TestVector made;
  made.level = level;
  made.name = name;
  made.about = about;
  made.layers = std::move(layers);
  made.samples = std::move(inputs);
  return made;
}

}  // namespace

std::vector<TestVector> vectors_by_hand() {
  std::vector<TestVector> all;
  const auto add = [&all](unsigned level, const char* name, const char* about,
                          std::vector<ExactLayer> layers,
                          std::vector<ExactSample> inputs) -> TestVector& {
    all.push_back(vector(level, name, about, std::move(layers), std::move(inputs)));
    return all.back();
  };

  add(1, "one-weight", "One neuron fed by one.", {{layer({{2}}, {-1})}}, samples({{1}, {3}}));
  add(1, "two-neurons", "Weighted sums, a bias, and ReLU, in one layer of two neurons.",
      {{layer({{1, 1}, {0, 2}}, {-1, 0})}}, samples({{1, 1}, {1, 0}, {0, 2}, {3, 0}}));
  add(1, "not-square", "Layers of different widths: 3 inputs, 2 neurons, 4 outputs.",
      {{layer({{1, 2, 0}, {0, 1, 3}}, {0, -1}),
        layer({{1, 0}, {0, 1}, {1, 1}, {2, 0}}, {0, 0, -4, -2})}},
      samples({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 1, 1}}));
  add(1, "lopsided", "Square weights that differ from their transpose.",
      {{layer({{1, 2, 3}, {0, 1, 2}, {0, 0, 1}}, {0, 0, 0}),
        layer({{0, 1, 0}, {0, 0, 1}, {1, 0, 0}}, {0, 0, -1})}},
      samples({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}));
  add(1, "first-and-last",
      "Entries in the first and last rows and columns, each with its own value.",
      {{layer({{2, 0, 0, 0, 0, 3},
               {0, 0, 0, 0, 1, 0},
               {0, 0, 0, 0, 0, 0},
               {0, 1, 0, 0, 0, 0},
               {0, 0, 0, 1, 0, 0},
               {5, 0, 0, 0, 0, 7}},
              {-1, 1, 0, 2, 0, -3})}},
      samples({{1, 0, 0, 0, 0, 0}, {0, 0, 2, 0, 0, 0}, {0, 1, 0, 4, 0, 0}, {0, 0, 0, 0, 0, 1}}));
  add(1, "signed-weights", "Weights of both signs; a sum below 0 gives no entry.",
      {{layer({{2, -1, 0}, {-2, 1, 1}, {-1, -1, -1}}, {0, 0, 1})}},
      samples({{1, 1, 1}, {0, 3, 1}, {4, 1, 2}, {0, 0, 1}}));

  add(2, "bias-edges", "W Y + b just below, at, and just above 0; only the last gives an entry.",
      {{layer({{1}, {1}, {1}}, {-6, -5, -4})}}, samples({{5}, {4}, {6}}));
  add(2, "bias-edges-fine", "The same in steps of 1/8.",
      {{layer({{0.5}, {0.5}, {0.5}}, {-0.75, -0.625, -0.5})}}, samples({{1.25}, {1}, {1.5}}));
  add(2, "cancellation",
      "Products that cancel to 0 are still an entry of W Y, so a positive bias is added; a neuron "
      "that no product reaches has none.",
      {{layer({{1, -1, 0}, {0, 0, 1}}, {2, 2})}},
      samples({{3, 3, 0}, {0, 0, 1}, {1, 4, 0}, {4, 1, 2}}));
  add(2, "relu-between", "What ReLU stops in one layer must not reach the next.",
      {{layer({{-1, 0}, {0, 1}}, {0, 0}), layer({{-1, 1}, {1, 1}}, {0, 0})}},
      samples({{2, 1}, {0, 3}, {5, 0}}));
  add(2, "zero-is-no-entry",
      "A neuron at exactly 0 after ReLU has no entry, so the next layer adds no positive bias for "
      "it.",
      {{layer({{1, 0}, {0, 1}}, {-2, 0}), layer({{1, 0}, {1, 1}}, {3, -1})}},
      samples({{2, 1}, {2, 0}, {3, 1}, {1, 4}}));
  add(2, "cap", "A cap of 8: values below, at and above it.", {{layer({{1, 1}}, {0}, 8)}},
      samples({{7, 0}, {4, 4}, {9, 0}, {8, 12}}));
  add(2, "no-cap", "No cap: values above 32 stay as they are.",
      {{layer({{1, 1}, {2, 0}}, {0, -3})}}, samples({{32, 0}, {31, 2}, {40, 60}}));
  add(2, "cap-each-layer", "The cap holds after every layer, not only the last.",
      {{layer({{2, 1}, {0, 1}}, {0, 0}, 4), layer({{1, 0}, {1, 1}}, {-3, -2}, 4)}},
      samples({{5, 0}, {1, 1}, {3, 9}}));
  add(2, "cap-after-bias", "The cap comes after the bias.", {{layer({{1}, {2}}, {-5, 3}, 8)}},
      samples({{10}, {4}, {2}}));
  add(2, "dead-samples",
      "Samples without an entry, at the start or after a layer, stay without one, whatever the "
      "bias.",
      {{layer({{1, 0}, {0, 1}}, {-2, -2}), layer({{1, 1}, {0, 1}}, {3, 2})}},
      samples({{0, 0}, {1, 2}, {3, 0}, {2, 1}, {4, 5}}));
  add(2, "positive-bias",
      "A positive bias is added to entries of W Y alone: a neuron that nothing reaches stays "
      "empty.",
      {{layer({{1, 0, 0}, {0, 1, 0}, {0, 1, 1}}, {1, 2, 3})}},
      samples({{1, 0, 0}, {0, 2, 0}, {0, 0, 4}, {0, 0, 0}}));
  add(2, "positive-bias-live-samples",
      "The same network under the other rule: the bias goes to every neuron of a sample that has "
      "an "
      "entry.",
      {{layer({{1, 0, 0}, {0, 1, 0}, {0, 1, 1}}, {1, 2, 3}),
        layer({{1, 0, 1}, {0, 1, 0}}, {-5, 1})}},
      samples({{1, 0, 0}, {0, 2, 0}, {0, 0, 4}, {0, 0, 0}}))
      .bias_on = BiasOn::live_samples;
  add(2, "empty-rows", "A neuron that nobody feeds, and an input that nobody reads.",
      {{layer({{1, 0, 2}, {0, 0, 0}, {0, 0, 1}}, {0, 4, 1})}},
      samples({{1, 1, 0}, {0, 3, 0}, {0, 0, 1}}));
  add(2, "no-weights", "A layer without weights: nothing passes, although its biases are positive.",
      {{layer({{1, 0}, {0, 1}}, {0, 0}), layer({{0, 0}, {0, 0}}, {1, 2})}},
      samples({{1, 2}, {3, 0}}));
  add(2, "duplicate-weight",
      "The first weight stands in the file twice. That is malformed: the engine must end with an "
      "error and give no output.",
      {{layer({{2, 1}, {0, 1}}, {0, 0})}}, samples({{1, 0}, {0, 1}}))
      .must_be_refused = true;
  {
    // 1 + 2^-12 takes 13 bits, more than fp16 has; 1 + 2^-30 more than fp32.
    const double fine = std::ldexp(1.0, -12), finer = std::ldexp(1.0, -30);
    add(2, "fine-sums", "Small terms beside large ones: sums that need 20 bits.",
        {{layer({{1, 1, 1}, {1, -1, 0}}, {-1, 0})}},
        samples({{1, fine, fine}, {8, 3 * fine, 0}, {1 + fine, 1, 0}}));
    add(2, "finer-sums", "Sums that need 40 bits.", {{layer({{1, 1, 1}, {1, -1, 0}}, {-1, 0})}},
        samples({{1, finer, finer}, {8, 3 * finer, 0}, {1 + finer, 1, 0}}));
  }
  TestVector& decimals =
      add(2, "decimals", "Weights and biases that are no binary fractions: results may round.",
          {{layer({{0.1, 0.7, 0}, {0, 0.3, 1.1}}, {-0.3, 0.1}),
            layer({{0.9, 0.2}, {1, -0.6}}, {-0.05, 0.4})}},
          samples({{1, 1, 0}, {0, 2, 3}, {5, 0.5, 0.25}, {0.1, 0.1, 0.1}}));
  decimals.exact = false;
  return all;
}

std::vector<TestVector> test_vectors() {
  std::vector<TestVector> all = vectors_by_hand();
  std::vector<TestVector> made = vectors_made();
  std::move(made.begin(), made.end(), std::back_inserter(all));
  std::stable_sort(all.begin(), all.end(),
                   [](const TestVector& a, const TestVector& b) { return a.level < b.level; });
  return all;
}

}  // namespace oscillon::conformance
