// Checkpoints: the samples that are alive between two layers, on disk, so that a long inference
// that was cut off goes on from there and gives the same bytes.
//
// Two generations stand in the folder, checkpoint-0 and checkpoint-1, and the older one is written
// over, complete or not at all. A file is one of named arrays (engine/io/array_file.hpp): `samples`
// and `copies`, `twins` in pairs, and the entries by column: `offsets`, `indices`, `values`. Its
// metadata tell what is run, the layer, and the profile so far as JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/clock.hpp"
#include "engine/inference/tiles/samples.hpp"
#include "oscillon/inference/inference.hpp"

namespace oscillon::run {

// What must be the same for a checkpoint to be resumed from.
struct CheckpointIdentity {
  std::string folder;
  std::string network;  // LayerSource::fingerprint()
  std::string inputs;   // checksum of the batch
  std::size_t depth = 0;
  Index samples = 0;  // of the batch
};

template <NetworkValue T>
struct Checkpoint {
  std::size_t generation = 0;
  std::size_t layer = 0;  // the next one
  tiles::Samples<T> samples;
  Profile profile;
};

// Generation g goes to checkpoint-(g mod 2): the samples that are alive before `layer`, or all
// where the dead are kept. The samples are what they were afterwards. Throws as AtomicFile does.
template <NetworkValue T>
void write_checkpoint(const CheckpointIdentity& identity, std::size_t generation, std::size_t layer,
                      bool keeps_dead, tiles::Samples<T>& samples, const Profile& profile);

// The newest checkpoint that is whole; none when the folder holds none. Throws Error(bad_data) when
// there are files but all are damaged, and Error(usage) when they are of another run.
template <NetworkValue T>
std::optional<Checkpoint<T>> read_checkpoint(const CheckpointIdentity& identity);

// The checkpoints of one inference: when they are due, and what they are checked by.
template <NetworkValue T>
class Checkpoints {
 public:
  // What it is given must outlive it.
  Checkpoints(const LayerSource<T>& source, const SampleBatch<T>& batch,
              const CheckpointOptions& options)
      : source_(source), batch_(batch), options_(options) {}

  bool is_due(bool stop) const {
    return !options_.folder.empty() && (stop || since_last_.seconds() >= options_.every_seconds);
  }

  // The newest one; the next to be written comes after it.
  std::optional<Checkpoint<T>> read() {
    auto found = read_checkpoint<T>(identity());
    if (found) generation_ = found->generation + 1;
    return found;
  }

  void write(std::size_t layer, bool keeps_dead, tiles::Samples<T>& samples,
             const Profile& profile) {
    write_checkpoint(identity(), generation_++, layer, keeps_dead, samples, profile);
    since_last_.restart();
  }

 private:
  CheckpointIdentity identity() {
    if (network_.empty()) network_ = source_.fingerprint();
    return {options_.folder, network_, batch_.checksum(), source_.depth(), batch_.samples()};
  }

  const LayerSource<T>& source_;
  const SampleBatch<T>& batch_;
  const CheckpointOptions& options_;
  std::string network_;         // its fingerprint, once it was asked for
  std::size_t generation_ = 0;  // of the next one
  Stopwatch since_last_;
};

}  // namespace oscillon::run
