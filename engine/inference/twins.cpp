#include "engine/inference/twins.hpp"

#include <cstring>
#include <unordered_map>

#include "oscillon/base/thread_team.hpp"

namespace oscillon {

namespace {

template <NetworkValue T>
std::vector<std::uint64_t> hashes_of_columns(const Block<T>& block) {
  std::vector<std::uint64_t> hashes(block.stride(), 0);
  for (Index r = 0; r < block.rows(); ++r) {
    const T* row = block.row(r);
    for (Index j = 0; j < block.stride(); ++j) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, row + j, sizeof(T));
      hashes[j] = hashed(hashes[j], bits);
    }
  }
  return hashes;
}

template <NetworkValue T>
bool equal_columns(const Block<T>& a, Index i, const Block<T>& b, Index j) {
  for (Index r = 0; r < a.rows(); ++r) {
    if (a.row(r)[i] != b.row(r)[j]) return false;
  }
  return true;
}

}  // namespace

template <NetworkValue T>
std::vector<Twin> drop_twins(std::vector<LiveSamples<T>>& sources, int threads) {
  std::vector<std::vector<std::uint64_t>> hashes(sources.size());
  run_tasks(sources.size(), threads, [&](std::size_t s) {
    if (sources[s].block != nullptr) hashes[s] = hashes_of_columns(*sources[s].block);
  });
  struct Place {
    std::size_t source;
    Index live;  // which of its live samples
  };
  std::vector<Twin> twins;
  std::unordered_map<std::uint64_t, Place> seen;
  for (std::size_t s = 0; s < sources.size(); ++s) {
    LiveSamples<T>& source = sources[s];
    if (source.block == nullptr) continue;
    Index kept = 0;
    for (Index j = 0; j < source.columns.size(); ++j) {
      const auto [found, is_new] = seen.try_emplace(hashes[s][source.columns[j]], Place{s, kept});
      if (!is_new) {
        LiveSamples<T>& earlier = sources[found->second.source];
        const Index live = found->second.live;
        if (equal_columns(*earlier.block, earlier.columns[live], *source.block,
                          source.columns[j])) {
          earlier.copies[live] += source.copies[j];
          twins.push_back({source.samples[j], earlier.samples[live]});
          continue;
        }
      }
      source.columns[kept] = source.columns[j];
      source.entries[kept] = source.entries[j];
      source.samples[kept] = source.samples[j];
      source.copies[kept++] = source.copies[j];
    }
    source.columns.resize(kept);
    source.entries.resize(kept);
    source.samples.resize(kept);
    source.copies.resize(kept);
  }
  return twins;
}

#define OSCILLON_INSTANTIATE_TWINS(T) \
  template std::vector<Twin> drop_twins(std::vector<LiveSamples<T>>&, int);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_TWINS)
#undef OSCILLON_INSTANTIATE_TWINS

}  // namespace oscillon
