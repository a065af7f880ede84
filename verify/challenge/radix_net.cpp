#include "oscillon/verify/challenge/radix_net.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <numeric>
#include <string>

#include "oscillon/base/checked.hpp"

namespace oscillon::challenge {

namespace {

// What a stream of random numbers is for; the low half of its number is a layer.
enum class Purpose : std::uint64_t { permutation, weight, sign, bias, drop, connection, input };

std::uint64_t stream(Purpose purpose, std::uint64_t layer) {
  return static_cast<std::uint64_t>(purpose) << 32 | layer;
}

std::uint64_t mixed(std::uint64_t z) {
  z += 0x9E3779B97F4A7C15;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
  z = (z ^ z >> 27) * 0x94D049BB133111EB;
  return z ^ z >> 31;
}

// 1/2, 1/2 + 1/1024, … 3/2 - 1/1024.
double factor(std::uint64_t random) {
  return 0.5 + static_cast<double>(random >> 54) / 1024;
}

// A chance of `share`.
bool happens(std::uint64_t random, double share) {
  return static_cast<double>(random >> 11) * 0x1p-53 < share;
}

void require_net(const RadixNet& net, std::size_t depth) {
  if (net.radices.empty() || net.widths.empty()) {
    throw Error(Fault::usage, "a RadiX-Net has at least one radix and one width");
  }
  Index base = 1;
  for (const Index radix : net.radices) {
    if (radix < 2) throw Error(Fault::usage, "each radix of a RadiX-Net is at least 2");
    base = checked_multiply(base, radix, "base neurons");
  }
  for (const Index width : net.widths) {
    if (width < 1) throw Error(Fault::usage, "each width of a RadiX-Net is at least 1");
  }
  constexpr Index most_edges = Index{1} << 36;  // of a layer: hundreds of gigabytes
  const Index widest = *std::max_element(net.widths.begin(), net.widths.end());
  const Index radix = *std::max_element(net.radices.begin(), net.radices.end());
  const Index neurons = checked_multiply(base, widest, "neurons");
  const Index edges = checked_multiply(neurons, checked_multiply(radix, widest, "edges"), "edges");
  if (edges > most_edges) {
    throw Error(Fault::usage, "a layer of " + std::to_string(neurons) + " neurons would have " +
                                  std::to_string(edges) + " connections, more than " +
                                  std::to_string(most_edges));
  }
  if (!(net.dropped >= 0 && net.dropped < 1)) {
    throw Error(Fault::usage, "the share of edges left out is at least 0 and less than 1");
  }
  const std::size_t blocks = (depth + net.radices.size() - 1) / net.radices.size();
  for (std::size_t b = 0; b < std::min(blocks, net.permutations.size()); ++b) {
    for (std::size_t k = 0; k < net.radices.size(); ++k) {
      const std::size_t rank = b * net.radices.size() + k;
      if (net.permutations[b].size() != net.neurons(rank)) {
        throw Error(Fault::usage, "the permutation of block " + std::to_string(b) + " is of " +
                                      std::to_string(net.permutations[b].size()) +
                                      " neurons, but rank " + std::to_string(rank) + " has " +
                                      std::to_string(net.neurons(rank)));
      }
    }
  }
}

std::vector<Index> permutation_of(const RadixNet& net, std::size_t layer) {
  const std::size_t block = layer / net.radices.size();
  if (block < net.permutations.size()) return net.permutations[block];
  return block_permutation(net.neurons(layer), net.seed, block);
}

// The base neurons that base neuron r is connected to in layer k of a block, ascending.
std::vector<Index> base_outputs(const RadixNet& net, std::size_t k, Index r) {
  const Index base = net.base();
  Index step = 1;
  for (std::size_t i = 0; i < k; ++i) step *= net.radices[i];
  std::vector<Index> outputs;
  for (Index j = 0; j < net.radices[k]; ++j) outputs.push_back((r + base - j * step % base) % base);
  std::sort(outputs.begin(), outputs.end());
  return outputs;
}

// `count` different outputs of `all`, ascending.
std::vector<Index> random_outputs(const RadixNet& net, std::size_t layer, Index input, Index count,
                                  Index all) {
  std::vector<Index> outputs;
  for (std::uint64_t draw = 0; outputs.size() < count; ++draw) {
    const std::uint64_t random =
        counter_random(net.seed, stream(Purpose::connection, layer), input << 24 | draw);
    const Index output = random % all;
    const auto place = std::lower_bound(outputs.begin(), outputs.end(), output);
    if (place == outputs.end() || *place != output) outputs.insert(place, output);
  }
  return outputs;
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
    const auto next = [&] {
      return counter_random(seed, stream(Purpose::permutation, block), draw++);
    };
    std::uint64_t random = next();
    while (random < refused) random = next();
    std::swap(permutation[left - 1], permutation[random % left]);
  }
  return permutation;
}

Weights weights_from_name(std::string_view name) {
  if (name == "equal") return Weights::equal;
  if (name == "positive") return Weights::positive;
  if (name == "mixed") return Weights::mixed;
  throw Error(Fault::usage,
              "no weights are called " + in_quotes(name) + ": there are equal, positive and mixed");
}

Index RadixNet::base() const {
  return std::accumulate(radices.begin(), radices.end(), Index{1}, std::multiplies<>());
}

RadixNet official_net(const Size& size, std::uint64_t seed) {
  RadixNet net;
  net.radices.assign(size.layers_a_block, 2);
  net.widths = {size.neurons >> size.layers_a_block};
  net.bias = size.bias;
  net.seed = seed;
  return net;
}

template <NetworkValue T>
Compressed<T> radix_net_weights(const RadixNet& net, std::size_t index) {
  require_net(net, index + 1);
  const Index base = net.base();
  const std::size_t k = index % net.radices.size();
  const Index copies = net.widths[(index + 1) % net.widths.size()];
  std::vector<std::vector<Index>> natural;
  if (!net.unstructured) {
    for (Index r = 0; r < base; ++r) natural.push_back(base_outputs(net, k, r));
  }

  Compressed<T> weights;
  weights.orientation = Orientation::by_column;
  weights.rows = net.neurons(index + 1);
  weights.columns = net.neurons(index);
  const Index degree = net.radices[k] * copies;
  weights.indices.reserve(weights.columns * degree);
  weights.offsets.reserve(weights.columns + 1);
  const auto permutation = permutation_of(net, index);
  for (Index input = 0; input < weights.columns; ++input) {
    if (net.unstructured) {
      const auto outputs = random_outputs(net, index, input, degree, weights.rows);
      weights.indices.insert(weights.indices.end(), outputs.begin(), outputs.end());
    } else {
      for (Index copy = 0; copy < copies; ++copy) {
        for (const Index output : natural[permutation[input] % base]) {
          weights.indices.push_back(copy * base + output);
        }
      }
    }
    if (net.dropped > 0) {
      const Index begin = weights.offsets.back();
      const auto first = weights.indices.begin() + static_cast<std::ptrdiff_t>(begin);
      std::uint64_t edge = 0;
      weights.indices.erase(
          std::remove_if(first, weights.indices.end(),
                         [&](Index) {
                           return happens(counter_random(net.seed, stream(Purpose::drop, index),
                                                         input << 24 | edge++),
                                          net.dropped);
                         }),
          weights.indices.end());
    }
    weights.offsets.push_back(weights.indices.size());
  }

  weights.values.assign(weights.indices.size(), static_cast<T>(net.weight));
  if (net.weights == Weights::equal) return weights;
  for (Index p = 0; p < weights.size(); ++p) {
    double value = net.weight * factor(counter_random(net.seed, stream(Purpose::weight, index), p));
    if (net.weights == Weights::mixed &&
        (counter_random(net.seed, stream(Purpose::sign, index), p) >> 63) != 0) {
      value = -value;
    }
    weights.values[p] = static_cast<T>(value);
  }
  return weights;
}

template <NetworkValue T>
RadixNetSource<T>::RadixNetSource(RadixNet net, std::size_t depth)
    : net_(std::move(net)), depth_(depth) {
  require_net(net_, depth);
}

template <NetworkValue T>
std::shared_ptr<const Layer<T>> RadixNetSource<T>::layer(std::size_t index) const {
  std::vector<T> bias(net_.neurons(index + 1), static_cast<T>(net_.bias));
  if (net_.biases_vary) {
    for (Index i = 0; i < bias.size(); ++i) {
      bias[i] = static_cast<T>(net_.bias *
                               factor(counter_random(net_.seed, stream(Purpose::bias, index), i)));
    }
  }
  LayerRules<T> rules{.bias_on = net_.bias_on};
  if (net_.cap) rules.cap = static_cast<T>(*net_.cap);
  return std::make_shared<const Layer<T>>(radix_net_weights<T>(net_, index), std::move(bias),
                                          rules);
}

template <NetworkValue T>
std::string RadixNetSource<T>::fingerprint() const {
  std::vector<std::string> parts{"RadiX-Net", std::string(GraphblasType<T>::name)};
  const auto add = [&](auto number) {
    char text[64];
    if constexpr (std::is_floating_point_v<decltype(number)>) {
      std::snprintf(text, sizeof text, "%a", number);
    } else {
      std::snprintf(text, sizeof text, "%llu", static_cast<unsigned long long>(number));
    }
    parts.emplace_back(text);
  };
  const auto add_list = [&](const std::vector<Index>& list) {
    add(list.size());
    for (const Index one : list) add(one);
  };
  add(depth_);
  add_list(net_.radices);
  add_list(net_.widths);
  for (const double number : {net_.weight, net_.bias, net_.cap.value_or(0), net_.dropped}) {
    add(number);
  }
  add(net_.seed);
  parts.emplace_back(name_of(net_.bias_on));
  for (const bool variant : {net_.cap.has_value(), net_.biases_vary, net_.unstructured}) {
    add(variant);
  }
  add(static_cast<unsigned>(net_.weights));
  add(net_.permutations.size());
  for (const auto& permutation : net_.permutations) add_list(permutation);
  return combined_fingerprint(parts);
}

template <NetworkValue T>
std::vector<std::vector<Index>> recovered_permutations(const LayerSource<T>& layers,
                                                       const RadixNet& net) {
  const Index base = net.base();
  const Index copies = net.widths.front();
  if (net.widths.size() != 1) {
    throw Error(Fault::usage, "permutations are recovered for networks of one width");
  }
  std::map<std::vector<Index>, Index> natural;  // outputs -> base neuron
  for (Index r = 0; r < base; ++r) {
    std::vector<Index> outputs;
    for (Index copy = 0; copy < copies; ++copy) {
      for (const Index output : base_outputs(net, 0, r)) outputs.push_back(copy * base + output);
    }
    natural.emplace(std::move(outputs), r);
  }
  std::vector<std::vector<Index>> permutations;
  for (std::size_t l = 0; l < layers.depth(); l += net.radices.size()) {
    const auto columns = layers.layer(l)->weights().compressed(Orientation::by_column);
    std::vector<Index> copies_seen(base, 0);
    std::vector<Index> permutation;
    for (Index input = 0; input < columns.columns; ++input) {
      const auto begin = columns.indices.begin();
      const auto found = natural.find(
          std::vector<Index>(begin + static_cast<std::ptrdiff_t>(columns.offsets[input]),
                             begin + static_cast<std::ptrdiff_t>(columns.offsets[input + 1])));
      if (found == natural.end() || copies_seen[found->second] == copies) {
        throw Error(Fault::bad_data, "layer " + std::to_string(l + 1) + ": neuron " +
                                         std::to_string(input + 1) +
                                         " is not connected as in the first layer of a block of "
                                         "this RadiX-Net");
      }
      permutation.push_back(found->second + base * copies_seen[found->second]++);
    }
    permutations.push_back(std::move(permutation));
  }
  return permutations;
}

template <NetworkValue T>
Matrix<T> random_inputs(Index neurons, Index samples, double share, std::uint64_t seed) {
  Compressed<T> inputs;
  inputs.orientation = Orientation::by_column;
  inputs.rows = neurons;
  inputs.columns = samples;
  for (Index sample = 0; sample < samples; ++sample) {
    for (Index neuron = 0; neuron < neurons; ++neuron) {
      if (happens(counter_random(seed, stream(Purpose::input, 0) + sample, neuron), share)) {
        inputs.indices.push_back(neuron);
      }
    }
    inputs.offsets.push_back(inputs.indices.size());
  }
  inputs.values.assign(inputs.indices.size(), T(1));
  return Matrix<T>::from_compressed(inputs);
}

#define OSCILLON_INSTANTIATE_RADIX_NET(T)                                                \
  template Compressed<T> radix_net_weights(const RadixNet&, std::size_t);                \
  template class RadixNetSource<T>;                                                      \
  template std::vector<std::vector<Index>> recovered_permutations(const LayerSource<T>&, \
                                                                  const RadixNet&);      \
  template Matrix<T> random_inputs(Index, Index, double, std::uint64_t);
OSCILLON_INSTANTIATE_RADIX_NET(float)
OSCILLON_INSTANTIATE_RADIX_NET(double)
#undef OSCILLON_INSTANTIATE_RADIX_NET

}  // namespace oscillon::challenge
