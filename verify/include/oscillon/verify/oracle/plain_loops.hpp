// The oracle: inference from its definition, in plain loops, for any number type (float, double,
// integers, GMP's rationals). It shares nothing with the engine but the names of the rules.
//
// For one sample y and one layer, in this order:
//   z_i = sum_k w_ik y_k, or max_k w_ik + y_k, over the stored weights whose input is there, in
//         ascending k; z_i is there when there is at least one. Under `every_sample` an input that
//         is missing counts as 0 in both, and an empty sum is 0.
//   v_i = z_i + b_i: under `stored` where z_i is there; under `nonzero` where it is there and not
//   0,
//         else v_i is missing; under `live_samples` at every neuron of a sample that has an entry,
//         and under `every_sample` at every neuron, a missing z_i counting as 0.
//   y_i = min(v_i, cap_i) where v_i > 0, else missing, behind `relu`; v_i behind `none`, where
//   under
//         `nonzero` a 0 goes.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "oscillon/network/layer.hpp"

namespace oscillon::oracle {

template <class Number>
struct Edge {
  std::size_t input;
  Number weight;
};

template <class Number>
struct PlainLayer {
  std::size_t inputs = 0;
  std::vector<std::vector<Edge<Number>>> outputs;  // of each output neuron, by ascending input
  std::vector<Number> bias;
  std::optional<Number> cap;                // of all outputs
  std::vector<std::optional<Number>> caps;  // of each, where they differ; else empty
  BiasOn bias_on = BiasOn::stored;
  Product product = Product::plus_times;
  Activation activation = Activation::relu;  // of all outputs
  std::vector<Activation> activations;       // of each, where they differ; else empty
};

// A sample's values, nothing where there is no entry.
template <class Number>
using PlainSample = std::vector<std::optional<Number>>;

template <class Number>
bool is_live(const PlainSample<Number>& y) {
  for (const auto& value : y) {
    if (value) return true;
  }
  return false;
}

template <class Number>
std::optional<Number> product_of(const PlainLayer<Number>& layer, std::size_t output,
                                 const PlainSample<Number>& y, BiasOn bias_on) {
  std::optional<Number> z;
  for (const Edge<Number>& edge : layer.outputs[output]) {
    std::optional<Number> value = y[edge.input];
    if (!value && bias_on == BiasOn::every_sample) value = Number(0);
    if (!value) continue;
    if (layer.product == Product::plus_times) {
      const Number term = edge.weight * *value;
      z = z ? Number(*z + term) : term;
    } else {
      const Number term = edge.weight + *value;
      z = z && !(*z < term) ? *z : term;
    }
  }
  return z;
}

// `bias_on` stands for the layer's own rule.
template <class Number>
PlainSample<Number> apply_layer(const PlainLayer<Number>& layer, const PlainSample<Number>& y,
                                BiasOn bias_on) {
  PlainSample<Number> next(layer.outputs.size());
  const bool live = is_live(y);
  if (!live && bias_on != BiasOn::every_sample) return next;
  for (std::size_t i = 0; i < layer.outputs.size(); ++i) {
    std::optional<Number> z = product_of(layer, i, y, bias_on);
    if (bias_on == BiasOn::nonzero && z && *z == Number(0)) z.reset();
    if (bias_on == BiasOn::live_samples || bias_on == BiasOn::every_sample) {
      if (!z) z = Number(0);
    }
    if (!z) continue;
    const Number v = *z + layer.bias[i];
    const Activation activation =
        layer.activations.empty() ? layer.activation : layer.activations[i];
    if (activation == Activation::none) {
      if (bias_on != BiasOn::nonzero || v != Number(0)) next[i] = v;
      continue;
    }
    if (!(v > Number(0))) continue;
    const std::optional<Number>& cap = layer.caps.empty() ? layer.cap : layer.caps[i];
    next[i] = cap && *cap < v ? *cap : v;
  }
  return next;
}

template <class Number>
PlainSample<Number> apply_layer(const PlainLayer<Number>& layer, const PlainSample<Number>& y) {
  return apply_layer(layer, y, layer.bias_on);
}

// The sample after all layers.
template <class Number>
PlainSample<Number> infer(const std::vector<PlainLayer<Number>>& layers, PlainSample<Number> y,
                          BiasOn bias_on) {
  for (const PlainLayer<Number>& layer : layers) y = apply_layer(layer, y, bias_on);
  return y;
}

template <class Number>
PlainSample<Number> infer(const std::vector<PlainLayer<Number>>& layers, PlainSample<Number> y) {
  for (const PlainLayer<Number>& layer : layers) y = apply_layer(layer, y);
  return y;
}

}  // namespace oscillon::oracle
