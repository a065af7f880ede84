// Which rows of a block the outputs of a layer take: equal ones are found by hashing and compared
// in full.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/inference/tiles/block.hpp"
#include "oscillon/network/layer.hpp"

namespace oscillon::plans {

// Things numbered in the order in which they are first seen.
class FirstSeen {
 public:
  explicit FirstSeen(std::size_t most) : places_(std::bit_ceil(2 * most + 1), none) {}

  std::uint32_t count() const { return static_cast<std::uint32_t>(hashes_.size()); }

  // The number of the thing with this hash, for which is(number) holds; count() and a new one when
  // there is none.
  template <class Is>
  std::uint32_t find_or_add(std::uint64_t hash, Is&& is) {
    const std::size_t mask = places_.size() - 1;
    std::size_t place = hash & mask;
    for (; places_[place] != none; place = (place + 1) & mask) {
      const std::uint32_t number = places_[place];
      if (hashes_[number] == hash && is(number)) return number;
    }
    places_[place] = count();
    hashes_.push_back(hash);
    return places_[place];
  }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  std::vector<std::uint32_t> places_;
  std::vector<std::uint64_t> hashes_;
};

// Lists of inputs, each once, numbered in the order in which they are first seen.
class InputLists {
 public:
  explicit InputLists(std::size_t most) : seen_(most) {}

  std::uint32_t number_of(std::span<const std::uint32_t> inputs);

  std::span<const std::uint32_t> operator[](std::uint32_t number) const {
    return std::span(inputs_).subspan(begins_[number], begins_[number + 1] - begins_[number]);
  }

  std::uint32_t count() const { return seen_.count(); }

 private:
  FirstSeen seen_;
  std::vector<std::uint32_t> inputs_;
  std::vector<std::size_t> begins_{0};
};

// A row of a block of outputs.
struct BlockRow {
  static constexpr Index nobody = ~Index{0};

  std::uint32_t list;     // of its inputs
  Index output;           // that it is made from, or `nobody` for those that are not read
  std::uint32_t neurons;  // how many outputs it stands for
};

struct FoundRows {
  InputLists lists;
  std::vector<BlockRow> rows;  // in the order of their first outputs
  std::vector<std::uint32_t> row_of_output;
};

// Of an output's edges; none where one stands for all.
template <NetworkValue T>
std::span<const T> weights_of(const WeightRows<T>& weights, Index output) {
  if (weights.one_value()) return {};
  const Index begin = weights.offsets()[output];
  return weights.values().subspan(begin, weights.offsets()[output + 1] - begin);
}

// The rows that a layer's outputs take, one each or, with `reduce`, one for all that have the same
// inputs, weights, bias, activation and cap, and one for all of `unread`, which ascend. The inputs
// are in these classes (nullptr: each on its own).
template <NetworkValue T>
FoundRows find_rows(const Layer<T>& layer, const tiles::NeuronClasses* input_classes,
                    std::span<const Index> unread, bool reduce);

}  // namespace oscillon::plans
