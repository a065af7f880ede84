#include "engine/inference/prepared_network.hpp"

namespace oscillon {

template <NetworkValue T>
PreparedNetwork<T>::PreparedNetwork(const LayerSource<T>& source, bool reduce)
    : inputs_(source.inputs()), outputs_(source.outputs()), reduce_(reduce) {
  for (std::size_t l = 0; l < source.depth(); ++l) layers_.push_back(source.layer(l));
  std::shared_ptr<const NeuronClasses> classes;
  for (std::size_t l = 0; l < layers_.size() && FusedPlan<T>::suits(*layers_[l]); ++l) {
    const Layer<T>* reader = l + 1 < layers_.size() ? layers_[l + 1].get() : nullptr;
    plans_.push_back(std::make_shared<FusedPlan<T>>(layers_[l], classes, reduce, reader));
    classes = plans_.back()->classes();
  }
}

#define OSCILLON_INSTANTIATE_PREPARED(T) template class PreparedNetwork<T>;
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_PREPARED)
#undef OSCILLON_INSTANTIATE_PREPARED

}  // namespace oscillon
