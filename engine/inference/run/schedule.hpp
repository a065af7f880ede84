// Which layers make a pass, by which plan they are worked out and how many samples go together.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/inference/plans/plan.hpp"
#include "engine/inference/run/layer_queue.hpp"
#include "engine/inference/tiles/samples.hpp"
#include "oscillon/inference/inference.hpp"

namespace oscillon::run {

// A tile takes several layers in a row, so that it stays in the cache; then survivors are packed.
// While samples die fast it pays to pack after every layer.
inline constexpr std::size_t most_layers_a_pass = 8;

// Layers that wait or are worked on together hold at most this, or an eighth of the memory limit,
// or are one.
std::uint64_t layer_bytes_at_once(std::uint64_t memory_limit);

// Whether a 0 may be an entry of the layer's answer.
template <NetworkValue T>
bool may_give_zeros(const Layer<T>& layer) {
  return !layer.bounds().rectifies && layer.rules().bias_on != BiasOn::nonzero;
}

// A layer as a pass needs it.
template <NetworkValue T>
struct Step {
  std::shared_ptr<const Layer<T>> layer;
  std::shared_ptr<const plans::Stage<T>> stage;
  // For tiles of which bounds do not prove that all values stay within T: they go on as sparse
  // ones.
  std::shared_ptr<const plans::Stage<T>> watching;
  bool keeps_dead_after = false;  // for a later layer's sake
};

template <NetworkValue T>
struct Pass {
  std::size_t first = 0;  // layer
  Plan plan = Plan::semiring;
  tiles::Form form = tiles::Form::sparse;
  bool keeps_dead = false;                              // before it
  Index tile = 0;                                       // samples a tile, at most
  std::shared_ptr<const tiles::NeuronClasses> classes;  // of the rows of blocks before it
  std::vector<Step<T>> steps;

  std::size_t end() const { return first + steps.size(); }
};

// Stages of the first layers, made before; all by one plan.
template <NetworkValue T>
struct Prepared {
  Plan plan = Plan::automatic;
  std::vector<std::shared_ptr<const plans::Stage<T>>> stages;

  const plans::Stage<T>* at(Plan wanted, std::size_t layer) const {
    return wanted == plan && layer < stages.size() ? stages[layer].get() : nullptr;
  }
};

// As many of the first layers of a source that stands in memory as the plan, or the one that
// `automatic` stands for at its best, suits.
template <NetworkValue T>
Prepared<T> prepare(const LayerSource<T>& source, Plan plan, bool reduce);

template <NetworkValue T>
class Schedule {
 public:
  // What it is given must outlive it. Throws Error(usage) for a plan that is asked for and does not
  // suit a layer, when that comes.
  Schedule(const LayerSource<T>& source, const InferenceOptions& options,
           const Prepared<T>& prepared);

  std::size_t depth() const { return depth_; }

  // Whether samples without an entry must be kept before layer `index`.
  bool keeps_dead(std::size_t index) const { return index < keeps_dead_until_; }

  // From layer `first` on, which is not the beginning.
  void resume_at(std::size_t first);

  // The layers of the next pass, fetched from the queue, for these samples. Adds to the profile
  // what was waited for and the edges.
  Pass<T> next(LayerQueue<T>& layers, const tiles::Samples<T>& samples, Profile& profile);

  // What a pass did: samples before and after it, and whether it took long.
  void learn(const Pass<T>& pass, Index columns_before, Index columns_after, bool keep_short);

 private:
  std::shared_ptr<const Layer<T>> fetch(LayerQueue<T>& layers, Profile& profile);
  void choose_plan(Pass<T>& pass, const tiles::Samples<T>& samples) const;
  void prepare_steps(Pass<T>& pass, const tiles::Samples<T>& samples) const;
  void tell(const Pass<T>& pass, const tiles::Samples<T>& samples) const;

  const LayerSource<T>& source_;
  const InferenceOptions& options_;
  const Prepared<T>& prepared_;
  std::size_t depth_;
  std::size_t keeps_dead_until_ = 0;
  std::size_t next_ = 0;
  std::size_t pass_layers_ = most_layers_a_pass;
  std::shared_ptr<const Layer<T>> ahead_;  // the one after those of the pass, when it is needed
};

}  // namespace oscillon::run
