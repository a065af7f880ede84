// Plan `fused`: product, bias, ReLU and cap in one pass over a block of samples, in vectors across
// the samples. The weights are taken from the layer's matrix once, into a compact form.
//
// The numbers are those of plan `semiring`, bit for bit: each sum runs over ascending inputs, the
// products of missing entries add 0, and multiplication and addition round apart. As in plan
// `dense_tiles`, a neuron without an entry is 0, which a positive bias would wake, so the plan is
// for layers without one.
//
// Two reductions change no bit. Equal rows, with the same bias, inputs of the same classes in the
// same order, and the same weights, are computed once: they are found by hashing and compared in
// full. Where all weights are one number by which multiplying is exact (a power of two, or whole
// numbers), the sum is scaled instead of its terms.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/inference/block.hpp"
#include "engine/network/layer.hpp"

namespace oscillon {

// Which version of the kernel runs on this processor: "avx512", "avx2" or "portable".
std::string_view fused_kernel_name();

// Bounds on the size of values that are not 0; `least` is 0 where nothing is known.
struct Magnitudes {
  double greatest = 0;
  double least = 0;
};

template <NetworkValue T>
class FusedPlan {
 public:
  // Whether the plan gives this layer's answer: no bias is positive.
  static bool suits(const Layer<T>& layer);

  // For a layer that it suits, whose inputs are in `classes` (nullptr: each on its own). With
  // `reduce`, equal rows become one.
  FusedPlan(std::shared_ptr<const Layer<T>> layer, std::shared_ptr<const NeuronClasses> classes,
            bool reduce);

  // Of the outputs; nullptr when each is on its own.
  const std::shared_ptr<const NeuronClasses>& classes() const { return classes_; }
  Index rows() const { return begins_.size() - 1; }  // of a block of outputs

  // The layer's answer to the samples of Y, into `next`. No value may leave T on the way; `Y` has
  // values of these magnitudes. May be called by several threads at once.
  void operator()(const Block<T>& Y, const Magnitudes& magnitudes, Block<T>& next) const;

  // What is known of the sizes of the answer's values, given those of Y.
  double least_after(const Magnitudes& magnitudes) const;

 private:
  void take_rows(const Compressed<T>& columns, const NeuronClasses* inputs);
  void take_equal_rows_once(const Compressed<T>& columns, const NeuronClasses* inputs);
  bool may_sum_first(const Magnitudes& magnitudes) const;

  std::shared_ptr<const Layer<T>> layer_;
  std::shared_ptr<const NeuronClasses> classes_;
  bool reduce_;
  std::vector<std::size_t> begins_;
  std::vector<std::uint32_t> inputs_;
  std::vector<T> weights_;  // one when all are equal
  std::vector<T> bias_;     // of each row
  double least_bias_ = 0;   // in size
};

}  // namespace oscillon
