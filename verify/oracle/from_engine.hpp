// The engine's layers and batches as the oracle's. Numbers are converted exactly: the oracle's type
// must hold those of the engine.
#pragma once

#include "oscillon/network/layer_source.hpp"
#include "oscillon/verify/oracle/plain_loops.hpp"

namespace oscillon::oracle {

template <class Number, NetworkValue T>
PlainLayer<Number> plain(const Layer<T>& layer) {
  const Compressed<T> W = layer.weights().compressed(Orientation::by_row);
  PlainLayer<Number> made;
  made.inputs = layer.inputs();
  made.outputs.resize(layer.outputs());
  for (Index i = 0; i < W.rows; ++i) {
    for (Index p = W.offsets[i]; p < W.offsets[i + 1]; ++p) {
      made.outputs[i].push_back({W.indices[p], Number(W.values[p])});
    }
  }
  for (const T b : layer.bias()) made.bias.push_back(Number(b));
  const LayerRules<T>& rules = layer.rules();
  made.bias_on = rules.bias_on;
  made.product = rules.product;
  for (Index i = 0; i < layer.outputs(); ++i) {
    const std::optional<T> cap = rules.cap[i];
    made.caps.push_back(cap ? std::optional(Number(*cap)) : std::nullopt);
    made.activations.push_back(rules.activation[i]);
  }
  return made;
}

template <class Number, NetworkValue T>
std::vector<PlainLayer<Number>> plain(const LayerSource<T>& source) {
  std::vector<PlainLayer<Number>> layers;
  for (std::size_t l = 0; l < source.depth(); ++l) {
    layers.push_back(plain<Number>(*source.layer(l)));
  }
  return layers;
}

// Column `sample` of a batch in compressed columns.
template <class Number, NetworkValue T>
PlainSample<Number> plain(const Compressed<T>& Y, Index sample) {
  PlainSample<Number> made(Y.rows);
  for (Index p = Y.offsets[sample]; p < Y.offsets[sample + 1]; ++p) {
    made[Y.indices[p]] = Number(Y.values[p]);
  }
  return made;
}

// The first of `samples` for which the engine's answer `Y` to `Y0` is not, bit for bit, the
// oracle's in the same number type; none when all agree.
template <NetworkValue T>
std::optional<Index> first_disagreement(const LayerSource<T>& source, const Matrix<T>& Y0,
                                        const Matrix<T>& Y, const std::vector<Index>& samples) {
  const Compressed<T> inputs = Y0.compressed(Orientation::by_column);
  const Compressed<T> answer = Y.compressed(Orientation::by_column);
  std::vector<PlainSample<T>> values;
  for (const Index sample : samples) values.push_back(plain<T>(inputs, sample));
  for (std::size_t l = 0; l < source.depth(); ++l) {
    const PlainLayer<T> layer = plain<T>(*source.layer(l));
    for (PlainSample<T>& y : values) y = apply_layer(layer, y);
  }
  for (std::size_t s = 0; s < samples.size(); ++s) {
    if (values[s] != plain<T>(answer, samples[s])) return samples[s];
  }
  return std::nullopt;
}

}  // namespace oscillon::oracle
