// One thread's part of an inference: tiles taken through layers.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "engine/inference/plan_dense_tiles.hpp"
#include "engine/inference/plan_fused.hpp"
#include "engine/inference/plan_semiring.hpp"
#include "engine/inference/survivors.hpp"

namespace oscillon {

// A layer in the forms that a pass needs.
template <NetworkValue T>
struct Step {
  std::shared_ptr<const Layer<T>> layer;
  std::optional<SemiringPlan<T>> semiring;
  std::optional<DenseTilesPlan<T>> dense_tiles;
  std::shared_ptr<const FusedPlan<T>> fused;
};

// Whether values up to `magnitude` in size are safely within T. The margin covers the rounding of
// the bounds themselves, which are kept in double.
template <NetworkValue T>
bool fits(double magnitude) {
  return magnitude < 0.99 * static_cast<double>(std::numeric_limits<T>::max());
}

template <NetworkValue T>
double greatest_magnitude(const ValueArray<T>& values) {
  double greatest = 0;
  for (const T value : values) greatest = std::max(greatest, std::abs(static_cast<double>(value)));
  return greatest;
}

// The greatest size of a value after a layer, before the cap, given the greatest before.
inline double reach_of(const LayerBounds& bounds, double greatest) {
  return bounds.gain * greatest + bounds.offset;
}

// Takes tiles through layers; one for each thread.
template <NetworkValue T>
class Worker {
 public:
  // Takes a tile through one layer and counts what is left, having proved from bounds that no value
  // leaves T, or watching each one.
  TileCount advance(Tile<T>& tile, const Step<T>& step, std::size_t index) {
    const LayerBounds& bounds = step.layer->bounds();
    bool watch = false;
    double reach = reach_of(bounds, tile.magnitudes.greatest);
    if (!fits<T>(reach)) {
      // Layer after layer the bound drifts away from the values: look at these.
      make_sparse(tile, step.layer->inputs());
      tile.magnitudes.greatest =
          greatest_magnitude<T>(tile.Y.compressed(Orientation::by_column).values);
      reach = reach_of(bounds, tile.magnitudes.greatest);
      watch = !fits<T>(reach);
    }
    try {
      if (watch && std::is_integral_v<T>) {
        throw Error(Fault::bad_data,
                    "sums may reach " + std::to_string(reach) + ", beyond the range of " +
                        std::string(GraphblasType<T>::name) + "; take a wider type");
      }
      if (tile.form == Form::block) {
        (*step.fused)(tile.block, tile.magnitudes, spare_, entries_);
        std::swap(tile.block, spare_);
        tile.classes = step.fused->classes();
        tile.magnitudes.least = step.fused->least_after(tile.magnitudes);
      } else {
        tile.Y = tile.form == Form::full ? (*step.dense_tiles)(tile.Y, reach)
                                         : (*step.semiring)(tile.Y, watch);
        tile.magnitudes.least = 0;
      }
    } catch (const NotFinite& sum) {
      throw Error(Fault::bad_data, "layer " + std::to_string(index) + ": the sum of neuron " +
                                       std::to_string(sum.neuron) + " for sample " +
                                       std::to_string(tile.samples[sum.column]) +
                                       " (counted from 0) leaves the range of " +
                                       std::string(GraphblasType<T>::name));
    } catch (const ShapeError&) {
      throw;
    } catch (const Error& error) {
      throw Error(error.fault(), "layer " + std::to_string(index) + ": " + error.what());
    }
    reach = std::min(reach, bounds.ceiling);
    tile.magnitudes.greatest = reach;
    if (tile.form == Form::block) {
      for (Index j = 0; j < tile.samples.size(); ++j) {
        tile.entries[j] =
            static_cast<Index>(entries_[j / Block<T>::lanes].counts[j % Block<T>::lanes]);
      }
    }
    return count(tile);
  }

  // Leaves dead samples out where that saves the next layer an eighth of its vectors, which is more
  // than the moving costs.
  void squeeze_if_worth_it(Tile<T>& tile, Index live) {
    if (tile.form != Form::block) return;
    const auto vectors = [](Index samples) {
      return (samples + Block<T>::lanes - 1) / Block<T>::lanes;
    };
    const Index held = tile.samples.size();
    if (live < held && vectors(live) * 8 <= vectors(held) * 7) squeeze(tile);
  }

  // Samples first … last - 1 of the batch as a block.
  Tile<T> take_block(const SampleBatch<T>& batch, const Magnitudes& magnitudes, Index first,
                     Index last) {
    return block_tile(batch, magnitudes, first, last, std::move(kept_), spare_);
  }

  // Makes a tile that is to wait for the next pass small: sparse if so wanted, or, where its `live`
  // samples need much less memory than it has, a block of no more than these. The rest is kept for
  // the next one to be taken: fresh memory costs more than a layer does.
  void lay_by(Tile<T>& tile, bool sparse, Index neurons, Index live) {
    if (tile.form != Form::block) {
      if (sparse) make_sparse(tile, neurons);
      return;
    }
    if (!sparse && 2 * live * tile.block.rows() * sizeof(T) > tile.block.bytes()) {
      if (spare_.bytes() > kept_.bytes()) kept_.swap(spare_);
      return;
    }
    Block<T> left = sparse ? make_sparse(tile, neurons) : squeeze_to_wait(tile);
    if (left.bytes() > kept_.bytes()) kept_.swap(left);
  }

 private:
  typename FusedPlan<T>::Entries entries_;
  Block<T> spare_;
  Block<T> kept_;
};

}  // namespace oscillon
