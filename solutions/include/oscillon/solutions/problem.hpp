// A DNN problem whose answer is known exactly, and the proof that a network solves it: by inference
// and by theory. Source: the paper, section III.
#pragma once

#include <string>
#include <vector>

#include "oscillon/inference/inference.hpp"

namespace oscillon {

// The network must answer `inputs` (features x categories: column c is the feature set of category
// c) with `expected`: I over these categories, with 1 on the diagonal where beta is 1 in every
// layer.
template <NetworkValue T>
struct Problem {
  Network<T> network;
  AssocArray<T> inputs;
  AssocArray<T> expected;
  Tolerance tolerance;  // of the expected values: none where beta is 1

  const KeySet& categories() const { return network.output_keys(); }
};

// The network of these weights and the exact biases b_l = beta_l |W_l 1|_0 - W_l 1. Neurons that no
// layer reads are allowed: they do no harm.
template <NetworkValue T>
Network<T> exact_network(const std::vector<AssocArray<T>>& weights, const std::vector<T>& betas);

// The problem of a network with exact biases (layer.hpp) and weights 0 and 1. The column keys of
// `inputs` are categories of the network; their expected values are those of the linear equations
// for inputs that are all 1, y_(l+1) = W_l y_l + b_l.
template <NetworkValue T>
Problem<T> problem_of(Network<T> network, AssocArray<T> inputs);

// beta of each layer as T; 1 where `betas` is empty. Throws Error(usage) for another number of
// betas, for one that is not above 0 and at most 1, and for one that T does not hold (integers: 1).
template <NetworkValue T>
std::vector<T> betas_of(const std::vector<double>& betas, std::size_t layers);

// Every layer has the same beta: the problem is exact for 1 - 1/paths < beta <= 1, where `paths` is
// the number of neurons in the tree that `category`'s sub-DNN unfolds to, the greatest of all. For
// then, and only then, the value of every category on its own inputs, 1 - (1 - beta) paths, is
// above 0.
struct BetaRange {
  std::uint64_t paths = 1;
  std::string category;
};
template <NetworkValue T>
BetaRange beta_range(const Network<T>& network);

// The single-layer form: category x feature, W_(L-1) … W_0 over max.x.
template <NetworkValue T>
AssocArray<T> single_layer(const Network<T>& network);

struct Exactness {
  bool exact = false;
  std::string difference;  // the first entry that is not as expected, by key; empty when exact
  Profile profile;
};

// Infers and compares entry by entry.
template <NetworkValue T>
Exactness is_exact(Problem<T>& problem, const InferenceOptions& options = {});

// What theory says of a problem: it is exact when it is a cover, every category being the union of
// the features that reach it, and an antichain, no category's features being all among another's.
struct Theory {
  bool cover = true;
  bool antichain = true;
  std::string reason;  // which keys break it; empty when it is exact
  bool exact() const { return cover && antichain; }
};
template <NetworkValue T>
Theory theory(const Problem<T>& problem);

// The same problem with all layers in one array, iterated (section II). Throws KeyError when two
// ranks of neurons share a key.
template <NetworkValue T>
Problem<T> collapsed(const Problem<T>& problem);

#define OSCILLON_EXTERN_PROBLEM(T)                                                  \
  extern template Network<T> exact_network(const std::vector<AssocArray<T>>&,       \
                                           const std::vector<T>&);                  \
  extern template Problem<T> problem_of(Network<T>, AssocArray<T>);                 \
  extern template std::vector<T> betas_of(const std::vector<double>&, std::size_t); \
  extern template BetaRange beta_range(const Network<T>&);                          \
  extern template AssocArray<T> single_layer(const Network<T>&);                    \
  extern template Exactness is_exact(Problem<T>&, const InferenceOptions&);         \
  extern template Theory theory(const Problem<T>&);                                 \
  extern template Problem<T> collapsed(const Problem<T>&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_PROBLEM)
#undef OSCILLON_EXTERN_PROBLEM

}  // namespace oscillon
