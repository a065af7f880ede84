// Inference: Y <- h(W_l Y + b_l) for every layer l, over all samples of a batch.
//
// The samples are worked on in tiles, one thread a tile. Samples that die (no entry left) drop out,
// and the survivors are packed together. What a sample's values are depends on the sample and the
// network alone: every sum runs over ascending input neurons, so the result has the same bytes for
// any number of threads and any tile size. Source: the paper, section II.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/progress.hpp"
#include "engine/network/network.hpp"

namespace oscillon {

// All plans give the same numbers, bit for bit.
enum class Plan {
  automatic,  // whichever of the others suits the layer and the density of the samples
  semiring,   // the definition: W Y over plus-times, then bias and ReLU over max-plus, step by step
  dense_tiles,  // the same operations on tiles in which every entry is stored; no positive bias
};

// "automatic", "semiring" or "dense-tiles". Throws Error(Fault::usage) for another name.
Plan plan_from_name(std::string_view name);
std::string_view name_of(Plan plan);

struct InferenceOptions {
  Plan plan = Plan::automatic;
  BiasOn bias_on = BiasOn::stored;
  int threads = 0;  // 0: all
  Index tile = 0;   // samples a tile; 0: chosen by the plan
  ProgressCallback on_progress;
  std::stop_token stop;
};

struct LayerProfile {
  Plan plan = Plan::semiring;  // that ran
  Index tile = 0;              // samples a tile, at most
  double seconds = 0;          // the layer's share of the time, over all threads together
  Index entries = 0;           // entries that are not 0 after the layer
  Index live_samples = 0;      // samples with an entry after the layer
};

struct Profile {
  int threads = 0;
  Index samples = 0;
  Index edges = 0;                  // stored weights over all layers
  double seconds = 0;               // of inference, without the making or reading of layers
  double layer_source_seconds = 0;  // of waiting for layers
  std::vector<LayerProfile> layers;

  // Samples times edges a second, dead samples counted: the Challenge's rate.
  double rate() const { return seconds > 0 ? double(samples) * double(edges) / seconds : 0; }
};

template <NetworkValue T>
struct Inference {
  Matrix<T> Y;  // outputs x samples, by column; a dead sample's column is empty
  Profile profile;
};

// Y_L of the samples in the columns of Y0 (inputs x samples).
//
// Throws ShapeError when Y0 does not fit the first layer or a layer the one before it;
// Error(bad_data) when an input is not finite, when a floating-point value leaves its type on the
// way, or when bounds cannot rule out that an integer does: integers never wrap around and no
// infinity or NaN goes unseen; Error(interrupted) once a stop is
// requested; Error(usage) when the plan asked for does not suit
// the network. Y0 is never changed.
template <NetworkValue T>
Inference<T> infer(LayerSource<T>& source, const Matrix<T>& Y0,
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
KeyedInference<T> infer(Network<T>& network, const AssocArray<T>& Y0,
                        const InferenceOptions& options = {});

#define OSCILLON_EXTERN_INFERENCE(T)                                                              \
  extern template Inference<T> infer(LayerSource<T>&, const Matrix<T>&, const InferenceOptions&); \
  extern template KeyedInference<T> infer(Network<T>&, const AssocArray<T>&,                      \
                                          const InferenceOptions&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_INFERENCE)
#undef OSCILLON_EXTERN_INFERENCE

}  // namespace oscillon
