// Exact DNN solutions over every combination of features, by Kronecker products. Source: the paper,
// section IV.
//
// Feature sets f_1 … f_m are the leaves of an ordered tree. An inner node stands for all ordered
// combinations of its children's neurons; their keys are the children's keys joined in order. A
// node over children c_1 … c_k is connected by
//   W = I(c_1) (x) 1(c_2) (x) … (+) 1(c_1) (x) I(c_2) (x) … (+) …
// A node over one child, or over children of different height, is fed through neurons that pass a
// value on; their keys have a prime for each layer passed: "2a'". Source: figures 4 and 5 are the
// trees "(1,2)" and
// "((1,2),(3,4))".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oscillon/solutions/problem.hpp"

namespace oscillon {

// An ordered tree; its leaves are the feature sets, in order.
struct FeatureTree {
  std::vector<FeatureTree> children;  // none: a leaf

  std::size_t leaves() const;
  std::size_t height() const;  // 0 for a leaf; the layers of the network for the whole
};

// Reads "((1,2),(3,4))": the feature sets, numbered from 1, each once and in order. Throws
// Error(usage) that says where the text is wrong.
FeatureTree parse_tree(std::string_view text);

// The tree of `layers` layers over `sets` feature sets in which every layer joins neighbours, as
// evenly as can be. Throws Error(usage) when that takes more sets than there are.
FeatureTree even_tree(std::size_t sets, std::size_t layers);

// The features {1a, 1b, …}, {2a, 2b, …}, …: the labels of set i are i and each of the letters.
std::vector<KeySet> lettered_features(std::size_t sets, std::size_t letters);

// Which categories go into the inputs and the expected answer of a problem.
struct Sample {
  Index count = 0;  // 0: all
  std::uint64_t seed = 1;
};

struct CombinatoricOptions {
  std::string separator;      // between joined keys
  std::vector<double> betas;  // a layer; empty: all 1
  Sample sample;
};

// The problem of telling all combinations of the features apart. Throws Error(usage) when the tree
// does not have as many leaves as there are sets, KeyError when labels or joined keys read the
// same, Error(out_of_memory) for more than 2^30 combinations.
template <NetworkValue T>
Problem<T> combinatoric_problem(const std::vector<KeySet>& features, const FeatureTree& tree,
                                const CombinatoricOptions& options = {});

#define OSCILLON_EXTERN_COMBINATORIC(T)                                                           \
  extern template Problem<T> combinatoric_problem(const std::vector<KeySet>&, const FeatureTree&, \
                                                  const CombinatoricOptions&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_COMBINATORIC)
#undef OSCILLON_EXTERN_COMBINATORIC

}  // namespace oscillon
