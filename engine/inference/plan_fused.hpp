// Plan `fused`: product, bias, ReLU and cap in one pass over a block of samples, in vectors across
// the samples. The weights are taken from the layer's matrix once, into a compact form.
//
// The numbers are those of plan `semiring`, bit for bit: each sum runs over ascending inputs, the
// products of missing entries add 0, and multiplication and addition round apart. As in plan
// `dense_tiles`, a neuron without an entry is 0, which a positive bias would wake, so the plan is
// for layers without one.
//
// Rows that have the same inputs stand together: what is read of the samples serves several of
// them.
//
// Three reductions change no bit of what later layers read. Equal rows, with the same bias, inputs
// of the same classes in the same order, and the same weights, are computed once: they are found by
// hashing and compared in full. Neurons that nobody reads are left at 0. Where all weights are one
// number by which multiplying is exact (a power of two, or whole numbers), the sum is scaled
// instead of its terms.
#pragma once

#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "engine/inference/block.hpp"
#include "engine/inference/fused_rows.hpp"
#include "engine/inference/kernels.hpp"
#include "oscillon/network/layer.hpp"

namespace oscillon {

// Bounds on the size of values that are not 0; `least` is 0 where nothing is known.
struct Magnitudes {
  double greatest = 0;
  double least = 0;
};

// How many neurons have a value, of some samples side by side.
template <NetworkValue T>
struct alignas(Block<T>::alignment) EntryCounts {
  fused::Whole<T> counts[Block<T>::lanes] = {};
};

template <NetworkValue T>
class FusedPlan {
 public:
  using Entries = std::vector<EntryCounts<T>>;  // of all samples of a block

  // Whether the plan gives this layer's answer: no bias is positive.
  static bool suits(const Layer<T>& layer);

  // For a layer that it suits, whose inputs are in the classes `inputs` (nullptr: each on its own).
  // With `reduce`, equal rows become one, and those that `reader`, the layer after it, does not
  // read, none; nullptr: all are read.
  FusedPlan(std::shared_ptr<const Layer<T>> layer, std::shared_ptr<const NeuronClasses> inputs,
            bool reduce, const Layer<T>* reader = nullptr);

  // Of the inputs, as it was given.
  const std::shared_ptr<const NeuronClasses>& input_classes() const { return input_classes_; }

  // Of the outputs; nullptr when each is on its own.
  const std::shared_ptr<const NeuronClasses>& classes() const { return classes_; }
  Index rows() const { return bias_.size(); }  // of a block of outputs

  // The layer's answer to the samples of Y, into `next`, and how many entries each has. No value
  // may leave T on the way; `Y` has values of these magnitudes. May be called by several threads at
  // once.
  void operator()(const Block<T>& Y, const Magnitudes& magnitudes, Block<T>& next,
                  Entries& entries) const;

  // What is known of the sizes of the answer's values, given those of Y.
  double least_after(const Magnitudes& magnitudes) const;

 private:
  void lay_out(const FoundRows& found, std::span<const std::uint32_t> order);
  bool may_sum_first(const Magnitudes& magnitudes) const;

  std::shared_ptr<const Layer<T>> layer_;
  std::shared_ptr<const NeuronClasses> input_classes_;
  std::shared_ptr<const NeuronClasses> classes_;
  bool reduce_;
  std::vector<fused::RowGroup> groups_;
  std::variant<std::vector<std::uint16_t>, std::vector<std::uint32_t>> inputs_;
  std::vector<T> weights_;  // as the kernel wants them
  bool one_weight_ = false;
  std::vector<T> bias_;    // of each row
  double least_bias_ = 0;  // in size
};

}  // namespace oscillon
