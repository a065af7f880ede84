#include "verify/conformance/simulate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace oscillon::conformance {

namespace {

using Layer = oracle::PlainLayer<double>;
using Sample = oracle::PlainSample<double>;

enum class Cap { after_each, never, at_the_end, before_bias, at_32, also_at_32 };
enum class Relu { positive, keeps_zeros, never, at_the_end };
enum class Bias { as_asked, stored, live_samples, every_sample, never, negated };

// How inference is done; by default, rightly.
struct Rules {
  Cap cap = Cap::after_each;
  Relu relu = Relu::positive;
  Bias bias = Bias::as_asked;
  bool overwrites = false;               // a neuron takes its last product instead of the sum
  std::optional<ValueType> accumulator;  // sums round to this after every step
};

// A value, and how far off a right engine of that kind may be. Not there: no entry.
struct Value {
  double value = 0;
  double slack = 0;
};
using Values = std::vector<std::optional<Value>>;

double unit_roundoff(ValueType precision) {
  return std::ldexp(1.0, -precision_of(precision));
}

// One sum; in an accumulator of few bits it rounds at each step.
double added(double a, double b, const Rules& rules) {
  return rules.accumulator ? rounded(*rules.accumulator, a + b) : a + b;
}

Values pass(const Layer& layer, const Values& y, const StoredVector& vector, const Rules& rules,
            bool last) {
  const bool live = std::any_of(y.begin(), y.end(), [](const auto& v) { return v.has_value(); });
  const Bias bias = rules.bias != Bias::as_asked             ? rules.bias
                    : vector.bias_on == BiasOn::live_samples ? Bias::live_samples
                                                             : Bias::stored;
  const double u = vector.exact ? 0 : unit_roundoff(vector.precision);
  Values next(layer.outputs.size());
  for (std::size_t i = 0; i < next.size(); ++i) {
    std::optional<Value> z;
    double size = std::abs(layer.bias[i]), terms = 1;
    for (const auto& edge : layer.outputs[i]) {
      if (!y[edge.input]) continue;
      const double product = edge.weight * y[edge.input]->value;
      if (!z) z = Value{};
      z->value = rules.overwrites ? product : added(z->value, product, rules);
      z->slack += std::abs(edge.weight) * y[edge.input]->slack;
      size += std::abs(product);
      terms += 1;
    }
    if (rules.cap == Cap::before_bias && z && layer.cap) z->value = std::min(z->value, *layer.cap);
    const bool reaches = z || bias == Bias::every_sample || (bias == Bias::live_samples && live);
    if (reaches && bias != Bias::never) {
      if (!z) z = Value{};
      z->value = added(z->value, bias == Bias::negated ? -layer.bias[i] : layer.bias[i], rules);
    }
    if (!z) continue;
    z->slack += 2 * terms * u * size;
    const bool rectifies = rules.relu != Relu::never && (rules.relu != Relu::at_the_end || last);
    const bool stays = rules.relu == Relu::keeps_zeros ? z->value >= 0 : z->value > 0;
    if (rectifies && !stays) continue;
    const bool caps = rules.cap == Cap::after_each || rules.cap == Cap::also_at_32 ||
                      (rules.cap == Cap::at_the_end && last);
    if (caps && layer.cap) z->value = std::min(z->value, *layer.cap);
    if (rules.cap == Cap::at_32 || rules.cap == Cap::also_at_32)
      z->value = std::min(z->value, 32.0);
    next[i] = z;
  }
  return next;
}

Answer infer(const StoredVector& vector, const Rules& rules) {
  Answer answer;
  for (const Sample& sample : vector.samples) {
    Values y(sample.size());
    for (std::size_t k = 0; k < sample.size(); ++k) {
      if (sample[k]) y[k] = Value{*sample[k], 0};
    }
    for (std::size_t l = 0; l < vector.layers.size(); ++l) {
      y = pass(vector.layers[l], y, vector, rules, l + 1 == vector.layers.size());
    }
    answer.values.emplace_back();
    answer.slack.emplace_back();
    for (const auto& value : y) {
      answer.values.back().push_back(value ? value->value : 0);
      answer.slack.back().push_back(value ? value->slack : 0);
    }
  }
  return answer;
}

// The answer by rules of which one differs.
template <auto field, auto value>
std::optional<Answer> with(const StoredVector& vector) {
  Rules rules;
  rules.*field = value;
  return infer(vector, rules);
}

// Sums in a narrower type: any order of rounding, so wide slack wherever they round at all.
template <ValueType type>
std::optional<Answer> with_accumulator(const StoredVector& vector) {
  if (!is_floating(vector.precision) || precision_of(vector.precision) <= precision_of(type)) {
    return std::nullopt;
  }
  Rules rules;
  rules.accumulator = type;
  Answer answer = infer(vector, rules);
  for (std::size_t s = 0; s < answer.values.size(); ++s) {
    for (std::size_t i = 0; i < answer.values[s].size(); ++i) {
      const double off = std::abs(answer.values[s][i] - vector.expected[s][i]);
      answer.slack[s][i] += off + 64 * unit_roundoff(type) * (off > 0 ? vector.expected[s][i] : 0);
    }
  }
  return answer;
}

// The answer rightly worked out from layers and samples that were misread.
template <class Misread>
std::optional<Answer> misread(const StoredVector& vector, Misread&& change) {
  StoredVector changed = vector;
  change(changed);
  return infer(changed, {});
}

std::optional<Answer> transposed_weights(const StoredVector& vector) {
  for (const Layer& layer : vector.layers) {
    if (layer.inputs != layer.outputs.size()) return std::nullopt;
  }
  return misread(vector, [](StoredVector& changed) {
    for (Layer& layer : changed.layers) {
      std::vector<std::vector<oracle::Edge<double>>> turned(layer.inputs);
      for (std::size_t i = 0; i < layer.outputs.size(); ++i) {
        for (const auto& edge : layer.outputs[i]) turned[edge.input].push_back({i, edge.weight});
      }
      layer.outputs = std::move(turned);
    }
  });
}

// An index that is off by `by`; what leaves the range is lost.
std::optional<std::size_t> moved(std::size_t index, int by, std::size_t count) {
  const auto to = static_cast<std::ptrdiff_t>(index) + by;
  if (to < 0 || to >= static_cast<std::ptrdiff_t>(count)) return std::nullopt;
  return static_cast<std::size_t>(to);
}

template <int by>
std::optional<Answer> moved_inputs(const StoredVector& vector) {
  return misread(vector, [](StoredVector& changed) {
    for (Sample& sample : changed.samples) {
      Sample shifted(sample.size());
      for (std::size_t k = 0; k < sample.size(); ++k) {
        if (const auto to = moved(k, by, sample.size())) shifted[*to] = sample[k];
      }
      sample = std::move(shifted);
    }
  });
}

template <int by>
std::optional<Answer> moved_rows_of_weights(const StoredVector& vector) {
  return misread(vector, [](StoredVector& changed) {
    for (Layer& layer : changed.layers) {
      for (auto& edges : layer.outputs) {
        std::vector<oracle::Edge<double>> shifted;
        for (const auto& edge : edges) {
          if (const auto to = moved(edge.input, by, layer.inputs))
            shifted.push_back({*to, edge.weight});
        }
        edges = std::move(shifted);
      }
    }
  });
}

template <int by>
std::optional<Answer> moved_columns_of_weights(const StoredVector& vector) {
  return misread(vector, [](StoredVector& changed) {
    for (Layer& layer : changed.layers) {
      std::vector<std::vector<oracle::Edge<double>>> shifted(layer.outputs.size());
      for (std::size_t i = 0; i < shifted.size(); ++i) {
        if (const auto to = moved(i, by, shifted.size())) shifted[*to] = layer.outputs[i];
      }
      layer.outputs = std::move(shifted);
    }
  });
}

template <int by>
std::optional<Answer> moved_bias(const StoredVector& vector) {
  return misread(vector, [](StoredVector& changed) {
    for (Layer& layer : changed.layers) {
      std::vector<double> shifted(layer.bias.size(), 0);
      for (std::size_t i = 0; i < shifted.size(); ++i) {
        if (const auto to = moved(i, by, shifted.size())) shifted[*to] = layer.bias[i];
      }
      layer.bias = std::move(shifted);
    }
  });
}

template <int by>
std::optional<Answer> moved_outputs(const StoredVector& vector) {
  Answer answer = infer(vector, {});
  for (auto* table : {&answer.values, &answer.slack}) {
    for (std::vector<double>& row : *table) {
      std::vector<double> shifted(row.size(), 0);
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (const auto to = moved(i, by, row.size())) shifted[*to] = row[i];
      }
      row = std::move(shifted);
    }
  }
  return answer;
}

template <int by>
std::optional<Answer> moved_samples(const StoredVector& vector) {
  Answer answer = infer(vector, {});
  for (auto* table : {&answer.values, &answer.slack}) {
    std::vector<std::vector<double>> shifted(table->size(),
                                             std::vector<double>(vector.outputs(), 0));
    for (std::size_t s = 0; s < table->size(); ++s) {
      if (const auto to = moved(s, by, table->size())) shifted[*to] = (*table)[s];
    }
    *table = std::move(shifted);
  }
  return answer;
}

std::optional<Answer> weights_as_ones(const StoredVector& vector) {
  return misread(vector, [](StoredVector& changed) {
    for (Layer& layer : changed.layers) {
      for (auto& edges : layer.outputs) {
        for (auto& edge : edges) edge.weight = 1;
      }
    }
  });
}

std::optional<Answer> whole_weights(const StoredVector& vector) {
  return misread(vector, [](StoredVector& changed) {
    for (Layer& layer : changed.layers) {
      for (auto& edges : layer.outputs) {
        for (auto& edge : edges) edge.weight = std::trunc(edge.weight);
      }
      for (double& bias : layer.bias) bias = std::trunc(bias);
    }
  });
}

std::optional<Answer> without_a_layer(const StoredVector& vector, bool first) {
  if (vector.layers.size() < 2) return std::nullopt;
  const Layer& left_out = first ? vector.layers.front() : vector.layers.back();
  if (left_out.inputs != left_out.outputs.size()) return std::nullopt;
  return misread(vector, [&](StoredVector& changed) {
    changed.layers.erase(first ? changed.layers.begin() : changed.layers.end() - 1);
  });
}

std::optional<Answer> without_first_layer(const StoredVector& vector) {
  return without_a_layer(vector, true);
}
std::optional<Answer> without_last_layer(const StoredVector& vector) {
  return without_a_layer(vector, false);
}

// The last line of a file sorted by row is the last input's last weight, or the last sample's last
// feature.
std::optional<Answer> last_weight_lost(const StoredVector& vector) {
  return misread(vector, [](StoredVector& changed) {
    for (Layer& layer : changed.layers) {
      std::size_t input = 0, output = 0;
      bool any = false;
      for (std::size_t i = 0; i < layer.outputs.size(); ++i) {
        if (layer.outputs[i].empty() || (any && layer.outputs[i].back().input < input)) continue;
        any = true;
        input = layer.outputs[i].back().input;
        output = i;
      }
      if (any) layer.outputs[output].pop_back();
    }
  });
}

std::optional<Answer> last_input_lost(const StoredVector& vector) {
  return misread(vector, [](StoredVector& changed) {
    for (std::size_t s = changed.samples.size(); s-- > 0;) {
      for (std::size_t k = changed.samples[s].size(); k-- > 0;) {
        if (!changed.samples[s][k]) continue;
        changed.samples[s][k].reset();
        return;
      }
    }
  });
}

}  // namespace

const std::vector<RuleBreak>& rule_breaks() {
  static const std::vector<RuleBreak> all{
      {"bias-on-dead-samples", "the bias is added to samples that have no entry",
       with<&Rules::bias, Bias::every_sample>},
      {"bias-on-missing-entries",
       "the bias is added to neurons of live samples that W Y has no entry for",
       with<&Rules::bias, Bias::live_samples>},
      {"bias-on-stored-only",
       "the bias is added to stored entries alone, where every neuron of a live sample was asked "
       "for",
       with<&Rules::bias, Bias::stored>},
      {"bias-forgotten", "no bias is added", with<&Rules::bias, Bias::never>},
      {"bias-negated", "the bias is subtracted", with<&Rules::bias, Bias::negated>},
      {"missing-cap", "the cap is not applied", with<&Rules::cap, Cap::never>},
      {"cap-at-the-end", "the cap is applied to the last layer alone",
       with<&Rules::cap, Cap::at_the_end>},
      {"cap-before-bias", "the cap is applied before the bias",
       with<&Rules::cap, Cap::before_bias>},
      {"cap-of-32", "values are capped at 32, whatever the cap", with<&Rules::cap, Cap::at_32>},
      {"cap-of-32-too", "values are capped at 32 where there is no cap",
       with<&Rules::cap, Cap::also_at_32>},
      {"zeros-kept", "ReLU keeps what is >= 0 instead of > 0: zeros stay as entries and get a bias",
       with<&Rules::relu, Relu::keeps_zeros>},
      {"relu-forgotten", "negative sums are handed on", with<&Rules::relu, Relu::never>},
      {"relu-at-the-end", "ReLU is applied to the last layer alone",
       with<&Rules::relu, Relu::at_the_end>},
      {"transposed-weights", "weights are used transposed", transposed_weights},
      {"off-by-one-inputs", "the neuron numbers of the input are read one too high",
       moved_inputs<1>},
      {"off-by-one-inputs-low", "the neuron numbers of the input are read one too low",
       moved_inputs<-1>},
      {"off-by-one-weight-rows", "the row numbers of weights are read one too high",
       moved_rows_of_weights<1>},
      {"off-by-one-weight-rows-low", "the row numbers of weights are read one too low",
       moved_rows_of_weights<-1>},
      {"off-by-one-weight-columns", "the column numbers of weights are read one too high",
       moved_columns_of_weights<1>},
      {"off-by-one-weight-columns-low", "the column numbers of weights are read one too low",
       moved_columns_of_weights<-1>},
      {"off-by-one-bias", "the neuron numbers of the bias are read one too high", moved_bias<1>},
      {"off-by-one-bias-low", "the neuron numbers of the bias are read one too low",
       moved_bias<-1>},
      {"off-by-one-outputs", "the neuron numbers of the output are one too high", moved_outputs<1>},
      {"off-by-one-outputs-low", "the neuron numbers of the output are one too low",
       moved_outputs<-1>},
      {"off-by-one-samples", "the sample numbers of the output are one too high", moved_samples<1>},
      {"off-by-one-samples-low", "the sample numbers of the output are one too low",
       moved_samples<-1>},
      {"last-product-wins", "a neuron takes its last product instead of the sum",
       with<&Rules::overwrites, true>},
      {"weights-as-ones", "weights are taken for 1", weights_as_ones},
      {"whole-numbers", "weights and biases are cut to whole numbers", whole_weights},
      {"first-layer-skipped", "the first layer is left out", without_first_layer},
      {"last-layer-skipped", "the last layer is left out", without_last_layer},
      {"last-weight-lost", "the last line of each file of weights is lost", last_weight_lost},
      {"last-input-lost", "the last line of the input is lost", last_input_lost},
      {"float16-accumulation", "sums are kept in fp16", with_accumulator<ValueType::fp16>},
      {"bfloat16-accumulation", "sums are kept in bf16", with_accumulator<ValueType::bf16>},
      {"float32-accumulation", "sums are kept in fp32", with_accumulator<ValueType::fp32>}};
  return all;
}

std::optional<std::string> duplicate_rule(const StoredVector& vector,
                                          const std::vector<std::vector<double>>& values) {
  // The entry stands twice with one value, so the first and the last are the same.
  StoredVector summed = vector;
  for (auto& edges : summed.layers.front().outputs) {
    for (auto& edge : edges) {
      if (edge.input == 0) {
        edge.weight *= 2;
        if (infer(summed, {}).values == values) return "sums entries that stand twice";
        return infer(vector, {}).values == values
                   ? std::optional<std::string>("keeps one of the entries that stand twice")
                   : std::nullopt;
      }
    }
  }
  return std::nullopt;
}

}  // namespace oscillon::conformance
