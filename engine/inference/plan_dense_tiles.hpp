// Plan `dense_tiles`: the same layer on tiles that are full. Every neuron of every sample is
// stored, a missing entry as the number 0, and the samples of a neuron lie side by side, so that
// GraphBLAS adds up whole rows of samples at a time: Z += W Y with Z and Y full and W sparse.
//
// The numbers are those of plan `semiring`, bit for bit: adding a product with 0 changes no sum,
// and each sum runs over ascending inputs before the bias is added. A neuron that has no entry
// before the bias is 0 here and would wake by a positive bias, so the plan is for layers without
// one.
#pragma once

#include <memory>

#include "oscillon/network/layer.hpp"

namespace oscillon {

template <NetworkValue T>
class DenseTilesPlan {
 public:
  // Whether the plan gives this layer's answer: no bias is positive.
  static bool suits(const Layer<T>& layer);

  // For a layer that it suits.
  explicit DenseTilesPlan(std::shared_ptr<const Layer<T>> layer);

  // The layer's answer to the samples in the columns of Y (inputs x samples, full, by row), where
  // no value before the cap is greater than `reach`, nor leaves T. May be called by several threads
  // at once.
  Matrix<T> operator()(const Matrix<T>& Y, double reach) const;

 private:
  void clamp(Matrix<T>& Y, Matrix<T>& spare, bool capped) const;

  std::shared_ptr<const Layer<T>> layer_;
  Matrix<T> weights_;  // by row
  Matrix<T> bias_;     // b on a diagonal, by row
};

}  // namespace oscillon
