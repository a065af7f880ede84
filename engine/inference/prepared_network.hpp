// A network made ready for many calls of infer(): what plan `fused` works out about its layers is
// kept, which takes longer than a few samples do.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/inference/plan_fused.hpp"
#include "oscillon/network/layer_source.hpp"

namespace oscillon {

// Give it to infer() like any other source; several threads may do so at once. The plans serve
// where the options ask for the same `reduce`, and layers that plan `fused` suits.
template <NetworkValue T>
class PreparedNetwork : public LayerSource<T> {
 public:
  // Holds all layers of `source`, which is not needed any more.
  explicit PreparedNetwork(const LayerSource<T>& source, bool reduce = true);

  std::size_t depth() const override { return layers_.size(); }
  Index inputs() const override { return inputs_; }
  Index outputs() const override { return outputs_; }
  bool in_memory() const override { return true; }
  std::shared_ptr<const Layer<T>> layer(std::size_t index) const override {
    return layers_.at(index);
  }

  bool reduce() const { return reduce_; }

  // Of the first layers: all, or those before one that the plan does not suit.
  std::span<const std::shared_ptr<const FusedPlan<T>>> plans() const { return plans_; }

 private:
  Index inputs_;
  Index outputs_;
  bool reduce_;
  std::vector<std::shared_ptr<const Layer<T>>> layers_;
  std::vector<std::shared_ptr<const FusedPlan<T>>> plans_;
};

#define OSCILLON_EXTERN_PREPARED(T) extern template class PreparedNetwork<T>;
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_PREPARED)
#undef OSCILLON_EXTERN_PREPARED

}  // namespace oscillon
