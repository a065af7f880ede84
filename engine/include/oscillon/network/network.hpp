// A network with names: layers whose neurons carry keys. Keys are aligned once, here; what lies
// above the network sees indices only.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "oscillon/algebra/assoc_array.hpp"
#include "oscillon/network/layer_source.hpp"

namespace oscillon {

// What to do about neurons that one layer has and its neighbour does not.
enum class Alignment {
  exact,  // an error that names both layers and the keys
  unite,  // a neuron that nobody reads, or that nobody feeds, is an empty column or row
};

struct NetworkOptions {
  Alignment alignment = Alignment::exact;
};

template <NetworkValue T>
struct Collapsed;

template <NetworkValue T>
class Network : public LayerSource<T> {
 public:
  // From arrays: weights[l] is W_l (neuron keys of layer l+1 x neuron keys of layer l), biases[l]
  // is b_l as a column (any one column key) over W_l's row keys, where a missing entry is 0; all
  // layers have these rules. Throws ShapeError when neighbours do not meet or a bias names an
  // unknown neuron; KeyError or Error for bad values.
  Network(const std::vector<AssocArray<T>>& weights, const std::vector<AssocArray<T>>& biases,
          LayerRules<T> rules = {}, NetworkOptions options = {});
  Network(const std::vector<AssocArray<T>>& weights, const std::vector<AssocArray<T>>& biases,
          std::optional<T> cap, NetworkOptions options = {})
      : Network(weights, biases, LayerRules<T>{.cap = cap}, options) {}

  // From layers and the neuron keys before each and after the last: keys.size() == layers.size()
  // + 1.
  Network(std::vector<std::shared_ptr<const Layer<T>>> layers, std::vector<KeySet> keys);

  // From layers alone: neurons are keyed by their numbers from 1, padded with zeros.
  explicit Network(std::vector<std::shared_ptr<const Layer<T>>> layers);

  std::size_t depth() const override { return layers_.size(); }
  Index inputs() const override { return input_keys().size(); }
  Index outputs() const override { return output_keys().size(); }
  bool in_memory() const override { return true; }
  std::shared_ptr<const Layer<T>> layer(std::size_t index) const override {
    return layers_.at(index);
  }
  BiasOn bias_on(std::size_t index) const override { return at(index).rules().bias_on; }

  const Layer<T>& at(std::size_t index) const { return *layers_.at(index); }
  const KeySet& input_keys() const { return keys_.front(); }
  const KeySet& output_keys() const { return keys_.back(); }
  const KeySet& keys(std::size_t index) const { return keys_.at(index); }  // before layer `index`
  Index edges() const;

  // W_l as an array, and b_l as a column with the key "bias"; only biases that are not 0 are
  // stored.
  AssocArray<T> weights(std::size_t index) const;
  AssocArray<T> bias(std::size_t index) const;

  // W = (+)_l W_l and B = (+)_l B_l. Throws KeyError when two ranks of neurons share a key, and
  // ShapeError when layers differ in product or bias rule, or one of them wakes neurons of which
  // W Y has no entry: in every iteration, where the layers do it in their own.
  Collapsed<T> collapse() const;

 private:
  void check_chain() const;

  std::vector<std::shared_ptr<const Layer<T>>> layers_;
  std::vector<KeySet> keys_;
};

// A whole network in single arrays over all its neurons: Y <- W Y (x) B (+) 0, iterated L times.
template <NetworkValue T>
struct Collapsed {
  AssocArray<T> weights;  // square, over all neurons
  AssocArray<T> bias;     // column "bias"
  LayerRules<T> rules;    // cap and activation of each neuron, where they are not the same for all
  std::size_t iterations = 0;
  KeySet input_keys;

  // The recursion as a network of L equal layers. Its inputs may be given over the input keys
  // alone.
  Network<T> iterated() const;

  // The layers back out of the single arrays: rank after rank from the input keys on. A neuron that
  // no weight feeds belongs to no rank and is left out.
  Network<T> expand() const;
};

#define OSCILLON_EXTERN_NETWORK(T)  \
  extern template class Network<T>; \
  extern template struct Collapsed<T>;
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_NETWORK)
#undef OSCILLON_EXTERN_NETWORK

}  // namespace oscillon
