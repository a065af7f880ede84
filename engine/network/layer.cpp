#include "oscillon/network/layer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "engine/base/checksum.hpp"

namespace oscillon {

namespace {

template <NetworkValue T>
bool is_finite(T value) {
  if constexpr (std::is_floating_point_v<T>) return std::isfinite(value);
  return true;
}

}  // namespace

template <NetworkValue T>
Layer<T>::Layer(Matrix<T> weights, std::vector<T> bias, LayerRules<T> rules)
    : Layer(weights.compressed(Orientation::by_column), std::move(bias), std::move(rules)) {
  if (weights.orientation() != Orientation::by_column) return;
  std::call_once(weights_made_, [&] {
    weights_ = std::move(weights);
    weights_.keep_sparse();
    weights_.finish();
  });
}

template <NetworkValue T>
Layer<T>::Layer(const Compressed<T>& weights, std::vector<T> bias, LayerRules<T> rules)
    : rows_(weights), bias_(std::move(bias)), rules_(std::move(rules)) {
  if (rows_.outputs() != bias_.size()) {
    throw ShapeError("a layer with weights of " + std::to_string(rows_.outputs()) + " x " +
                     std::to_string(rows_.inputs()) + " needs as many biases as outputs, not " +
                     std::to_string(bias_.size()));
  }
  for (T& b : bias_) b = b == T(0) ? T(0) : b;
  require_rules();
  find_bounds();
}

template <NetworkValue T>
const Matrix<T>& Layer<T>::weights() const {
  std::call_once(weights_made_, [this] {
    Matrix<T> made = Matrix<T>::from_compressed(rows_.columns());
    made.keep_sparse();
    made.finish();
    weights_ = std::move(made);
  });
  return weights_;
}

template <NetworkValue T>
void Layer<T>::require_rules() const {
  const auto require_one_or_each = [&](std::size_t values, bool is_one, const char* what) {
    if (is_one || values == outputs()) return;
    throw ShapeError("a layer with weights of " + std::to_string(rows_.outputs()) + " x " +
                     std::to_string(rows_.inputs()) + " needs one " + what +
                     ", or as many as outputs, not " + std::to_string(values));
  };
  require_one_or_each(rules_.cap.values().size(), rules_.cap.is_one(), "cap");
  require_one_or_each(rules_.activation.values().size(), rules_.activation.is_one(), "activation");
  for (Index i = 0; i < outputs(); ++i) {
    const std::optional<T> cap = rules_.cap[i];
    if (!cap) {
      if (rules_.cap.is_one()) break;
      continue;
    }
    if (!(*cap > T(0) && is_finite(*cap))) {
      throw Error(Fault::bad_data,
                  "the cap of a layer must be positive and finite, not " + std::to_string(*cap));
    }
    if (rules_.activation[i] != Activation::relu) {
      throw Error(Fault::bad_data, "a cap goes with the activation relu, not with " +
                                       std::string(name_of(rules_.activation[i])) + ": output " +
                                       std::to_string(i) + " (counted from 0) has both");
    }
    if (rules_.cap.is_one() && rules_.activation.is_one()) break;
  }
  if (rules_.product != Product::max_plus) return;
  if (rules_.bias_on == BiasOn::nonzero || rules_.bias_on == BiasOn::live_samples) {
    throw Error(Fault::bad_data,
                "a product over max-plus, where 0 is a number like others, goes with the bias "
                "rules stored and every-sample, not with " +
                    std::string(name_of(rules_.bias_on)));
  }
  if (rules_.bias_on != BiasOn::every_sample) return;
  for (Index i = 0; i < outputs(); ++i) {
    if (rows_.offsets()[i] != rows_.offsets()[i + 1]) continue;
    throw Error(Fault::bad_data, "output " + std::to_string(i) +
                                     " (counted from 0) has no weights: there is no maximum over "
                                     "none, which every sample would need");
  }
}

// Checks the numbers, and finds the bounds.
template <NetworkValue T>
void Layer<T>::find_bounds() {
  const bool adds = rules_.product == Product::plus_times;
  const auto values = rows_.values();
  double greatest_weight = 0;
  for (Index i = 0; i < outputs(); ++i) {
    const Index begin = rows_.offsets()[i];
    const Index end = rows_.offsets()[i + 1];
    double gain = 0;
    for (Index p = begin; p < end; ++p) {
      const T weight = values[rows_.one_value() ? 0 : p];
      if (!is_finite<T>(weight)) {
        throw Error(Fault::bad_data,
                    "a weight of output " + std::to_string(i) + " (counted from 0) is not finite");
      }
      gain += std::abs(static_cast<double>(weight));
      greatest_weight = std::max(greatest_weight, std::abs(static_cast<double>(weight)));
    }
    bounds_.gain = std::max(bounds_.gain, gain);
    if (!is_finite(bias_[i])) {
      throw Error(Fault::bad_data,
                  "the bias of output " + std::to_string(i) + " (counted from 0) is not finite");
    }
    bounds_.offset = std::max(bounds_.offset, std::abs(static_cast<double>(bias_[i])));
    bounds_.wakes = bounds_.wakes || bias_[i] > T(0);
  }
  if (!adds) {
    bounds_.gain = 1;
    bounds_.offset += greatest_weight;
  }
  for (const std::optional<T>& cap : rules_.cap.values()) {
    bounds_.ceiling = std::max(
        bounds_.ceiling, cap ? static_cast<double>(*cap) : std::numeric_limits<double>::infinity());
  }
  const auto& activation = rules_.activation.values();
  bounds_.rectifies = std::all_of(activation.begin(), activation.end(),
                                  [](Activation a) { return a == Activation::relu; });
}

template <NetworkValue T>
std::string Layer<T>::fingerprint() const {
  Checksum checksum;
  const auto add = [&](const auto& array) {
    checksum.add({reinterpret_cast<const char*>(array.data()), array.size() * sizeof(array[0])});
  };
  checksum.add(GraphblasType<T>::name);
  add(std::array<Index, 3>{inputs(), outputs(), rows_.values().size()});
  add(rows_.offsets());
  rows_.visit_inputs(add);
  add(rows_.values());
  add(std::span<const T>(bias_));
  std::vector<T> rules;
  for (Index i = 0; i < outputs(); ++i) {
    rules.push_back(rules_.cap[i].value_or(T(0)));
    rules.push_back(rules_.activation[i] == Activation::relu ? T(1) : T(0));
  }
  add(rules);
  checksum.add(name_of(rules_.bias_on));
  checksum.add(name_of(rules_.product));
  return checksum.hex();
}

namespace {

// a + b, or a - b, without wrapping around.
template <NetworkValue T>
T checked_sum(T a, T b, bool subtract, Index row) {
  if constexpr (std::is_integral_v<T>) {
    T result = 0;
    if (subtract ? __builtin_sub_overflow(a, b, &result) : __builtin_add_overflow(a, b, &result)) {
      throw Error(Fault::bad_data, "the weights of output " + std::to_string(row) +
                                       " (counted from 0) sum up beyond the range of " +
                                       std::string(GraphblasType<T>::name));
    }
    return result;
  } else {
    return subtract ? a - b : a + b;
  }
}

}  // namespace

template <NetworkValue T>
std::vector<T> exact_bias(const Matrix<T>& weights, T beta) {
  if (!(beta > T(0) && beta <= T(1))) {
    throw Error(Fault::usage, "beta must be above 0 and at most 1, not " + std::to_string(beta));
  }
  const Compressed<T> arrays = weights.compressed(Orientation::by_row);
  std::vector<T> bias(arrays.rows, T(0));
  for (Index row = 0; row < arrays.rows; ++row) {
    T sum = 0;
    for (Index p = arrays.offsets[row]; p < arrays.offsets[row + 1]; ++p) {
      sum = checked_sum(sum, arrays.values[p], false, row);
    }
    if (sum != T(0)) bias[row] = checked_sum(beta, sum, true, row);  // |W 1|_0 is 0 where W 1 is
  }
  return bias;
}

#define OSCILLON_INSTANTIATE_LAYER(T) \
  template class Layer<T>;            \
  template std::vector<T> exact_bias(const Matrix<T>&, T);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_LAYER)
#undef OSCILLON_INSTANTIATE_LAYER

}  // namespace oscillon
