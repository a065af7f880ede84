#include "engine/inference/plans/fused_rows.hpp"

#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace oscillon::plans {

namespace {

template <class Number>
std::uint64_t hash_of(std::span<const Number> numbers, std::uint64_t seed) {
  return XXH3_64bits_withSeed(numbers.data(), numbers.size_bytes(), seed);
}

template <class Number>
bool same_bits(std::span<const Number> a, std::span<const Number> b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

}  // namespace

std::uint32_t InputLists::number_of(std::span<const std::uint32_t> inputs) {
  const std::uint32_t known = seen_.count();
  const std::uint32_t number = seen_.find_or_add(hash_of(inputs, 0), [&](std::uint32_t candidate) {
    return same_bits((*this)[candidate], inputs);
  });
  if (number == known) {
    inputs_.insert(inputs_.end(), inputs.begin(), inputs.end());
    begins_.push_back(inputs_.size());
  }
  return number;
}

template <NetworkValue T>
FoundRows find_rows(const Layer<T>& layer, const tiles::NeuronClasses* input_classes,
                    std::span<const Index> unread, bool reduce) {
  const WeightRows<T>& weights = layer.rows();
  const auto bias = layer.bias();
  const LayerRules<T>& rules = layer.rules();
  const Index outputs = weights.outputs();
  FoundRows found{InputLists(outputs + 1), {}, std::vector<std::uint32_t>(outputs)};
  FirstSeen kinds(reduce ? outputs : 0);
  std::vector<std::uint32_t> inputs;
  const auto take = [&](Index i, Index output) {
    const std::uint32_t list = found.lists.number_of(inputs);
    const auto is_equal = [&](std::uint32_t number) {
      const BlockRow& row = found.rows[number];
      if (row.output == BlockRow::nobody || output == BlockRow::nobody) return row.output == output;
      return row.list == list && rules.cap[row.output] == rules.cap[output] &&
             rules.activation[row.output] == rules.activation[output] &&
             same_bits(bias.subspan(row.output, 1), bias.subspan(output, 1)) &&
             same_bits(weights_of(weights, row.output), weights_of(weights, output));
    };
    auto number = static_cast<std::uint32_t>(found.rows.size());
    if (reduce) {
      const std::uint64_t hash =
          output == BlockRow::nobody
              ? 0
              : hash_of(weights_of(weights, i), hash_of(bias.subspan(i, 1), list));
      number = kinds.find_or_add(hash, is_equal);
    }
    if (number == found.rows.size()) found.rows.push_back({list, output, 0});
    ++found.rows[number].neurons;
    found.row_of_output[i] = number;
  };
  auto skipped = unread.begin();
  weights.visit_inputs([&](const auto all) {
    for (Index i = 0; i < outputs; ++i) {
      inputs.clear();
      if (skipped != unread.end() && *skipped == i) {
        ++skipped;
        take(i, BlockRow::nobody);
        continue;
      }
      const Index begin = weights.offsets()[i];
      const auto own = all.subspan(begin, weights.offsets()[i + 1] - begin);
      inputs.assign(own.begin(), own.end());
      if (input_classes != nullptr) {
        for (std::uint32_t& input : inputs) input = input_classes->of[input];
      }
      take(i, i);
    }
  });
  return found;
}

#define OSCILLON_INSTANTIATE_FIND_ROWS(T)                                    \
  template FoundRows find_rows(const Layer<T>&, const tiles::NeuronClasses*, \
                               std::span<const Index>, bool);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_FIND_ROWS)
#undef OSCILLON_INSTANTIATE_FIND_ROWS

}  // namespace oscillon::plans
