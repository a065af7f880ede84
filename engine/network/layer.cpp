#include "oscillon/network/layer.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace oscillon {

namespace {

template <NetworkValue T>
bool is_finite(T value) {
  if constexpr (std::is_floating_point_v<T>) return std::isfinite(value);
  return true;
}

}  // namespace

BiasOn bias_on_from_name(std::string_view name) {
  for (const BiasOn rule : {BiasOn::stored, BiasOn::live_samples}) {
    if (name == name_of(rule)) return rule;
  }
  throw Error(Fault::usage, "no bias rule is called \"" + std::string(name) +
                                "\": there are stored and live-samples");
}

std::string_view name_of(BiasOn rule) {
  return rule == BiasOn::stored ? "stored" : "live-samples";
}

template <NetworkValue T>
Layer<T>::Layer(Matrix<T> weights, std::vector<T> bias, std::optional<T> cap)
    : Layer(weights.compressed(Orientation::by_column), std::move(bias), cap) {
  if (weights.orientation() != Orientation::by_column) return;
  std::call_once(weights_made_, [&] {
    weights_ = std::move(weights);
    weights_.keep_sparse();
    weights_.finish();
  });
}

template <NetworkValue T>
Layer<T>::Layer(const Compressed<T>& weights, std::vector<T> bias, std::optional<T> cap)
    : rows_(weights), bias_(std::move(bias)), cap_(cap) {
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

// Checks the shape and the numbers, and finds the bounds.
template <NetworkValue T>
void Layer<T>::find_bounds() {
  if (rows_.outputs() != bias_.size()) {
    throw ShapeError("a layer with weights of " + std::to_string(rows_.outputs()) + " x " +
                     std::to_string(rows_.inputs()) + " needs as many biases as outputs, not " +
                     std::to_string(bias_.size()));
  }
  if (cap_ && !(*cap_ > T(0) && is_finite(*cap_))) {
    throw Error(Fault::bad_data,
                "the cap of a layer must be positive and finite, not " + std::to_string(*cap_));
  }
  const auto values = rows_.values();
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
    }
    bounds_.gain = std::max(bounds_.gain, gain);
    if (!is_finite(bias_[i])) {
      throw Error(Fault::bad_data,
                  "the bias of output " + std::to_string(i) + " (counted from 0) is not finite");
    }
    bounds_.offset = std::max(bounds_.offset, std::abs(static_cast<double>(bias_[i])));
    bounds_.wakes = bounds_.wakes || bias_[i] > T(0);
  }
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
