// One layer of a ReLU network: Y_next = h(W Y + b), h(y) = max(y, 0), with an optional cap min(·,
// ymax). Source: the paper, section II. Index-only: keys live in Network.
#pragma once

#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "oscillon/algebra/matrix.hpp"
#include "oscillon/network/weight_rows.hpp"

namespace oscillon {

// Where the bias is added in the columns of samples that still have an entry. The two differ only
// where a bias is positive.
enum class BiasOn {
  stored,  // to the stored entries of W Y: elsewhere W Y is the -inf of max-plus. The Challenge's
           // rule
  live_samples,  // to every neuron: B = b |1^T Y|_0
};

// "stored" or "live-samples". Throws Error(Fault::usage) for another name.
BiasOn bias_on_from_name(std::string_view name);
std::string_view name_of(BiasOn rule);

// Bounds on a layer's sums, for proving that no value leaves its type: with |y| <= m every partial
// sum of W Y lies within [-m * gain, m * gain], and the bias adds at most `offset` in size.
struct LayerBounds {
  double gain = 0;     // the greatest sum of |w| over a row
  double offset = 0;   // the greatest |b|
  bool wakes = false;  // whether a bias is positive: a neuron without an entry may get a value
};

template <NetworkValue T>
class Layer {
 public:
  // `weights` is outputs x inputs, `bias` has one value an output, `cap` is the greatest value a
  // neuron can take. Throws ShapeError when the bias is not as long as the weights have rows;
  // Error(bad_data) for a weight or bias that is not finite, or a cap that is not positive.
  Layer(Matrix<T> weights, std::vector<T> bias, std::optional<T> cap = std::nullopt);

  // The same from arrays, by column; the matrix is made when it is first asked for.
  Layer(const Compressed<T>& weights, std::vector<T> bias, std::optional<T> cap = std::nullopt);

  Index inputs() const { return rows_.inputs(); }
  Index outputs() const { return bias_.size(); }
  Index edges() const { return rows_.edges(); }  // stored weights

  // Outputs x inputs, stored by column. Several threads may ask at once.
  const Matrix<T>& weights() const;

  // The same weights in little memory.
  const WeightRows<T>& rows() const { return rows_; }

  std::span<const T> bias() const { return bias_; }
  std::optional<T> cap() const { return cap_; }
  const LayerBounds& bounds() const { return bounds_; }

 private:
  void find_bounds();

  WeightRows<T> rows_;
  mutable std::once_flag weights_made_;
  mutable Matrix<T> weights_;
  std::vector<T> bias_;
  std::optional<T> cap_;
  LayerBounds bounds_;
};

// The bias of an exact solution, b = beta |W 1|_0 - W 1 (section III): a neuron whose inputs are
// all 1 then has the value beta. 0 < beta <= 1, and beta = 1 for integers; else
// Error(Fault::usage). Throws Error(bad_data) when a sum of integers leaves T.
template <NetworkValue T>
std::vector<T> exact_bias(const Matrix<T>& weights, T beta = T(1));

#define OSCILLON_EXTERN_LAYER(T)  \
  extern template class Layer<T>; \
  extern template std::vector<T> exact_bias(const Matrix<T>&, T);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_LAYER)
#undef OSCILLON_EXTERN_LAYER

}  // namespace oscillon
