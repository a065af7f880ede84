// Plan `fused`: its kernels, and the reductions that must not change a bit.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "engine/inference/kernels/kernels.hpp"
#include "engine/inference/plans/plan.hpp"
#include "oscillon/inference/engine.hpp"
#include "tests/cases.hpp"
#include "tests/inference/random_networks.hpp"
#include "verify/oracle/from_engine.hpp"

using namespace oscillon;
using oscillon::plans::EntryCounts;
using oscillon::tiles::Block;
using namespace oscillon::testing;

namespace {

// A layer whose rows, biases and weights repeat: `distinct` rows, each several times.
template <NetworkValue T>
std::shared_ptr<const Layer<T>> repeating_layer(std::mt19937_64& random, Index outputs,
                                                Index inputs, Index distinct,
                                                std::optional<T> one_weight, std::optional<T> cap,
                                                bool biased) {
  std::vector<std::vector<std::pair<Index, T>>> rows(distinct);
  std::vector<T> biases;
  for (auto& row : rows) {
    for (Index k = 0; k < inputs; ++k) {
      if (random() % 3 != 0) continue;
      row.emplace_back(k, one_weight ? *one_weight : random_number<T>(random, Numbers::any, -2, 6));
    }
    biases.push_back(biased ? random_number<T>(random, Numbers::any, -4, -1) : T(0));
  }
  Triples<T> W;
  std::vector<T> bias;
  for (Index i = 0; i < outputs; ++i) {
    const Index row = random() % distinct;
    // Now and then a row has the inputs of another one and weights of its own.
    const bool own = !one_weight && random() % 3 == 0;
    for (const auto& [k, weight] : rows[row]) {
      W.add(i, k, own ? random_number<T>(random, Numbers::any, -2, 6) : weight);
    }
    // Now and then an equal row has another bias.
    bias.push_back(random() % 8 == 0 ? T(0) : biases[row]);
  }
  return std::make_shared<const Layer<T>>(Matrix<T>::build(outputs, inputs, W), bias, cap);
}

// Samples of which many are equal.
template <NetworkValue T>
Matrix<T> repeating_samples(std::mt19937_64& random, Index neurons, Index samples, T unit) {
  std::vector<std::vector<Index>> kinds(4);
  for (auto& kind : kinds) {
    for (Index i = 0; i < neurons; ++i) {
      if (random() % 2 == 0) kind.push_back(i);
    }
  }
  Triples<T> Y;
  for (Index j = 0; j < samples; ++j) {
    const auto& kind = kinds[random() % kinds.size()];
    for (const Index i : kind) Y.add(i, j, unit);
    if (random() % 4 == 0 && !kind.empty())
      Y.add(neurons - 1 == kind.back() ? neurons : neurons - 1, j, unit);
  }
  // One row more than asked for takes what would have collided.
  return Matrix<T>::build(neurons + 1, samples, Y);
}

template <NetworkValue T>
void compare_with_oracle(std::uint64_t seed, std::optional<T> weight, T unit, std::optional<T> cap,
                         bool biased = true) {
  std::mt19937_64 random(seed);
  for (int n = 0; n < cases(60); ++n) {
    const Index width = 6 + random() % 30;
    std::vector<std::shared_ptr<const Layer<T>>> layers;
    Index inputs = width + 1;
    // Up to three passes, where no sum can grow out of its type.
    const int depth = cap ? 1 + static_cast<int>(random() % 20) : 6;
    for (int l = 0; l < depth; ++l) {
      const Index outputs = 5 + random() % 30;
      layers.push_back(
          repeating_layer<T>(random, outputs, inputs, 1 + random() % 6, weight, cap, biased));
      inputs = outputs;
    }
    Network<T> network(layers);
    const LayerSource<T>& source = network;
    const Index samples = 1 + random() % 100;
    const Matrix<T> Y0 = repeating_samples<T>(random, width, samples, unit);
    std::vector<Index> all(samples);
    for (Index s = 0; s < samples; ++s) all[s] = s;
    InferenceOptions options;
    options.plan = Plan::fused;
    options.tile = random() % 2 == 0 ? 0 : 8;
    const auto reduced = infer(source, Y0, options);
    CHECK(!oracle::first_disagreement(source, Y0, reduced.Y, all));
    options.reduce = false;
    const auto plain = infer(source, Y0, options);
    CHECK(!oracle::first_disagreement(source, Y0, plain.Y, all));
    for (std::size_t l = 0; l < layers.size(); ++l) {
      CHECK(reduced.profile.layers[l].entries <= plain.profile.layers[l].entries);
      CHECK(reduced.profile.layers[l].live_samples <= plain.profile.layers[l].live_samples);
      CHECK(reduced.profile.layers[l].neurons_computed <= plain.profile.layers[l].neurons_computed);
    }
  }
}

// Of each kind of processor that this one can be taken for.
template <NetworkValue T>
std::vector<kernels::Kernels<T>> all_kernels() {
  std::vector<kernels::Kernels<T>> made{kernels::kernels_portable<T>()};
  if (kernels::chosen_name() != "portable") made.push_back(kernels::kernels_avx2<T>());
  if (kernels::chosen_name() == "avx512") made.push_back(kernels::kernels_avx512<T>());
  return made;
}

// A layer that hands one neuron's value on.
std::shared_ptr<const Layer<float>> one_neuron() {
  return std::make_shared<const Layer<float>>(Matrix<float>::diagonal(std::vector<float>{1}),
                                              std::vector<float>{0});
}

}  // namespace

TEST_CASE("repeating rows and samples: reduced or not, the oracle's bits") {
  compare_with_oracle<float>(1, {}, 0.7f, 32.f);
  compare_with_oracle<double>(2, {}, 0.7, {});
  compare_with_oracle<std::int32_t>(3, {}, 1, 32);
  compare_with_oracle<std::int64_t>(4, {}, 3, {});
}

TEST_CASE(
    "one weight for all: a power of two, another number, and values near the ends of the type") {
  compare_with_oracle<float>(5, 0.25f, 0.7f, 4.f);
  compare_with_oracle<float>(6, 0.3f, 0.7f, 4.f);
  compare_with_oracle<double>(7, 8.0, 0.7, {});
  compare_with_oracle<std::int32_t>(8, 3, 1, 1000);
  // The scaled terms are subnormal and lose bits that the scaled sum would not lose.
  compare_with_oracle<float>(9, 0x1p-4f, 0x1.234566p-124f, {}, false);
  // The sum of what is not scaled would leave the type.
  compare_with_oracle<float>(10, 0x1p-30f, 0x1p126f, {}, false);
}

TEST_CASE("copies of rows and samples are found and counted") {
  // Four equal neurons fed by all inputs, then one fed by these; eight equal samples.
  const auto same = one_neuron();
  Triples<float> first, second, inputs;
  for (Index i = 0; i < 4; ++i) {
    for (Index k = 0; k < 3; ++k) first.add(i, k, 0.5f);
    second.add(0, i, 0.5f);
  }
  for (Index j = 0; j < 8; ++j) {
    for (Index k = 0; k < 3; ++k) inputs.add(k, j, 1);
  }
  Network<float> network({std::make_shared<const Layer<float>>(Matrix<float>::build(4, 3, first),
                                                               std::vector<float>(4, -0.5f)),
                          std::make_shared<const Layer<float>>(Matrix<float>::build(1, 4, second),
                                                               std::vector<float>{0}),
                          same, same, same, same, same, same, same});
  const LayerSource<float>& source = network;
  InferenceOptions options;
  options.plan = Plan::fused;
  const auto answer = infer(source, Matrix<float>::build(3, 8, inputs), options);
  for (Index j = 0; j < 8; ++j) CHECK(answer.Y.at(0, j) == 2.f);
  CHECK(answer.profile.layers[0].neurons_computed == 1);
  CHECK(answer.profile.layers[0].entries == 32);
  CHECK(answer.profile.layers[0].samples_computed == 8);
  CHECK(answer.profile.layers[8].samples_computed == 1);  // a pass later
  CHECK(answer.profile.layers[8].live_samples == 8);
  options.reduce = false;
  const auto plain = infer(source, Matrix<float>::build(3, 8, inputs), options);
  CHECK(plain.profile.layers[0].neurons_computed == 4);
  CHECK(plain.profile.layers[8].samples_computed == 8);
}

TEST_CASE("a layer that a plan does not suit is refused by plan and layer") {
  const auto last = std::make_shared<const Layer<float>>(
      Matrix<float>::diagonal(std::vector<float>{1}), std::vector<float>{1},
      LayerRules<float>{.activation = Activation::none});
  const Network<float> network({one_neuron(), last});
  InferenceOptions options;
  options.plan = Plan::fused;
  CHECK_THROWS_WITH_AS(
      infer(network, Matrix<float>(1, 1), options),
      doctest::Contains("plan fused does not suit layer 1: it is all steps in one"), Error);
}

TEST_CASE_TEMPLATE("columns of a block move side by side, also within it", T, float, double,
                   std::int32_t, std::int64_t) {
  std::mt19937_64 random(12);
  for (const auto& version : all_kernels<T>()) {
    for (const Index columns : {1, 15, 16, 17, 64, 65, 130}) {
      for (const Index of_100 : {0, 5, 50, 95, 100}) {
        Block<T> block(7, columns);
        std::vector<std::uint64_t> marks(columns / 64 + 1, 0);
        std::vector<Index> kept;
        for (Index j = 0; j < columns; ++j) {
          for (Index i = 0; i < 7; ++i) block.row(i)[j] = static_cast<T>(1 + 1000 * i + j);
          if (random() % 100 >= of_100) continue;
          marks[j / 64] |= std::uint64_t{1} << j % 64;
          kept.push_back(j);
        }
        for (const bool padded : {false, true}) {
          for (const bool within : {false, true}) {
            Block<T> copy(7, columns);
            std::copy_n(block.row(0), 7 * block.stride(), copy.row(0));
            Block<T> narrow;
            narrow.reshape(7, kept.size(), padded);
            T* const to = within ? copy.row(0) : narrow.row(0);
            const Index stride = narrow.stride();
            version.select_columns(
                {marks.data(), 7, copy.row(0), copy.stride(), to, stride, stride});
            for (Index i = 0; i < 7; ++i) {
              for (Index j = 0; j < stride; ++j) {
                REQUIRE(to[i * stride + j] ==
                        (j < kept.size() ? static_cast<T>(1 + 1000 * i + kept[j]) : T(0)));
              }
            }
            // Beside what others have written before.
            std::vector<T> wide(7 * (stride + 5), T(-1));
            version.select_columns(
                {marks.data(), 7, block.row(0), block.stride(), wide.data(), stride + 5, stride});
            for (Index i = 0; i < 7; ++i) {
              for (Index j = stride; j < stride + 5; ++j) {
                REQUIRE(wide[i * (stride + 5) + j] == T(-1));
              }
            }
          }
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("every version of the kernel gives the same bits", T, float, double,
                   std::int32_t, std::int64_t) {
  std::mt19937_64 random(11);
  const auto versions = all_kernels<T>();
  for (const Index columns : {1, 16, 17, 100, 128, 200}) {
    for (const int weights : {0, 1, 2}) {
      for (const bool wide : {false, true}) {
        Block<T> Y(20, columns);
        Y.fill_with_zeros();
        for (Index i = 0; i < 20; ++i) {
          for (Index j = 0; j < columns; ++j) {
            // Signed, and 0 often enough that sums cancel and rows are not fed.
            Y.row(i)[j] =
                random() % 2 == 0 ? T(0) : random_number<T>(random, Numbers::dyadic, -9, 9);
          }
        }
        std::vector<kernels::RowGroup> groups;
        std::vector<std::uint16_t> narrow_inputs;
        std::vector<std::uint32_t> wide_inputs;
        std::vector<T> weight;
        std::vector<kernels::RowRule<T>> rules;
        const auto bias_at = static_cast<kernels::BiasAt>(random() % 3);
        std::vector<std::vector<std::pair<Index, T>>> rows;
        for (int g = 0; g < 12; ++g) {
          const std::uint32_t together = weights == 0 ? 1u << random() % 4 : 1;
          std::vector<std::uint32_t> own;
          for (std::uint32_t k = 0; k < 20; ++k) {
            if (random() % 2 == 0) own.push_back(k);
          }
          groups.push_back({together, static_cast<std::uint32_t>(own.size())});
          narrow_inputs.insert(narrow_inputs.end(), own.begin(), own.end());
          wide_inputs.insert(wide_inputs.end(), own.begin(), own.end());
          const std::size_t first = rows.size();
          rows.resize(first + together);
          for (const std::uint32_t k : own) {
            for (std::size_t r = first; r < rows.size(); ++r) {
              weight.push_back(weights > 0 ? T(2)
                                           : random_number<T>(random, Numbers::dyadic, -4, 8));
              rows[r].emplace_back(k, weight.back());
            }
          }
          for (std::size_t r = first; r < rows.size(); ++r) {
            const bool rectifies = random() % 2 == 0;
            const auto neurons = static_cast<std::uint32_t>(1 + random() % 3);
            rules.push_back({random_number<T>(random, Numbers::dyadic, -9, 9),
                             rectifies ? T(0) : std::numeric_limits<T>::lowest(),
                             rectifies && random() % 2 == 0 ? T(5) : std::numeric_limits<T>::max(),
                             neurons, !rectifies && random() % 2 == 0});
          }
        }
        narrow_inputs.resize(narrow_inputs.size() + kernels::edges_ahead, 0);
        wide_inputs.resize(wide_inputs.size() + kernels::edges_ahead, 0);
        kernels::Work<T> work{};
        work.groups = groups.data();
        work.group_count = groups.size();
        work.wide_inputs = wide;
        work.inputs = wide ? static_cast<const void*>(wide_inputs.data()) : narrow_inputs.data();
        work.weights = weight.data();
        work.one_weight = weights > 0;
        work.sum_first = weights == 2;
        work.rules = rules.data();
        work.bias_at = bias_at;
        work.Y = Y.row(0);
        work.stride = Y.stride();
        std::vector<Block<T>> answers;
        for (const auto& kernel : versions) {
          answers.emplace_back(rows.size(), columns);
          work.next = answers.back().row(0);
          std::vector<EntryCounts<T>> entries(Y.stride() / Block<T>::lanes);
          work.entries = entries.data()->counts;
          kernel.run_layer(work);
          const Block<T>& made = answers.back();
          for (Index j = 0; j < Y.stride(); ++j) {
            std::uint32_t expected = 0;
            for (Index r = 0; r < rows.size(); ++r) {
              if (made.row(r)[j] != T(0) || rules[r].zero_is_entry) expected += rules[r].neurons;
            }
            REQUIRE(entries[j / Block<T>::lanes].counts[j % Block<T>::lanes] ==
                    static_cast<kernels::Whole<T>>(expected));
          }
        }
        for (Index r = 0; r < rows.size(); ++r) {
          for (Index j = 0; j < columns; ++j) {
            T sum = 0;
            bool fed = false;
            for (const auto& [k, value] : rows[r]) {
              sum += value * Y.row(k)[j];
              fed = fed || Y.row(k)[j] != T(0);
            }
            const bool gets = bias_at == kernels::BiasAt::everywhere || sum != T(0) ||
                              (bias_at == kernels::BiasAt::fed && fed && rules[r].bias > T(0));
            sum = gets ? sum + rules[r].bias : T(0);
            sum = std::min(std::max(sum, rules[r].low), rules[r].high);
            for (const auto& answer : answers) REQUIRE(answer.row(r)[j] == sum);
          }
        }
      }
    }
  }
}

TEST_CASE("tiles that have no live sample, from the beginning or later") {
  // Of four tiles of 8 samples, the first and the last are empty; the second dies in layer 2.
  Triples<float> inputs;
  for (Index sample = 8; sample < 24; ++sample) inputs.add(0, sample, sample < 16 ? 1.f : 3.f);
  const auto less = std::make_shared<const Layer<float>>(
      Matrix<float>::diagonal(std::vector<float>{1}), std::vector<float>{-0.5f});
  Network<float> network(std::vector(4, less));
  const LayerSource<float>& source = network;
  InferenceOptions options;
  options.plan = Plan::fused;
  options.tile = 8;
  for (const bool reduce : {true, false}) {
    options.reduce = reduce;
    const auto answer = infer(source, Matrix<float>::build(1, 32, inputs), options);
    CHECK(answer.Y.entries() == 8);
    for (Index sample = 16; sample < 24; ++sample) CHECK(answer.Y.at(0, sample) == 1.f);
    CHECK(answer.profile.layers[0].live_samples == 16);
    CHECK(answer.profile.layers[1].live_samples == 8);
  }
}

TEST_CASE("neurons that nobody reads are left out, and the answer stays the same") {
  // Output 1 of the first layer is read by nobody; the second sample lives in it alone.
  const auto same = one_neuron();
  Triples<float> first, second, inputs;
  first.add(0, 0, 1);
  first.add(1, 1, 1);
  first.add(2, 0, 2);
  second.add(0, 0, 1);
  second.add(0, 2, 1);
  inputs.add(0, 0, 1);
  inputs.add(1, 1, 1);
  Network<float> network({std::make_shared<const Layer<float>>(Matrix<float>::build(3, 2, first),
                                                               std::vector<float>(3, 0)),
                          std::make_shared<const Layer<float>>(Matrix<float>::build(1, 3, second),
                                                               std::vector<float>{0}),
                          same, same, same, same, same, same, same});
  const LayerSource<float>& source = network;
  InferenceOptions options;
  options.plan = Plan::fused;
  const auto reduced = infer(source, Matrix<float>::build(2, 2, inputs), options);
  CHECK(reduced.Y.entries() == 1);
  CHECK(reduced.Y.at(0, 0) == 3.f);
  CHECK(reduced.profile.layers[0].entries == 2);
  CHECK(reduced.profile.layers[0].live_samples == 1);
  CHECK(reduced.profile.layers[8].samples_computed == 1);  // a pass later
  options.reduce = false;
  const auto plain = infer(source, Matrix<float>::build(2, 2, inputs), options);
  CHECK(plain.Y.entries() == 1);
  CHECK(plain.Y.at(0, 0) == 3.f);
  CHECK(plain.profile.layers[0].entries == 3);
  CHECK(plain.profile.layers[0].live_samples == 2);
}

TEST_CASE("a sample that lives in unread neurons alone can be woken by a positive bias") {
  // Eight layers hand two neurons on, which is a pass; the ninth reads neuron 0 alone.
  const auto both = std::make_shared<const Layer<float>>(
      Matrix<float>::diagonal(std::vector<float>{1, 1}), std::vector<float>{0, 0},
      LayerRules<float>{.bias_on = BiasOn::live_samples});
  std::vector<std::shared_ptr<const Layer<float>>> layers(8, both);
  Triples<float> last, inputs;
  last.add(0, 0, 1);
  layers.push_back(std::make_shared<const Layer<float>>(Matrix<float>::build(1, 2, last),
                                                        std::vector<float>{3}, both->rules()));
  inputs.add(1, 0, 1);
  Network<float> network(layers);
  const LayerSource<float>& source = network;
  const Matrix<float> Y0 = Matrix<float>::build(2, 1, inputs);
  const auto is_woken = [](const Inference<float>& answer) {
    CHECK(answer.profile.layers[7].plan == Plan::fused);
    CHECK(answer.Y.at(0, 0) == 3.f);
  };
  is_woken(infer(source, Y0));
  is_woken(Engine<float>(network).infer(Y0));
}

TEST_CASE("an engine answers like the network") {
  std::mt19937_64 random(12);
  for (int n = 0; n < cases(20); ++n) {
    std::vector<std::shared_ptr<const Layer<float>>> layers;
    for (int l = 0; l < 12; ++l) {
      layers.push_back(repeating_layer<float>(random, 20, 20, 5, {}, 32.f, l != 3 || n % 2 == 0));
    }
    if (n % 4 == 0) {
      layers.push_back(std::make_shared<const Layer<float>>(
          Matrix<float>::diagonal(std::vector<float>(20, 1)), std::vector<float>(20, 0.5f)));
    }
    Network<float> network(layers);
    InferenceOptions options;
    for (const bool reduce : {true, false}) {
      options.reduce = reduce;
      const Engine<float> engine(network, options);
      CHECK(engine.prepared_layers() == layers.size());
      const Matrix<float> Y0 = repeating_samples<float>(random, 19, 1 + random() % 40, 0.7f);
      const auto expected = infer<float>(network, Y0, options);
      const auto got = engine.infer(Y0);
      CHECK(got.Y.compressed(Orientation::by_row).values ==
            expected.Y.compressed(Orientation::by_row).values);
      CHECK(got.Y.compressed(Orientation::by_row).indices ==
            expected.Y.compressed(Orientation::by_row).indices);
    }
  }
}

TEST_CASE("tiles that became sparse come back into blocks of classes") {
  // Outputs 2k and 2k + 1 read input 2k alone: they are one class, and half of the inputs are read
  // by nobody. Some samples have one such pair, which is little enough for a sparse tile.
  constexpr Index neurons = 200;
  Triples<float> weights, inputs;
  for (Index i = 0; i < neurons; ++i) weights.add(i, i / 2 * 2, 1);
  // One has no input, so that tiles packed from others have pieces of both kinds.
  for (Index sample = 1; sample < 32; ++sample) {
    const bool dense = sample / 8 % 2 == 1;
    for (Index i = 0; i < neurons; ++i) {
      if (dense || i == 2 * sample) inputs.add(i, sample, static_cast<float>(1 + sample));
    }
  }
  const auto layer = std::make_shared<const Layer<float>>(
      Matrix<float>::build(neurons, neurons, weights), std::vector<float>(neurons, 0));
  Network<float> network(std::vector(20, layer));
  const Matrix<float> Y0 = Matrix<float>::build(neurons, 32, inputs);
  for (const bool reduce : {false, true}) {
    InferenceOptions options;
    options.plan = Plan::fused;
    options.reduce = reduce;
    options.tile = 8;
    const auto is_right = [&](const Inference<float>& answer) {
      CHECK(answer.Y.entries() == 16 * neurons + 15 * 2);
      for (Index sample = 1; sample < 32; ++sample) {
        CHECK(answer.Y.at(2 * sample + 1, sample) == static_cast<float>(1 + sample));
      }
      CHECK(answer.profile.layers[19].live_samples == 31);
    };
    is_right(infer(network, Y0, options));
    is_right(Engine<float>(network, options).infer(Y0));
  }
}
