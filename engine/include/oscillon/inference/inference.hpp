// Inference: Y <- h(W_l Y + b_l) for every layer l, or what else the layer says (layer_rules.hpp),
// over all samples of a batch.
//
// The samples are worked on in tiles, one thread a tile. Samples that die (no entry left) drop out,
// and the survivors are packed together. What a sample's values are depends on the sample and the
// network alone: every sum runs over ascending input neurons, so the result has the same bytes for
// any number of threads and any tile size. Source: the paper, section II.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "oscillon/base/progress.hpp"
#include "oscillon/inference/checkpoint_options.hpp"
#include "oscillon/inference/plans.hpp"
#include "oscillon/network/network.hpp"
#include "oscillon/network/sample_batch.hpp"

namespace oscillon {

// How inference goes about it. What is computed the network says, and no option changes it.
struct InferenceOptions {
  Plan plan = Plan::automatic;
  int threads = 0;  // 0: all; fewer than 0 are refused
  Index tile = 0;   // samples a tile; 0: chosen by the plan
  // Whether plan `fused` computes equal neurons and equal samples once, and leaves out neurons that
  // the next layer does not read. No bit of the answer depends on it.
  bool reduce = true;
  std::uint64_t memory_limit = 0;  // bytes that inference may hold; 0: no limit
  CheckpointOptions checkpoint;
  ProgressCallback on_progress;
  std::stop_token stop;
};

struct LayerProfile {
  Plan plan = Plan::semiring;  // that ran
  Index tile = 0;              // samples a tile, at most
  double seconds = 0;          // the layer's share of the time, over all threads together
  Index entries = 0;           // after the layer, of neurons that are computed
  Index live_samples = 0;      // samples with such an entry
  Index neurons_computed = 0;  // rows of the layer, equal ones once where they are computed once
  Index samples_computed = 0;  // at the layer's beginning, equal ones once where they are
};

struct Profile {
  int threads = 0;
  Index samples = 0;
  Index edges = 0;                  // stored weights over all layers
  double seconds = 0;               // of inference, without the making or reading of layers
  double layer_source_seconds = 0;  // of waiting for layers
  std::size_t resumed_at = 0;       // layers that were done before, by a checkpoint
  std::vector<LayerProfile> layers;

  // Samples times edges a second, dead samples counted: the Challenge's rate.
  double rate() const { return seconds > 0 ? double(samples) * double(edges) / seconds : 0; }
};

template <NetworkValue T>
struct Inference {
  Matrix<T> Y;  // outputs x samples, by column; a dead sample's column is empty
  Profile profile;
};

// What inference holds in memory as far as can be said before: the samples, the layers that are
// worked on and wait, and the tiles in work. What survivors and the answer take comes on top.
struct MemoryPlan {
  std::uint64_t samples = 0;  // bytes, like the others
  std::uint64_t layers = 0;
  std::uint64_t tiles = 0;
  std::uint64_t total() const { return samples + layers + tiles; }
  std::string text() const;  // "samples 13 MiB + layers …"
};

// Reads the first layer; the others are taken to be like it.
template <NetworkValue T>
MemoryPlan plan_memory(const LayerSource<T>& source, const SampleBatch<T>& Y0,
                       const InferenceOptions& options);

// Y_L of the samples of Y0.
//
// The first layers take the batch tile by tile, so that only what survives them is ever held at
// once; from then on all survivors are taken through some layers together, and each layer is
// fetched once, while those before it are worked on.
//
// Throws ShapeError when Y0 does not fit the first layer or a layer the one before it;
// Error(bad_data) when an input is not finite, when a floating-point value leaves its type on the
// way, or when bounds cannot rule out that an integer does: integers never wrap around and no
// infinity or NaN goes unseen; Error(interrupted) once a stop is requested, which with checkpoints
// is obeyed when the layers in work are done and written; Error(usage) when the plan asked for does
// not suit the network; Error(out_of_memory) when the memory limit would be exceeded: at once if
// that can be foreseen, naming what is needed, and else between layers. Y0 is never changed.
template <NetworkValue T>
Inference<T> infer(const LayerSource<T>& source, const SampleBatch<T>& Y0,
                   const InferenceOptions& options = {});

// The same for the samples in the columns of Y0 (inputs x samples).
template <NetworkValue T>
Inference<T> infer(const LayerSource<T>& source, const Matrix<T>& Y0,
                   const InferenceOptions& options = {});

template <NetworkValue T>
struct KeyedInference {
  AssocArray<T> Y;  // output keys x sample keys
  Profile profile;
};

// The same by key: the row keys of Y0 are input neurons, its column keys name the samples. Neurons
// that Y0 does not mention have no entry. Throws KeyError for a key that is not an input of the
// network.
template <NetworkValue T>
KeyedInference<T> infer(const Network<T>& network, const AssocArray<T>& Y0,
                        const InferenceOptions& options = {});

#define OSCILLON_EXTERN_INFERENCE(T)                                                   \
  extern template MemoryPlan plan_memory(const LayerSource<T>&, const SampleBatch<T>&, \
                                         const InferenceOptions&);                     \
  extern template Inference<T> infer(const LayerSource<T>&, const SampleBatch<T>&,     \
                                     const InferenceOptions&);                         \
  extern template Inference<T> infer(const LayerSource<T>&, const Matrix<T>&,          \
                                     const InferenceOptions&);                         \
  extern template KeyedInference<T> infer(const Network<T>&, const AssocArray<T>&,     \
                                          const InferenceOptions&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_INFERENCE)
#undef OSCILLON_EXTERN_INFERENCE

}  // namespace oscillon
