#include "solutions/supports.hpp"

#include <algorithm>

namespace oscillon {

namespace {

Selection these(const KeySet& set) {
  std::vector<std::string> list;
  for (Index i = 0; i < set.size(); ++i) list.emplace_back(set[i]);
  return keys(std::move(list));
}

}  // namespace

template <NetworkValue T>
std::vector<AssocArray<T>> support(const Network<T>& network, std::string_view category) {
  if (!network.output_keys().contains(category)) {
    throw KeyError("the network has no category " + in_quotes(category));
  }
  std::vector<AssocArray<T>> arrays;
  KeySet rows{category};
  for (std::size_t l = network.depth(); l-- > 0;) {
    arrays.push_back(network.weights(l).select(these(rows), all_keys()).condensed());
    rows = arrays.back().columns();
    if (rows.empty()) {
      throw KeyError("category " + in_quotes(category) + " is fed nothing in layer " +
                     std::to_string(l));
    }
  }
  std::reverse(arrays.begin(), arrays.end());
  return arrays;
}

template <NetworkValue T>
std::vector<AssocArray<T>> affected(const Network<T>& network, std::string_view category,
                                    std::string_view feature) {
  std::vector<AssocArray<T>> arrays = support(network, category);
  if (arrays.empty() || !arrays.front().column_keys().contains(feature)) {
    throw KeyError("the feature " + in_quotes(feature) + " does not reach category " +
                   in_quotes(category));
  }
  KeySet columns{feature};
  for (AssocArray<T>& array : arrays) {
    array = array.select(all_keys(), these(columns)).condensed();
    columns = array.rows();
  }
  return arrays;
}

#define OSCILLON_INSTANTIATE_SUPPORTS(T)                                            \
  template std::vector<AssocArray<T>> support(const Network<T>&, std::string_view); \
  template std::vector<AssocArray<T>> affected(const Network<T>&, std::string_view, \
                                               std::string_view);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_SUPPORTS)
#undef OSCILLON_INSTANTIATE_SUPPORTS

}  // namespace oscillon
