// RadiX-Net layers like the Challenge's, made from a seed.
//
// N = 2^m * 16 neurons. Block b holds the layers b m … b m + m - 1; layer k of a block connects the
// base neuron r (of 2^m) to r and r - 2^k (mod 2^m), Kronecker a 16 x 16 block of ones: input
// neuron i has the outputs {i, i - 2^k mod 2^m} + 2^m t, t = 0 … 15, with weight 1/16. The first
// block is in natural order; in each later one the input neurons are renumbered by one random
// permutation, the same for its m layers. (The official permutations are not reproduced: networks
// of another seed are of the same kind, with other survivors.)
//
// The permutation of block b is a Fisher-Yates shuffle driven by splitmix64 on the counter (seed,
// b, draw), so that any layer can be made alone, in any order, on any machine.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/network/layer_source.hpp"
#include "verify/challenge/catalogue.hpp"

namespace oscillon::challenge {

// Draw `counter` of stream `stream` of `seed`: the finalizer of splitmix64 (Steele, Lea, Flood
// 2014) applied to each in turn.
std::uint64_t counter_random(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter);

// A permutation of 0 … size - 1, every one equally likely; stream 0 is the identity.
std::vector<Index> block_permutation(Index size, std::uint64_t seed, std::uint64_t block);

template <NetworkValue T>
class RadixNetSource : public LayerSource<T> {
 public:
  // `depth` layers of the network that `seed` stands for.
  RadixNetSource(const Size& size, std::size_t depth, std::uint64_t seed);

  std::size_t depth() const override { return depth_; }
  Index inputs() const override { return size_.neurons; }
  Index outputs() const override { return size_.neurons; }
  std::shared_ptr<const Layer<T>> layer(std::size_t index) override;

 private:
  Size size_;
  std::size_t depth_;
  std::uint64_t seed_;
};

// The weights of layer `index`, outputs x inputs by column.
template <NetworkValue T>
Compressed<T> radix_net_weights(const Size& size, std::size_t index, std::uint64_t seed);

#define OSCILLON_EXTERN_RADIX_NET(T)       \
  extern template class RadixNetSource<T>; \
  extern template Compressed<T> radix_net_weights(const Size&, std::size_t, std::uint64_t);
OSCILLON_EXTERN_RADIX_NET(float)
OSCILLON_EXTERN_RADIX_NET(double)
#undef OSCILLON_EXTERN_RADIX_NET

}  // namespace oscillon::challenge
