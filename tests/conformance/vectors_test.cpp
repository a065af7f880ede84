// The test vectors themselves: truth by hand, bounds that hold, files that read back, and our own
// engine on all of them.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "oscillon/inference/inference.hpp"
#include "oscillon/io/bundle.hpp"
#include "oscillon/solutions/rational.hpp"
#include "tests/error_of.hpp"
#include "tests/temporary_folder.hpp"
#include "verify/conformance/judge.hpp"

using namespace oscillon;
using namespace oscillon::conformance;
using namespace oscillon::testing;

namespace {

TestVector vector_named(const std::string& name) {
  for (const TestVector& vector : test_vectors()) {
    if (vector.name == name) return vector;
  }
  FAIL("there is no vector " << name);
  return {};
}

using Table = std::vector<std::vector<double>>;

// The expected output at fp32, 0 where there is no entry.
Table expected(const std::string& name) {
  const auto prepared = prepare(vector_named(name), ValueType::fp32);
  REQUIRE(prepared);
  Table table;
  for (const ExactSample& sample : prepared->expected) {
    table.emplace_back();
    for (const auto& value : sample) table.back().push_back(value ? value->get_d() : 0);
  }
  return table;
}

// One pass with every sum in a random order, each step rounded to the precision.
std::vector<std::optional<double>> shuffled_pass(const ExactLayer& layer,
                                                 const std::vector<std::optional<double>>& y,
                                                 ValueType precision, std::mt19937_64& random) {
  std::vector<std::optional<double>> next(layer.outputs.size());
  for (std::size_t i = 0; i < next.size(); ++i) {
    std::vector<double> terms;
    for (const auto& edge : layer.outputs[i]) {
      if (!y[edge.input]) continue;
      terms.push_back(rounded(precision, edge.weight.get_d() * *y[edge.input]));
    }
    if (terms.empty()) continue;
    terms.push_back(layer.bias[i].get_d());
    std::shuffle(terms.begin(), terms.end(), random);
    double sum = terms.front();
    for (std::size_t t = 1; t < terms.size(); ++t) sum = rounded(precision, sum + terms[t]);
    if (sum <= 0) continue;
    next[i] = layer.cap ? std::min(sum, layer.cap->get_d()) : sum;
  }
  return next;
}

// Our own engine on a prepared vector, as T.
template <class T>
Table answer_of_engine(const TestVector& vector, const PreparedVector& prepared, Plan plan) {
  std::vector<std::shared_ptr<const Layer<T>>> layers;
  for (const ExactLayer& layer : prepared.layers) {
    Triples<T> weights;
    for (std::size_t i = 0; i < layer.outputs.size(); ++i) {
      for (const auto& edge : layer.outputs[i]) {
        weights.add(i, edge.input, static_cast<T>(nearest_double(edge.weight)));
      }
    }
    std::vector<T> bias;
    for (const mpq_class& b : layer.bias) bias.push_back(static_cast<T>(nearest_double(b)));
    layers.push_back(std::make_shared<const Layer<T>>(
        Matrix<T>::build(layer.outputs.size(), layer.inputs, weights), std::move(bias),
        LayerRules<T>{.cap = layer.cap ? std::optional(static_cast<T>(nearest_double(*layer.cap)))
                                       : std::nullopt,
                      .bias_on = vector.bias_on}));
  }
  Network<T> network(std::move(layers));
  Triples<T> inputs;
  for (std::size_t s = 0; s < prepared.samples.size(); ++s) {
    for (std::size_t k = 0; k < prepared.samples[s].size(); ++k) {
      const auto& value = prepared.samples[s][k];
      if (value) inputs.add(k, s, static_cast<T>(nearest_double(*value)));
    }
  }
  InferenceOptions options;
  options.plan = plan;
  const LayerSource<T>& source = network;
  const auto Y =
      infer(source, Matrix<T>::build(network.inputs(), prepared.samples.size(), inputs), options)
          .Y.triples();
  Table table(prepared.samples.size(), std::vector<double>(network.outputs(), 0));
  for (std::size_t p = 0; p < Y.size(); ++p) {
    table[Y.columns[p]][Y.rows[p]] = static_cast<double>(Y.values[p]);
  }
  return table;
}

StoredVector stored(const TestVector& vector, const PreparedVector& prepared) {
  StoredVector made;
  made.name = vector.name;
  made.precision = prepared.precision;
  made.exact = vector.exact;
  made.samples.resize(prepared.samples.size());
  made.layers.resize(1);
  made.layers.front().outputs.resize(prepared.layers.back().outputs.size());
  made.bounds = prepared.bounds;
  for (const ExactSample& sample : prepared.expected) {
    made.expected.emplace_back();
    for (const auto& value : sample) {
      made.expected.back().push_back(value ? nearest_double(*value) : 0);
    }
  }
  return made;
}

}  // namespace

TEST_CASE("truth by hand") {
  // 1 x0 + 1 x1 - 1 and 2 x1.
  CHECK(expected("two-neurons") == Table{{1, 2}, {0, 0}, {1, 4}, {2, 0}});
  // 5 - 6, 5 - 5, 5 - 4; then of 4 none; then of 6 all but the first.
  CHECK(expected("bias-edges") == Table{{0, 0, 1}, {0, 0, 0}, {0, 1, 2}});
  // 3 - 3 + 2; nothing reaches the first neuron of the second sample.
  CHECK(expected("cancellation") == Table{{2, 0}, {0, 3}, {0, 0}, {5, 4}});
  CHECK(expected("cap") == Table{{7}, {8}, {8}, {8}});
  CHECK(expected("no-cap") == Table{{32, 61}, {33, 59}, {100, 77}});
  // 2 x0 + x1 and x1, capped at 4; then y0 - 3 and y0 + y1 - 2, capped at 4.
  CHECK(expected("cap-each-layer") == Table{{1, 2}, {0, 2}, {1, 4}});
  CHECK(expected("cap-after-bias") == Table{{5, 8}, {0, 8}, {0, 7}});
  // The first is empty, the second dies in layer 1 at 1 - 2 and 2 - 2, the fourth too.
  CHECK(expected("dead-samples") == Table{{0, 0}, {0, 0}, {4, 0}, {0, 0}, {8, 5}});
  CHECK(expected("positive-bias") == Table{{2, 0, 0}, {0, 4, 5}, {0, 0, 7}, {0, 0, 0}});
  CHECK(expected("no-weights") == Table{{0, 0}, {0, 0}});
}

TEST_CASE("every vector suits fp32 and fp64, but where that is its point; names are distinct") {
  std::set<std::string> names;
  for (const TestVector& vector : test_vectors()) {
    CHECK_MESSAGE(names.insert(vector.name).second, vector.name);
    CHECK_MESSAGE(prepare(vector, ValueType::fp64), vector.name);
    if (vector.name != "finer-sums") CHECK_MESSAGE(prepare(vector, ValueType::fp32), vector.name);
    CHECK_MESSAGE(!vector.about.empty(), vector.name);
  }
  CHECK(!prepare(vector_named("finer-sums"), ValueType::fp32));
  CHECK(!prepare(vector_named("wide-200"), ValueType::int8));
  CHECK(prepare(vector_named("wide-2000"), ValueType::fp16));
  CHECK(!prepare(vector_named("wide-5000"), ValueType::fp16));
}

TEST_CASE("every order of rounding sums is exact where promised, and within bounds elsewhere" *
          doctest::test_suite("slow")) {
  std::mt19937_64 random(9);
  for (const TestVector& vector : test_vectors()) {
    if (vector.must_be_refused || vector.bias_on != BiasOn::stored) continue;
    for (const ValueType precision :
         {ValueType::fp64, ValueType::fp32, ValueType::fp16, ValueType::bf16}) {
      const auto prepared = prepare(vector, precision);
      if (!prepared) continue;
      const std::size_t samples = std::min<std::size_t>(prepared->samples.size(), 12);
      for (std::size_t s = 0; s < samples; ++s) {
        std::vector<std::optional<double>> y;
        for (const auto& value : prepared->samples[s]) {
          y.push_back(value ? std::optional(value->get_d()) : std::nullopt);
        }
        for (const ExactLayer& layer : prepared->layers) {
          y = shuffled_pass(layer, y, precision, random);
        }
        bool right = true;
        for (std::size_t i = 0; i < y.size(); ++i) {
          const mpq_class off =
              abs(mpq_class(y[i].value_or(0)) - prepared->expected[s][i].value_or(mpq_class(0)));
          right = right && off <= (vector.exact ? 0 : mpq_class(prepared->bounds[s][i]));
        }
        CHECK_MESSAGE(right, vector.name << " at " << name_of(precision) << ", sample " << s + 1);
      }
    }
  }
}

TEST_CASE("bounds are of the size of the rounding, not a licence") {
  for (const char* name : {"decimals", "random-decimals", "words-perturbed-decimal"}) {
    const auto prepared = prepare(vector_named(name), ValueType::fp32);
    double most = 0;
    for (std::size_t s = 0; s < prepared->bounds.size(); ++s) {
      for (std::size_t i = 0; i < prepared->bounds[s].size(); ++i) {
        if (!prepared->expected[s][i]) continue;
        most = std::max(most, prepared->bounds[s][i] / prepared->expected[s][i]->get_d());
      }
    }
    CHECK_MESSAGE(most > 1e-8, name);
    CHECK_MESSAGE(most < 1e-2, name);
  }
}

TEST_CASE("our own engine passes every vector in every type and plan" *
          doctest::test_suite("slow")) {
  for (const TestVector& vector : test_vectors()) {
    if (vector.must_be_refused) continue;
    const auto check = [&]<class T>(ValueType precision) {
      const auto prepared = prepare(vector, precision);
      if (!prepared) return;
      for (const Plan plan : {Plan::semiring, Plan::automatic}) {
        const Judgement judgement =
            judge_answer(stored(vector, *prepared), answer_of_engine<T>(vector, *prepared, plan));
        CHECK_MESSAGE(judgement.verdict == Verdict::pass, vector.name << ": " << judgement.detail);
      }
    };
    check.operator()<float>(ValueType::fp32);
    check.operator()<double>(ValueType::fp64);
    check.operator()<std::int32_t>(ValueType::int32);
  }
}

TEST_CASE("the folder: the same bytes each time, all formats alike, whole or not at all" *
          doctest::test_suite("slow")) {
  const TemporaryFolder folder;
  VectorsOptions options;
  options.precisions = {ValueType::fp16, ValueType::fp32};
  options.cases = {"lopsided", "cap", "decimals", "duplicate-weight"};
  const VectorsMade made = write_vectors(folder.at("a"), options);
  CHECK(made.cases == 4);
  CHECK(made.vectors == 8);
  write_vectors(folder.at("b"), options);
  REQUIRE(std::system(("diff -r " + folder.at("a") + " " + folder.at("b")).c_str()) == 0);
  CHECK(contents_of(folder.at("a/README.txt")) == readme_text());
  verify_files(folder.at("a"), listed_vectors(folder.at("a")));
  const auto tsv = read_answer(folder.at("a/lopsided/fp32/tsv/input.tsv"), 3, 3);
  CHECK(tsv == Table{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
  CHECK(read_answer(folder.at("a/lopsided/fp32/mtx/input.mtx"), 3, 3) == tsv);
  CHECK(read_answer(folder.at("a/lopsided/fp16/npz/input.npz"), 3, 3) == tsv);
  // The weights' row is the input: neuron 2 feeds neuron 1 with 2.
  CHECK(read_answer(folder.at("a/lopsided/fp32/tsv/weights-1.tsv"), 3, 3)[1][0] == 2);
  CHECK(read_answer(folder.at("a/lopsided/fp32/npz/weights-1.npz"), 3, 3)[1][0] == 2);
  const Network<float> bundle =
      read_bundle_network<float>(folder.at("a/lopsided/fp16/bundle/network.safetensors"));
  CHECK(bundle.at(0).weights().at(0, 1) == 2.f);
  CHECK(contents_of(folder.at("a/cap/fp16/tsv/network.txt")) ==
        "precision fp16\nlayers 1\nsamples 4\ncap 8\nbias_on stored\nlayer 1 inputs 2 outputs 1 "
        "weights 2\n");
  CHECK(contents_of(folder.at("a/cap/fp32/categories.tsv")) == "1\n2\n3\n4\n");
  CHECK(contents_of(folder.at("a/duplicate-weight/fp32/tsv/weights-1.tsv")) ==
        "1\t1\t2\n1\t1\t2\n2\t1\t1\n2\t2\t1\n");
  CHECK(!std::filesystem::exists(folder.at("a/cap/fp32/bounds.tsv")));
  CHECK(std::filesystem::exists(folder.at("a/decimals/fp32/bounds.tsv")));

  CHECK(error_of([&] { write_vectors(folder.at("a"), options); }) ==
        "cannot create " + folder.at("a") + ": it is there already");
  options.cases = {"no-such"};
  CHECK(fails_with(Fault::usage, [&] { write_vectors(folder.at("c"), options); }));
  CHECK(folder.files() == 2);
}

TEST_CASE("a damaged file of the folder is found before anything is judged") {
  const TemporaryFolder folder;
  VectorsOptions options;
  options.precisions = {ValueType::fp32};
  options.cases = {"cap", "no-cap"};
  options.formats = {file_format_from_name("tsv")};
  write_vectors(folder.at("v"), options);
  folder.write("v/cap/fp32/tsv/input.tsv", "1\t1\t7\n");
  JudgeOptions other;
  other.cases = {"no-cap"};
  CHECK(judge_results(folder.at("v"), folder.path(), other).failed() == 1);  // that is whole
  CHECK(
      error_of([&] { judge_results(folder.at("v"), folder.path()); })
          .ends_with("cap/fp32/tsv/input.tsv: error: the file is not as it was made: its checksum "
                     "is another"));
}
