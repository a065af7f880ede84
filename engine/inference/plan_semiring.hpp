// Plan `semiring`: one layer as the paper writes it, Y <- W Y (x) B (+) 0, where W Y is over the
// semiring plus-times and (x), (+) are those of max-plus.
#pragma once

#include <memory>

#include "oscillon/network/layer.hpp"

namespace oscillon {

// Thrown when a value before ReLU and cap is not finite.
struct NotFinite {
  Index neuron;
  Index column;
};

template <NetworkValue T>
class SemiringPlan {
 public:
  SemiringPlan(std::shared_ptr<const Layer<T>> layer, BiasOn bias_on);

  // The layer's answer to the samples in the columns of Y (inputs x samples, by column). Entries
  // that are 0 after the ReLU are not stored. With `watch`, throws NotFinite where it applies: the
  // selection that ReLU is would drop a NaN unseen. May be called by several threads at once.
  Matrix<T> operator()(const Matrix<T>& Y, bool watch) const;

 private:
  void add_bias(Matrix<T>& Z, const Matrix<T>& Y) const;

  std::shared_ptr<const Layer<T>> layer_;
  BiasOn bias_on_;
  Matrix<T> bias_;  // stored: b on a diagonal; live_samples: b as a column
};

}  // namespace oscillon
