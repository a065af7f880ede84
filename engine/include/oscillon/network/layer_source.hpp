// "Layers one after another": what inference needs to know of a network. The layers may stand in
// memory, be read from files or be made on the way, so that a network larger than memory runs.
#pragma once

#include <cstddef>
#include <memory>

#include "oscillon/network/layer.hpp"

namespace oscillon {

template <NetworkValue T>
class LayerSource {
 public:
  virtual ~LayerSource() = default;

  virtual std::size_t depth() const = 0;
  virtual Index inputs() const = 0;   // of the first layer
  virtual Index outputs() const = 0;  // of the last layer; inputs() when the depth is 0

  // Whether layers stand in memory, so that asking for one costs nothing.
  virtual bool in_memory() const { return false; }

  // Layer `index`, counted from 0. Called from one thread at a time, in ascending order; inference
  // fetches layers ahead in a thread of its own.
  virtual std::shared_ptr<const Layer<T>> layer(std::size_t index) = 0;
};

}  // namespace oscillon
