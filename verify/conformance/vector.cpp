#include "verify/conformance/vector.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "oscillon/base/error.hpp"
#include "oscillon/solutions/rational.hpp"

namespace oscillon::conformance {

namespace {

// The exponent m of the least m with value a multiple of 2^-m; value is k / 2^m.
long dyadic_places(const mpq_class& value) {
  return static_cast<long>(mpz_scan1(value.get_den_mpz_t(), 0));
}

bool is_dyadic(const mpq_class& value) {
  const mpz_class& denominator = value.get_den();
  return mpz_popcount(denominator.get_mpz_t()) == 1;
}

bool held(ValueType precision, const mpq_class& value) {
  return is_dyadic(value) && mpq_class(value.get_d()) == value && holds(precision, value.get_d());
}

// Whether every sum of some of the products of a neuron and its bias, in any order, is a number of
// the precision: all are multiples of one power of two, and small enough.
bool sums_are_held(const ExactLayer& layer, const ExactSample& y, ValueType precision) {
  for (std::size_t i = 0; i < layer.outputs.size(); ++i) {
    long places = dyadic_places(layer.bias[i]);
    mpq_class size = abs(layer.bias[i]);
    for (const auto& edge : layer.outputs[i]) {
      if (!y[edge.input]) continue;
      const mpq_class product = edge.weight * *y[edge.input];
      places = std::max(places, dyadic_places(product));
      size += abs(product);
    }
    mpz_class most;
    mpz_ui_pow_ui(most.get_mpz_t(), 2, static_cast<unsigned long>(precision_of(precision)));
    if (!is_floating(precision)) --most;
    mpq_class units = size;
    mpq_mul_2exp(units.get_mpq_t(), units.get_mpq_t(), static_cast<mp_bitcnt_t>(places));
    if (units > most || !holds(precision, std::ldexp(1.0, -static_cast<int>(places)))) return false;
  }
  return true;
}

// A double that is not below the value.
double above(const mpq_class& value) {
  return std::nextafter(nearest_double(value), std::numeric_limits<double>::infinity());
}

// Running error analysis of one layer, for inputs y that are known within `error`. With unit
// roundoff u, k products, k additions and each rounding off by u of its size at most,
//   |z' - z| <= sum |w| error + gamma_(k+1) (sum |w| (|y| + error) + |b|) + (k + 1) tiny,
// gamma_n = n u / (1 - n u), where tiny is what a product can lose below the least normal number.
// ReLU and cap do not widen it. Nothing when a neuron may or may not have an entry.
std::optional<std::vector<mpq_class>> error_after(const ExactLayer& layer, const ExactSample& y,
                                                  const std::vector<mpq_class>& error,
                                                  ValueType precision) {
  const mpq_class u(std::ldexp(1.0, -precision_of(precision)));
  const mpq_class tiny(decoded(precision, 1));
  std::vector<mpq_class> after(layer.outputs.size());
  for (std::size_t i = 0; i < layer.outputs.size(); ++i) {
    mpq_class sum = layer.bias[i], handed_on = 0, size = abs(layer.bias[i]);
    unsigned long products = 0;
    for (const auto& edge : layer.outputs[i]) {
      if (!y[edge.input]) continue;
      ++products;
      sum += edge.weight * *y[edge.input];
      handed_on += abs(edge.weight) * error[edge.input];
      size += abs(edge.weight) * (abs(*y[edge.input]) + error[edge.input]);
    }
    if (products == 0) continue;
    const mpq_class roundings = (products + 1) * u;
    after[i] = handed_on + roundings / (1 - roundings) * size + (products + 1) * tiny;
    if (abs(sum) <= after[i]) return std::nullopt;
    if (layer.cap && sum - after[i] > *layer.cap) after[i] = 0;
  }
  return after;
}

std::optional<PreparedVector> prepare_exact(const TestVector& vector, ValueType precision) {
  PreparedVector prepared{precision, vector.layers, vector.samples, {}, {}};
  for (const ExactLayer& layer : vector.layers) {
    for (std::size_t i = 0; i < layer.outputs.size(); ++i) {
      if (!held(precision, layer.bias[i])) return std::nullopt;
      for (const auto& edge : layer.outputs[i]) {
        if (!held(precision, edge.weight)) return std::nullopt;
      }
    }
    if (layer.cap && !held(precision, *layer.cap)) return std::nullopt;
  }
  for (const ExactSample& sample : vector.samples) {
    ExactSample y = sample;
    for (const auto& value : sample) {
      if (value && !held(precision, *value)) return std::nullopt;
    }
    for (const ExactLayer& layer : vector.layers) {
      if (!sums_are_held(layer, y, precision)) return std::nullopt;
      y = oracle::apply_layer(layer, y, vector.bias_on);
    }
    prepared.expected.push_back(std::move(y));
  }
  return prepared;
}

std::optional<PreparedVector> prepare_bounded(const TestVector& vector, ValueType precision) {
  if (!is_floating(precision)) return std::nullopt;
  PreparedVector prepared{precision, vector.layers, vector.samples, {}, {}};
  const auto round = [&](mpq_class& value) {
    value = mpq_class(rounded(precision, nearest_double(value)));
  };
  for (ExactLayer& layer : prepared.layers) {
    for (auto& output : layer.outputs) {
      for (auto& edge : output) round(edge.weight);
    }
    for (mpq_class& bias : layer.bias) round(bias);
    if (layer.cap) round(*layer.cap);
  }
  for (ExactSample& sample : prepared.samples) {
    for (auto& value : sample) {
      if (value) round(*value);
    }
    ExactSample y = sample;
    std::vector<mpq_class> error(y.size(), mpq_class(0));
    for (const ExactLayer& layer : prepared.layers) {
      auto after = error_after(layer, y, error, precision);
      if (!after) return std::nullopt;
      error = std::move(*after);
      y = oracle::apply_layer(layer, y, vector.bias_on);
    }
    // The bound covers that the expected value is written as the nearest double.
    std::vector<double> bounds;
    for (std::size_t i = 0; i < y.size(); ++i) {
      bounds.push_back(above(error[i] + abs(y[i].value_or(mpq_class(0))) *
                                            mpq_class(std::numeric_limits<double>::epsilon())));
    }
    prepared.bounds.push_back(std::move(bounds));
    prepared.expected.push_back(std::move(y));
  }
  return prepared;
}

}  // namespace

std::optional<PreparedVector> prepare(const TestVector& vector, ValueType precision) {
  return vector.exact ? prepare_exact(vector, precision) : prepare_bounded(vector, precision);
}

}  // namespace oscillon::conformance
