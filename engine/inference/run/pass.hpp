// A pass: tiles dealt out to threads and taken through some layers, and what is left counted.
#pragma once

#include <vector>

#include "engine/inference/run/schedule.hpp"
#include "engine/inference/tiles/samples.hpp"
#include "oscillon/inference/inference.hpp"

namespace oscillon::run {

template <NetworkValue T>
class Passes {
 public:
  // `batch` and `options` must outlive it.
  Passes(const SampleBatch<T>& batch, const InferenceOptions& options, int threads)
      : batch_(batch),
        options_(options),
        threads_(threads),
        workspaces_(static_cast<std::size_t>(threads)) {}

  // Takes the samples, or the batch itself when they are not in tiles yet, through the layers of
  // the pass, and adds what was found to the profile. Returns how many columns went in. Throws
  // Error(interrupted) when a stop is requested that cannot be obeyed after the pass.
  Index operator()(const Pass<T>& pass, tiles::Samples<T>& samples, Profile& profile);

 private:
  struct Passage {  // of a tile through a layer
    Index columns = 0;
    tiles::TileCount count;
    double seconds = 0;
  };

  // A task of the pass: which samples of the batch the tile is made from, if it is.
  struct Origin {
    bool from_batch = false;
    Index first = 0, last = 0;
  };

  void pack_samples(const Pass<T>& pass, tiles::Samples<T>& samples) const;
  void take_from_batch(const Pass<T>& pass, const tiles::Samples<T>& samples, const Origin& origin,
                       tiles::Tile<T>& tile, plans::Workspace<T>& workspace) const;
  void advance(const Pass<T>& pass, std::size_t s, tiles::Tile<T>& tile,
               plans::Workspace<T>& workspace) const;
  void lay_by(const Pass<T>& pass, tiles::Tile<T>& tile, const tiles::TileCount& left,
              Index columns_before, plans::Workspace<T>& workspace) const;
  void require_not_stopped(const Pass<T>& pass, std::size_t s, bool from_batch) const;

  const SampleBatch<T>& batch_;
  const InferenceOptions& options_;
  int threads_;
  std::vector<plans::Workspace<T>> workspaces_;  // one for each worker of the team
};

}  // namespace oscillon::run
