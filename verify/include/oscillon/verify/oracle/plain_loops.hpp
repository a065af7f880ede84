// The oracle: ReLU inference from its definition, in plain loops, for any number type (float,
// double, integers, GMP's rationals). It shares nothing with the engine but the names of the bias
// rules.
//
// For one sample y and one layer: z_i = sum_k w_ik y_k over the stored weights and inputs, in
// ascending k; z_i has an entry when there is at least one product. Then the bias: on entries of z
// only, or on every neuron of a sample that has an entry at all, where a missing z_i counts as 0.
// Then h: an entry that is not above 0 goes. Then the cap.
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
  std::optional<Number> cap;
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
PlainSample<Number> apply_layer(const PlainLayer<Number>& layer, const PlainSample<Number>& y,
                                BiasOn bias_on) {
  PlainSample<Number> next(layer.outputs.size());
  if (!is_live(y)) return next;
  for (std::size_t i = 0; i < layer.outputs.size(); ++i) {
    std::optional<Number> z;
    for (const Edge<Number>& edge : layer.outputs[i]) {
      if (!y[edge.input]) continue;
      const Number product = edge.weight * *y[edge.input];
      if (z) {
        *z += product;
      } else {
        z = product;
      }
    }
    if (z) {
      *z += layer.bias[i];
    } else if (bias_on == BiasOn::live_samples) {
      z = layer.bias[i];
    }
    if (!z || !(*z > Number(0))) continue;
    if (layer.cap && *layer.cap < *z) z = *layer.cap;
    next[i] = z;
  }
  return next;
}

// The sample after all layers.
template <class Number>
PlainSample<Number> infer(const std::vector<PlainLayer<Number>>& layers, PlainSample<Number> y,
                          BiasOn bias_on) {
  for (const PlainLayer<Number>& layer : layers) y = apply_layer(layer, y, bias_on);
  return y;
}

}  // namespace oscillon::oracle
