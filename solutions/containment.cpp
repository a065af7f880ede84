#include "solutions/containment.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <numeric>

#include "oscillon/base/thread_team.hpp"

namespace oscillon {

std::vector<std::pair<Index, Index>> contained_pairs(const Compressed<bool>& sets, int threads,
                                                     std::size_t most) {
  const Index words = (sets.columns + 63) / 64;
  std::vector<Index> by_size(sets.rows);
  std::iota(by_size.begin(), by_size.end(), Index{0});
  const auto size_of = [&](Index set) { return sets.offsets[set + 1] - sets.offsets[set]; };
  std::stable_sort(by_size.begin(), by_size.end(),
                   [&](Index a, Index b) { return size_of(a) < size_of(b); });
  // Rare elements tell sets apart soonest, so they come first.
  std::vector<Index> frequency(sets.columns, 0);
  for (const Index element : sets.indices) ++frequency[element];
  std::vector<Index> order(sets.columns), place(sets.columns);
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](Index a, Index b) { return frequency[a] < frequency[b]; });
  for (Index i = 0; i < order.size(); ++i) place[order[i]] = i;
  std::vector<std::uint64_t> bits(sets.rows * words, 0);
  for (Index i = 0; i < by_size.size(); ++i) {
    for (Index p = sets.offsets[by_size[i]]; p < sets.offsets[by_size[i] + 1]; ++p) {
      const Index at = place[sets.indices[p]];
      bits[i * words + at / 64] |= std::uint64_t{1} << (at % 64);
    }
  }

  constexpr Index block = 64;
  const Index blocks = (sets.rows + block - 1) / block;
  std::vector<std::vector<std::pair<Index, Index>>> found(blocks);
  std::atomic<std::size_t> count{0};
  run_tasks(blocks, threads, [&](std::size_t b) {
    const Index begin = b * block;
    const Index end = std::min(begin + block, sets.rows);
    for (Index j = begin + 1; j < sets.rows; ++j) {
      if (count.load(std::memory_order_relaxed) >= most) return;
      const std::uint64_t* large = &bits[j * words];
      for (Index i = begin; i < std::min(end, j); ++i) {
        const std::uint64_t* small = &bits[i * words];
        Index w = 0;
        while (w < words && (small[w] & ~large[w]) == 0) ++w;
        if (w < words) continue;
        found[b].emplace_back(by_size[i], by_size[j]);
        ++count;
        if (size_of(by_size[i]) == size_of(by_size[j])) {
          found[b].emplace_back(by_size[j], by_size[i]);
          ++count;
        }
      }
    }
  });
  std::vector<std::pair<Index, Index>> pairs;
  for (const auto& part : found) pairs.insert(pairs.end(), part.begin(), part.end());
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

}  // namespace oscillon
