// What every plan offers: a row in the table of plans, and stages, which are layers made ready for
// it.
#pragma once

#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "engine/inference/kernels/kernels.hpp"
#include "engine/inference/tiles/tile.hpp"
#include "oscillon/inference/plans.hpp"
#include "oscillon/network/layer.hpp"

namespace oscillon::plans {

using tiles::Block;
using tiles::Form;
using tiles::Magnitudes;
using tiles::NeuronClasses;
using tiles::Tile;
using tiles::TileCount;
using tiles::ZeroRows;

// Thrown when a value before ReLU and cap is not finite.
struct NotFinite {
  Index neuron;
  Index column;
};

// How many neurons have an entry, of some samples side by side.
template <NetworkValue T>
struct alignas(Block<T>::alignment) EntryCounts {
  kernels::Whole<T> counts[Block<T>::lanes] = {};
};

// What a thread works in.
template <NetworkValue T>
struct Workspace {
  Block<T> spare;  // what a tile's block was before the layer
  Block<T> kept;   // memory for the next block to be taken
  std::vector<EntryCounts<T>> counts;
};

// What is known of the values of a tile before a layer.
struct Expectation {
  double reach = 0;    // no sum of the layer is greater in size,
  bool watch = false;  // or this cannot be ruled out to leave the type, and each is to be looked at
};

// A layer made ready. May be used by several threads at once.
template <NetworkValue T>
class Stage {
 public:
  virtual ~Stage() = default;

  // The layer's answer to the samples of the tile, in its place: what is there, and of a block the
  // entries, classes, rows whose zeros are entries, and the least magnitude. Throws NotFinite when
  // a value is watched and leaves T.
  virtual void advance(Tile<T>& tile, const Expectation& expected,
                       Workspace<T>& workspace) const = 0;

  // Rows of a block of outputs: the neurons that are computed.
  virtual Index rows() const = 0;

  // Of the inputs and outputs of blocks; nullptr when each neuron is on its own.
  virtual std::shared_ptr<const NeuronClasses> input_classes() const { return nullptr; }
  virtual std::shared_ptr<const NeuronClasses> classes() const { return nullptr; }

  // Whether a tile must hold live samples alone: a dead one would get values.
  virtual bool needs_live_columns() const { return false; }
};

// What a layer meets in its network.
struct Surroundings {
  bool zeros_are_entries = false;  // among its inputs a 0 may be an entry
  bool keeps_dead = false;         // dead samples are carried through it for a later layer's sake
};

// What a layer is prepared with.
template <NetworkValue T>
struct Neighbours {
  std::shared_ptr<const NeuronClasses> inputs;  // of blocks before it
  const Layer<T>* reader = nullptr;             // the layer after it, where that is known
  bool reduce = true;
};

// Some layers in a row that are to be worked out by one plan.
template <NetworkValue T>
struct Work {
  std::span<const std::shared_ptr<const Layer<T>>> layers;
  TileCount alive;

  // The most neurons of a rank.
  Index widest() const {
    Index widest = layers.front()->inputs();
    for (const auto& layer : layers) widest = std::max(widest, layer->outputs());
    return widest;
  }
};

constexpr double never = std::numeric_limits<double>::infinity();

// A row of the table.
template <NetworkValue T>
struct PlanRow {
  Form form;  // of its tiles

  // Whether the plan gives this layer's answer there.
  bool (*suits)(const Layer<T>& layer, const Surroundings& where);

  // What the plan takes, in the time of one entry of a sparse tile; `never` where it is not to be
  // chosen by itself.
  double (*cost)(const Work<T>& work);

  std::shared_ptr<const Stage<T>> (*prepare)(std::shared_ptr<const Layer<T>> layer,
                                             const Neighbours<T>& neighbours);

  // Samples of a tile, `rows` being those of a block with the most.
  Index (*samples_of_a_tile)(const Work<T>& work, Index rows);
};

#define OSCILLON_DECLARE_PLAN(NAME, TEXT, DESCRIPTION) \
  template <NetworkValue T>                            \
  PlanRow<T> NAME##_plan();
OSCILLON_PLANS(OSCILLON_DECLARE_PLAN)
#undef OSCILLON_DECLARE_PLAN

// The row of a plan other than `automatic`.
template <NetworkValue T>
const PlanRow<T>& row_of(Plan plan);

// Below this share of entries among the values of blocks the zeros cost more than they save:
// measured at 1024 neurons with 32 inputs each.
constexpr double block_density = 0.02;

// Samples of a block with so many rows: two of these are in work, in the second-level cache.
template <NetworkValue T>
Index samples_of_a_block(Index rows);

}  // namespace oscillon::plans
