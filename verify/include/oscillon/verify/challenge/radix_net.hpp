// RadiX-Net layers, those of the Challenge among them, and variants of them.
//
// A block of m layers with the radices R_0 … R_{m-1} stands on a base of R_0 R_1 … R_{m-1} neurons.
// Its layer k connects base neuron r to r - j R_0 … R_{k-1} (mod base), j = 0 … R_k - 1; then comes
// the Kronecker product with a block of ones: rank l of neurons has base x widths[l mod #widths].
// Neuron i is a copy of base neuron i mod base. The first block is in natural order; in each later
// one the input neurons are renumbered by one random permutation, the same for its m layers. The
// Challenge's networks have m radices of 2 and the width 16. (Its own permutations are in its
// files, from which they can be recovered; a seed makes networks of the same kind, with other
// survivors.) Source: Kepner, Robinett, "RadiX-Net", 2019, and the official files.
//
// Every random number is a hash of (seed, stream, counter), so that any layer can be made alone, in
// any order, on any machine.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "oscillon/network/layer_source.hpp"
#include "oscillon/verify/challenge/catalogue.hpp"

namespace oscillon::challenge {

// Draw `counter` of stream `stream` of `seed`: the finalizer of splitmix64 (Steele, Lea, Flood
// 2014) applied to each in turn.
std::uint64_t counter_random(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter);

// A permutation of 0 … size - 1, every one equally likely, by Fisher-Yates; block 0 has the
// identity.
std::vector<Index> block_permutation(Index size, std::uint64_t seed, std::uint64_t block);

// What the weights of a variant are: all equal; times a factor of each edge's own, from 1/2 to 3/2
// in steps of 1/1024; or that with a sign of each edge's own.
enum class Weights { equal, positive, mixed };

// "equal", "positive" or "mixed". Throws Error(usage) for another name.
Weights weights_from_name(std::string_view name);

struct RadixNet {
  std::vector<Index> radices;  // of the layers of a block
  std::vector<Index> widths;   // of the Kronecker product: of rank 0, 1, …, then again from 0
  double weight = challenge::weight;
  double bias = 0;
  std::optional<double> cap = challenge::cap;
  BiasOn bias_on = BiasOn::stored;
  std::uint64_t seed = 1;

  // Variants, against engines that rely on the structure of the official networks.
  Weights weights = Weights::equal;
  bool biases_vary = false;   // each neuron's bias has a factor of its own, from 1/2 to 3/2
  double dropped = 0;         // the share of edges left out, each on its own: irregular degrees
  bool unstructured = false;  // the same number of connections, to random neurons

  // How the input neurons of block b are renumbered; beyond the last one given, or where none
  // are, by the seed. Input i is connected as permutations[b][i] is in natural order.
  std::vector<std::vector<Index>> permutations;

  Index base() const;
  Index neurons(std::size_t rank) const { return base() * widths[rank % widths.size()]; }
};

RadixNet official_net(const Size& size, std::uint64_t seed);

// The weights of layer `index`, outputs x inputs by column. Throws Error(usage) for a network that
// does not exist.
template <NetworkValue T>
Compressed<T> radix_net_weights(const RadixNet& net, std::size_t index);

// Makes each layer when it is asked for, in several threads if so wanted.
template <NetworkValue T>
class RadixNetSource : public LayerSource<T> {
 public:
  // Throws Error(usage) for a network that does not exist.
  RadixNetSource(RadixNet net, std::size_t depth);

  std::size_t depth() const override { return depth_; }
  Index inputs() const override { return net_.neurons(0); }
  Index outputs() const override { return net_.neurons(depth_); }
  std::shared_ptr<const Layer<T>> layer(std::size_t index) const override;
  BiasOn bias_on(std::size_t) const override { return net_.bias_on; }

  // Of what the layers are made from, which takes no making.
  std::string fingerprint() const override;

  const RadixNet& net() const { return net_; }

 private:
  RadixNet net_;
  std::size_t depth_;
};

// The permutations of the blocks of `layers`, a network with the radices and the one width of
// `net`: for each input the natural neuron that is connected like it, copies counted up in order.
// Throws Error(bad_data) for an input that no neuron of the natural order is connected like.
template <NetworkValue T>
std::vector<std::vector<Index>> recovered_permutations(const LayerSource<T>& layers,
                                                       const RadixNet& net);

// `samples` inputs of which each neuron is 1 with the chance `share`.
template <NetworkValue T>
Matrix<T> random_inputs(Index neurons, Index samples, double share, std::uint64_t seed);

#define OSCILLON_EXTERN_RADIX_NET(T)                                                            \
  extern template Compressed<T> radix_net_weights(const RadixNet&, std::size_t);                \
  extern template class RadixNetSource<T>;                                                      \
  extern template std::vector<std::vector<Index>> recovered_permutations(const LayerSource<T>&, \
                                                                         const RadixNet&);      \
  extern template Matrix<T> random_inputs(Index, Index, double, std::uint64_t);
OSCILLON_EXTERN_RADIX_NET(float)
OSCILLON_EXTERN_RADIX_NET(double)
#undef OSCILLON_EXTERN_RADIX_NET

}  // namespace oscillon::challenge
