// "Layers one after another": what inference needs to know of a network. The layers may stand in
// memory, be read from files or be made on the way, so that a network larger than memory runs.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "oscillon/network/layer.hpp"

namespace oscillon {

// One fingerprint of several, in this order.
std::string combined_fingerprint(const std::vector<std::string>& parts);

template <NetworkValue T>
class LayerSource {
 public:
  virtual ~LayerSource() = default;

  virtual std::size_t depth() const = 0;
  virtual Index inputs() const = 0;   // of the first layer
  virtual Index outputs() const = 0;  // of the last layer; inputs() when the depth is 0

  // Whether layers stand in memory, so that asking for one costs nothing.
  virtual bool in_memory() const { return false; }

  // Layer `index`, counted from 0. Several threads may ask at once, in any order; inference asks in
  // ascending order, from a thread of its own that fetches layers ahead.
  virtual std::shared_ptr<const Layer<T>> layer(std::size_t index) const = 0;

  // The bias rule of layer `index`, to be known without making the layer: a sample that has died
  // must be kept while a later layer is for every sample.
  virtual BiasOn bias_on(std::size_t index) const = 0;

  // What is computed, whatever it is called and wherever it lies: of weights, biases and rules.
  // Sources of one kind with the same fingerprint give the same layers; where a source knows its
  // content without making every layer, it tells so in its own way.
  virtual std::string fingerprint() const {
    std::vector<std::string> parts;
    for (std::size_t l = 0; l < depth(); ++l) parts.push_back(layer(l)->fingerprint());
    return combined_fingerprint(parts);
  }
};

}  // namespace oscillon
