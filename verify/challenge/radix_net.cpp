#include "verify/challenge/radix_net.hpp"

#include <algorithm>
#include <numeric>

namespace oscillon::challenge {

namespace {

constexpr Index copies = 16;  // the width of the Kronecker product

std::uint64_t mixed(std::uint64_t z) {
  z += 0x9E3779B97F4A7C15;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
  z = (z ^ z >> 27) * 0x94D049BB133111EB;
  return z ^ z >> 31;
}

}  // namespace

std::uint64_t counter_random(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter) {
  return mixed(mixed(mixed(seed) ^ stream) ^ counter);
}

std::vector<Index> block_permutation(Index size, std::uint64_t seed, std::uint64_t block) {
  std::vector<Index> permutation(size);
  std::iota(permutation.begin(), permutation.end(), Index{0});
  if (block == 0) return permutation;
  std::uint64_t draw = 0;
  for (Index left = size; left > 1; --left) {
    // Values below 2^64 mod `left` are drawn again: what is left is a whole number of cycles.
    const std::uint64_t refused = (0 - left) % left;
    std::uint64_t random = counter_random(seed, block, draw++);
    while (random < refused) random = counter_random(seed, block, draw++);
    std::swap(permutation[left - 1], permutation[random % left]);
  }
  return permutation;
}

template <NetworkValue T>
Compressed<T> radix_net_weights(const Size& size, std::size_t index, std::uint64_t seed) {
  const Index base = size.neurons / copies;
  const Index step = Index{1} << (index % size.layers_a_block);
  const auto permutation = block_permutation(size.neurons, seed, index / size.layers_a_block);
  Compressed<T> weights;
  weights.orientation = Orientation::by_column;
  weights.rows = weights.columns = size.neurons;
  weights.indices.reserve(size.neurons * connections);
  for (const Index neuron : permutation) {
    const Index straight = neuron % base;
    const Index shifted = (straight + base - step) % base;
    for (Index copy = 0; copy < copies; ++copy) {
      weights.indices.push_back(copy * base + std::min(straight, shifted));
      weights.indices.push_back(copy * base + std::max(straight, shifted));
    }
    weights.offsets.push_back(weights.indices.size());
  }
  weights.values.assign(weights.indices.size(), static_cast<T>(weight));
  return weights;
}

template <NetworkValue T>
RadixNetSource<T>::RadixNetSource(const Size& size, std::size_t depth, std::uint64_t seed)
    : size_(size), depth_(depth), seed_(seed) {}

template <NetworkValue T>
std::shared_ptr<const Layer<T>> RadixNetSource<T>::layer(std::size_t index) {
  return std::make_shared<const Layer<T>>(
      Matrix<T>::from_compressed(radix_net_weights<T>(size_, index, seed_)),
      std::vector<T>(size_.neurons, static_cast<T>(size_.bias)), static_cast<T>(cap));
}

#define OSCILLON_INSTANTIATE_RADIX_NET(T) \
  template class RadixNetSource<T>;       \
  template Compressed<T> radix_net_weights(const Size&, std::size_t, std::uint64_t);
OSCILLON_INSTANTIATE_RADIX_NET(float)
OSCILLON_INSTANTIATE_RADIX_NET(double)
#undef OSCILLON_INSTANTIATE_RADIX_NET

}  // namespace oscillon::challenge
