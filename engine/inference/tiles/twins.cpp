#include "engine/inference/tiles/twins.hpp"

#include <cstring>
#include <unordered_map>

#include "oscillon/base/thread_team.hpp"

namespace oscillon::tiles {

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

// Sample j becomes sample `to`, which is no later.
template <NetworkValue T>
void move_to(LiveSamples<T>& source, Index j, Index to) {
  for (auto* of_samples : {&source.columns, &source.entries, &source.samples, &source.copies}) {
    (*of_samples)[to] = (*of_samples)[j];
  }
}

template <NetworkValue T>
void shorten(LiveSamples<T>& source, Index kept) {
  for (auto* of_samples : {&source.columns, &source.entries, &source.samples, &source.copies}) {
    of_samples->resize(kept);
  }
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
      // The dead ones are not among them: what equals one in its values may be alive.
      if (source.entries[j] == 0) {
        move_to(source, j, kept++);
        continue;
      }
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
      move_to(source, j, kept++);
    }
    shorten(source, kept);
  }
  return twins;
}

template <NetworkValue T>
std::vector<Twin> drop_dead_twins(std::vector<LiveSamples<T>>& sources) {
  std::vector<Twin> twins;
  LiveSamples<T>* first_source = nullptr;
  Index first = 0;
  for (LiveSamples<T>& source : sources) {
    Index kept = 0;
    for (Index j = 0; j < source.columns.size(); ++j) {
      if (source.entries[j] == 0 && first_source != nullptr) {
        first_source->copies[first] += source.copies[j];
        twins.push_back({source.samples[j], first_source->samples[first]});
        continue;
      }
      if (source.entries[j] == 0) {
        first_source = &source;
        first = kept;
      }
      move_to(source, j, kept++);
    }
    shorten(source, kept);
  }
  return twins;
}

#define OSCILLON_INSTANTIATE_TWINS(T)                                       \
  template std::vector<Twin> drop_twins(std::vector<LiveSamples<T>>&, int); \
  template std::vector<Twin> drop_dead_twins(std::vector<LiveSamples<T>>&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_TWINS)
#undef OSCILLON_INSTANTIATE_TWINS

}  // namespace oscillon::tiles
