// Plan `semiring`: one layer as the paper writes it, Y <- W Y (x) B (+) 0, where W Y is over the
// semiring plus-times and (x), (+) are those of max-plus; and the same with the other rules that a
// layer may have. The plan suits every layer.
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
  explicit SemiringPlan(std::shared_ptr<const Layer<T>> layer);

  // The layer's answer to the samples in the columns of Y (inputs x samples, by column). With
  // `watch`, throws NotFinite where it applies: the selection that ReLU is would drop a NaN unseen.
  // May be called by several threads at once.
  Matrix<T> operator()(const Matrix<T>& Y, bool watch) const;

 private:
  Matrix<T> product(const Matrix<T>& Y) const;
  void add_bias(Matrix<T>& Z, const Matrix<T>& Y) const;
  Matrix<T> activated(Matrix<T> V) const;
  Matrix<T> capped(Matrix<T> Y) const;

  std::shared_ptr<const Layer<T>> layer_;
  Matrix<T> bias_;  // stored, nonzero: b on a diagonal; live_samples, every_sample: as a column
  Matrix<T> kept_;  // 1 on the diagonal of the rows without ReLU, where not all are alike
  Matrix<T> caps_;  // the cap of each row on a diagonal, where not all are alike
};

}  // namespace oscillon
