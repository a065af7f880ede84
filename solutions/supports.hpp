// The sub-DNNs behind an answer, as associative arrays. Source: the paper, section VI and figure 9.
//
// The printed recursions have slips in their last indices; they read
//   support:   cW_(L-1) = W_(L-1)(c, :),  cW_l = W_l(col(cW_(l+1)), :)   for l = L-2 … 0
//   affected:  fW_0 = cW_0(:, f),         fW_(l+1) = cW_(l+1)(:, row(fW_l))
#pragma once

#include <string_view>
#include <vector>

#include "oscillon/network/network.hpp"

namespace oscillon {

// cW_l for every layer, lowest first: the weights that reach category c, over the keys that hold
// one. Throws KeyError when c is no output of the network, or nothing reaches it.
template <NetworkValue T>
std::vector<AssocArray<T>> support(const Network<T>& network, std::string_view category);

// fW_l for every layer, lowest first: the weights of c's support that a change of feature f passes
// through. Throws KeyError too when f does not reach c.
template <NetworkValue T>
std::vector<AssocArray<T>> affected(const Network<T>& network, std::string_view category,
                                    std::string_view feature);

#define OSCILLON_EXTERN_SUPPORTS(T)                                                        \
  extern template std::vector<AssocArray<T>> support(const Network<T>&, std::string_view); \
  extern template std::vector<AssocArray<T>> affected(const Network<T>&, std::string_view, \
                                                      std::string_view);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_SUPPORTS)
#undef OSCILLON_EXTERN_SUPPORTS

}  // namespace oscillon
