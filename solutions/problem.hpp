// A DNN problem whose answer is known exactly, and the proof by inference that a network solves it.
// Source: the paper, section III.
#pragma once

#include <string>

#include "engine/inference/inference.hpp"

namespace oscillon {

// The network must answer `inputs` (features x categories: column c is the feature set of category
// c) with `expected`, which is the identity over the categories.
template <NetworkValue T>
struct Problem {
  Network<T> network;
  AssocArray<T> inputs;
  AssocArray<T> expected;

  const KeySet& categories() const { return network.output_keys(); }
};

struct Exactness {
  bool exact = false;
  std::string difference;  // the first entry that is not as expected, by key; empty when exact
  Profile profile;
};

// Infers and compares entry by entry, without any tolerance.
template <NetworkValue T>
Exactness is_exact(Problem<T>& problem, const InferenceOptions& options = {});

// The same problem with all layers in one array, iterated (section II). Throws KeyError when two
// ranks of neurons share a key.
template <NetworkValue T>
Problem<T> collapsed(const Problem<T>& problem);

#define OSCILLON_EXTERN_PROBLEM(T)                                          \
  extern template Exactness is_exact(Problem<T>&, const InferenceOptions&); \
  extern template Problem<T> collapsed(const Problem<T>&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_PROBLEM)
#undef OSCILLON_EXTERN_PROBLEM

}  // namespace oscillon
