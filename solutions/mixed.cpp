#include "solutions/mixed.hpp"

#include <algorithm>

#include "oscillon/algebra/array_algebra.hpp"

namespace oscillon {

namespace {

// The array with a prefix before its row keys, its column keys, or both. Keys of one prefix keep
// their order.
template <NetworkValue T>
AssocArray<T> renamed(const AssocArray<T>& array, const std::string& row_prefix,
                      const std::string& column_prefix) {
  const auto prefixed = [](const std::string& prefix, const KeySet& keys) {
    return prefix.empty() ? keys : *KeySet::products_in_order(KeySet{prefix}, "", keys);
  };
  return AssocArray<T>(prefixed(row_prefix, array.row_keys()),
                       prefixed(column_prefix, array.column_keys()), array.matrix().clone());
}

// (+) over max: what two parts share is equal.
template <NetworkValue T>
void join(AssocArray<T>& sum, const AssocArray<T>& part) {
  sum = plus<MaxPlus>(sum, part);
}

}  // namespace

template <NetworkValue T>
Problem<T> side_by_side(const std::vector<Problem<T>>& parts) {
  if (parts.empty()) throw Error(Fault::usage, "there are no problems to put side by side");
  if (parts.size() == 1) {
    const Problem<T>& only = parts.front();
    return {only.network, only.inputs, only.expected, only.tolerance};
  }
  const std::size_t depth = parts.front().network.depth();
  std::vector<AssocArray<T>> weights(depth), biases(depth);
  AssocArray<T> inputs, expected;
  Tolerance tolerance;
  KeySet categories;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Network<T>& network = parts[i].network;
    if (network.depth() != depth) {
      throw Error(Fault::usage, "problems side by side have one number of layers: the first has " +
                                    std::to_string(depth) + ", number " + std::to_string(i + 1) +
                                    " has " + std::to_string(network.depth()));
    }
    const KeySet twice = KeyMerge::intersect(categories, network.output_keys()).keys;
    if (!twice.empty()) {
      throw KeyError("category " + in_quotes(twice[0]) + " belongs to two problems");
    }
    categories = KeyMerge::unite(categories, network.output_keys()).keys;
    const std::string label = std::to_string(i + 1) + ":";
    for (std::size_t l = 0; l < depth; ++l) {
      const std::string above = l + 1 < depth ? label : "";
      const std::string below = l > 0 ? label : "";
      join(weights[l], renamed(network.weights(l), above, below));
      join(biases[l], renamed(network.bias(l), above, ""));
    }
    join(inputs, parts[i].inputs);
    join(expected, parts[i].expected);
    tolerance.absolute = std::max(tolerance.absolute, parts[i].tolerance.absolute);
  }
  return {Network<T>(weights, biases), std::move(inputs), std::move(expected), tolerance};
}

#define OSCILLON_INSTANTIATE_MIXED(T) \
  template Problem<T> side_by_side(const std::vector<Problem<T>>&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_MIXED)
#undef OSCILLON_INSTANTIATE_MIXED

}  // namespace oscillon
