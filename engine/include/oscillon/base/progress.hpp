// How far a long run has come: handed to a callback that the caller supplies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace oscillon {

struct Progress {
  std::size_t layers_done = 0;
  std::size_t layers = 0;
  std::uint64_t live_samples = 0;  // samples that still have an entry
  double seconds = 0;              // since the run began
  double edges_per_second = 0;     // samples times edges, as the Challenge counts them
};

// Called from the thread that started the run, between layers.
using ProgressCallback = std::function<void(const Progress&)>;

}  // namespace oscillon
