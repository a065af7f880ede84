// One layer of a network: weights W, a bias b and the rules that say what is computed with them
// (layer_rules.hpp). With the usual ones, Y_next = h(W Y + b), h(y) = max(y, 0), with an optional
// cap min(., ymax). Source: the paper, section II. Index-only: keys live in Network.
#pragma once

#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "oscillon/algebra/matrix.hpp"
#include "oscillon/network/layer_rules.hpp"
#include "oscillon/network/weight_rows.hpp"

namespace oscillon {

// Bounds on a layer's values, for proving that none leaves its type: with |y| <= m every partial
// sum of W Y lies within [-m * gain, m * gain], and what is added is at most `offset` in size. Over
// max-plus the gain is 1, and the weights are among what is added.
struct LayerBounds {
  double gain = 0;
  double offset = 0;
  double ceiling = 0;     // the greatest cap; infinity where a row has none
  bool wakes = false;     // whether a bias is positive: a neuron without an entry may get a value
  bool rectifies = true;  // whether the activation of every row is ReLU
};

template <NetworkValue T>
class Layer {
 public:
  // `weights` is outputs x inputs, `bias` has one value an output. A bias of -0 is taken as 0.
  // Throws ShapeError when the bias, or an activation or cap for each row, is not as long as the
  // weights have rows; Error(bad_data) for a weight or bias that is not finite, for a cap that is
  // not positive and finite or stands behind no ReLU, for a product over max-plus with a rule that
  // has no meaning there, and, under `every_sample`, with a row without weights.
  Layer(Matrix<T> weights, std::vector<T> bias, LayerRules<T> rules = {});
  Layer(Matrix<T> weights, std::vector<T> bias, std::optional<T> cap)
      : Layer(std::move(weights), std::move(bias), LayerRules<T>{.cap = cap}) {}

  // The same from arrays, by column; the matrix is made when it is first asked for.
  Layer(const Compressed<T>& weights, std::vector<T> bias, LayerRules<T> rules = {});
  Layer(const Compressed<T>& weights, std::vector<T> bias, std::optional<T> cap)
      : Layer(weights, std::move(bias), LayerRules<T>{.cap = cap}) {}

  Index inputs() const { return rows_.inputs(); }
  Index outputs() const { return bias_.size(); }
  Index edges() const { return rows_.edges(); }  // stored weights

  // Outputs x inputs, stored by column. Several threads may ask at once.
  const Matrix<T>& weights() const;

  // The same weights in little memory.
  const WeightRows<T>& rows() const { return rows_; }

  std::span<const T> bias() const { return bias_; }
  const LayerRules<T>& rules() const { return rules_; }
  const LayerBounds& bounds() const { return bounds_; }

  // Whether the four bias rules give the same answer here, so that what is missing may be taken as
  // the number 0: over plus-times, with ReLU and without a positive bias.
  bool bias_rules_agree() const {
    return rules_.product == Product::plus_times && bounds_.rectifies && !bounds_.wakes;
  }

  // Of weights, bias and rules: layers that compute alike have the same, others another one (XXH3
  // with 128 bits, in hexadecimal digits).
  std::string fingerprint() const;

 private:
  void require_rules() const;
  void find_bounds();

  WeightRows<T> rows_;
  mutable std::once_flag weights_made_;
  mutable Matrix<T> weights_;
  std::vector<T> bias_;
  LayerRules<T> rules_;
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
