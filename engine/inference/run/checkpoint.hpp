// Checkpoints: the samples that are alive between two layers, on disk, so that a long inference
// that was cut off goes on from there and gives the same bytes.
//
// Two generations stand in the folder, checkpoint-0 and checkpoint-1, and the older one is written
// over, complete or not at all. A file is
//
//   8 bytes         the length of the header, little-endian
//   header          JSON: what is run, the layer, the profile so far, the lengths of the arrays
//   arrays          the samples' numbers and copies, twins, where each sample begins, neurons
//                   (8 bytes each), values
//   32 bytes        the checksum of all before (XXH3 with 128 bits, in hexadecimal digits)
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/inference/tiles/samples.hpp"
#include "oscillon/inference/inference.hpp"

namespace oscillon::run {

// What must be the same for a checkpoint to be resumed from.
struct CheckpointIdentity {
  std::string folder;
  std::string network;  // LayerSource::fingerprint()
  std::string inputs;   // checksum of the batch
  std::size_t depth = 0;
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

}  // namespace oscillon::run
