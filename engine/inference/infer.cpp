#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

#include "engine/base/log.hpp"
#include "engine/base/thread_team.hpp"
#include "engine/inference/inference.hpp"
#include "engine/inference/plan_dense_tiles.hpp"
#include "engine/inference/plan_semiring.hpp"
#include "engine/inference/survivors.hpp"

namespace oscillon {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// A tile takes several layers in a row, so that it stays in the cache; then survivors are packed.
// While samples die fast it pays to pack after every layer.
constexpr std::size_t most_layers_a_pass = 8;

// A sparse tile has at most this many samples and, as far as can be foreseen, entries. A full one
// is as large as a quarter of a usual second-level cache.
constexpr Index sparse_tile = 256;
constexpr double most_sparse_entries = 1 << 23;
constexpr Index full_tile_bytes = Index{1} << 18;

// Where a tenth of the entries is there, full tiles are faster in spite of the zeros: measured at
// 1024 neurons with 32 inputs each.
constexpr double full_density = 0.1;

// Left to choose, the plan spends no more than this on full tiles: all of them, and one.
constexpr double most_full_bytes = 4.0 * (1 << 30);
constexpr double most_full_tile_bytes = 64.0 * (1 << 20);
constexpr Index least_full_tile = 16;

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

template <NetworkValue T>
void require_finite_inputs(const Compressed<T>& Y0) {
  if constexpr (std::is_floating_point_v<T>) {
    const auto bad = std::find_if(Y0.values.begin(), Y0.values.end(),
                                  [](T value) { return !std::isfinite(value); });
    if (bad == Y0.values.end()) return;
    const auto p = static_cast<Index>(bad - Y0.values.begin());
    const auto column = std::upper_bound(Y0.offsets.begin(), Y0.offsets.end(), p) - 1;
    throw Error(Fault::bad_data, "the input of neuron " + std::to_string(Y0.indices[p]) +
                                     " for sample " + std::to_string(column - Y0.offsets.begin()) +
                                     " (counted from 0) is not finite");
  }
}

// What a tile needs to pass a layer. The full form is made where a pass works on full tiles.
template <NetworkValue T>
struct Step {
  std::shared_ptr<const Layer<T>> layer;
  SemiringPlan<T> semiring;
  std::optional<DenseTilesPlan<T>> dense_tiles;
};

// Takes a tile through one layer, having proved from bounds that no value leaves T, or watching
// each one.
template <NetworkValue T>
void advance(Tile<T>& tile, const Step<T>& step, std::size_t index) {
  const LayerBounds& bounds = step.layer->bounds();
  bool watch = false;
  double reach = bounds.gain * tile.magnitude + bounds.offset;
  if (!fits<T>(reach)) {
    // Layer after layer the bound drifts away from the values: look at these.
    tile.magnitude = greatest_magnitude<T>(tile.Y.compressed(Orientation::by_column).values);
    reach = bounds.gain * tile.magnitude + bounds.offset;
    watch = !fits<T>(reach);
  }
  try {
    if (watch && std::is_integral_v<T>) {
      throw Error(Fault::bad_data, "sums may reach " + std::to_string(reach) +
                                       ", beyond the range of " +
                                       std::string(GraphblasType<T>::name) + "; take a wider type");
    }
    if (watch && tile.full) make_sparse(tile);
    tile.Y = tile.full ? (*step.dense_tiles)(tile.Y) : step.semiring(tile.Y, watch);
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
  if (step.layer->cap()) reach = std::min(reach, static_cast<double>(*step.layer->cap()));
  tile.magnitude = reach;
}

// The most neurons of a rank that a pass over these layers meets.
template <NetworkValue T>
Index widest_rank(const std::vector<Step<T>>& steps) {
  Index widest = steps.front().layer->inputs();
  for (const Step<T>& step : steps) widest = std::max(widest, step.layer->outputs());
  return widest;
}

// The samples of a sparse tile: as many as keep W Y within bounds, were every entry to meet as many
// weights as there are in the mean.
template <NetworkValue T>
Index sparse_tile_for(const std::vector<Step<T>>& steps, const TileCount& alive) {
  double entries = static_cast<double>(alive.entries) /
                   static_cast<double>(std::max<Index>(alive.live_samples, 1));
  double most = 1;
  for (const Step<T>& step : steps) {
    const auto inputs = static_cast<double>(std::max<Index>(step.layer->inputs(), 1));
    entries = std::min(static_cast<double>(step.layer->outputs()),
                       entries * static_cast<double>(step.layer->edges()) / inputs);
    most = std::max(most, entries);
  }
  return std::clamp<Index>(static_cast<Index>(most_sparse_entries / most), 1, sparse_tile);
}

// Whether a pass over these layers works on full tiles, for samples with `alive` entries.
template <NetworkValue T>
bool works_on_full_tiles(Plan plan, const std::vector<Step<T>>& steps, const TileCount& alive) {
  if (plan == Plan::semiring || alive.live_samples == 0) return false;
  const auto unsuited = std::find_if(steps.begin(), steps.end(), [](const Step<T>& step) {
    return !DenseTilesPlan<T>::suits(*step.layer);
  });
  if (plan == Plan::dense_tiles && unsuited != steps.end()) {
    throw Error(Fault::usage,
                "plan dense-tiles is for layers without a positive bias, which this network has; "
                "take automatic or semiring");
  }
  if (plan == Plan::dense_tiles || unsuited != steps.end()) return unsuited == steps.end();
  const double cells =
      static_cast<double>(alive.live_samples) * static_cast<double>(steps.front().layer->inputs());
  return static_cast<double>(alive.entries) >= full_density * cells &&
         cells * sizeof(T) <= most_full_bytes &&
         static_cast<double>(widest_rank(steps)) * least_full_tile * sizeof(T) <=
             most_full_tile_bytes;
}

}  // namespace

Plan plan_from_name(std::string_view name) {
  for (const Plan plan : {Plan::automatic, Plan::semiring, Plan::dense_tiles}) {
    if (name == name_of(plan)) return plan;
  }
  throw Error(Fault::usage, "no plan is called " + in_quotes(name) +
                                ": there are automatic, semiring and dense-tiles");
}

std::string_view name_of(Plan plan) {
  switch (plan) {
    case Plan::automatic:
      return "automatic";
    case Plan::semiring:
      return "semiring";
    case Plan::dense_tiles:
      return "dense-tiles";
  }
  return "";
}

template <NetworkValue T>
Inference<T> infer(LayerSource<T>& source, const Matrix<T>& Y0, const InferenceOptions& options) {
  if (Y0.rows() != source.inputs()) {
    throw ShapeError("inputs of " + std::to_string(Y0.rows()) + " neurons x " +
                     std::to_string(Y0.columns()) + " samples do not fit a network with " +
                     std::to_string(source.inputs()) + " inputs");
  }
  const auto start = Clock::now();
  const SingleThreadedGraphblas one_thread_a_tile;
  Profile profile;
  profile.threads = thread_count(options.threads);
  profile.samples = Y0.columns();
  profile.layers.resize(source.depth());

  Index neurons = source.inputs();
  std::vector<Tile<T>> tiles;
  std::vector<LiveSamples<T>> live;
  TileCount alive{Y0.entries(), 0};
  {
    Compressed<T> batch = Y0.compressed(Orientation::by_column);
    require_finite_inputs(batch);
    const double magnitude = greatest_magnitude<T>(batch.values);
    live.push_back(live_samples(std::move(batch), magnitude));
    alive.live_samples = live.front().columns.size();
  }

  std::size_t pass = 1;
  for (std::size_t first = 0; first < source.depth();) {
    const std::size_t last = std::min(first + pass, source.depth());
    const Index inputs = neurons;
    std::vector<Step<T>> steps;
    for (std::size_t l = first; l < last; ++l) {
      const auto fetch_start = Clock::now();
      auto layer = source.layer(l);
      profile.layer_source_seconds += seconds_since(fetch_start);
      if (layer->inputs() != neurons) {
        throw ShapeError("layer " + std::to_string(l) + " has " + std::to_string(layer->inputs()) +
                         " inputs and follows " + std::to_string(neurons) + " neurons");
      }
      neurons = layer->outputs();
      profile.edges += layer->edges();
      steps.push_back({layer, SemiringPlan<T>(layer, options.bias_on), std::nullopt});
    }

    // The samples that are alive, packed into tiles of the kind that suits the pass.
    const bool full = works_on_full_tiles(options.plan, steps, alive);
    if (full) {
      for (Step<T>& step : steps) step.dense_tiles.emplace(step.layer);
    }
    const Index tile = options.tile > 0 ? options.tile
                       : full
                           ? std::clamp<Index>(full_tile_bytes / (widest_rank(steps) * sizeof(T)),
                                               least_full_tile, sparse_tile)
                           : sparse_tile_for(steps, alive);
    Index held = 0;
    bool as_wanted = first > 0;
    for (const Tile<T>& one : tiles) {
      held += one.samples.size();
      as_wanted = as_wanted && one.full == full;
    }
    if (!as_wanted || held != alive.live_samples) {
      if (first > 0) {
        live.resize(tiles.size());
        run_tasks(tiles.size(), profile.threads,
                  [&](std::size_t t) { live[t] = live_samples(tiles[t]); });
      }
      std::vector<Tile<T>> packed = pack(live, inputs, tile, full, profile.threads);
      live.clear();  // before the tiles that it borrows from
      tiles = std::move(packed);
    }

    std::vector<std::vector<LayerProfile>> counts(tiles.size());
    run_tasks(tiles.size(), profile.threads, [&](std::size_t t) {
      counts[t].resize(last - first);
      for (std::size_t l = first; l < last; ++l) {
        if (options.stop.stop_requested()) {
          throw Error(Fault::interrupted, "inference was stopped in layer " + std::to_string(l));
        }
        const auto layer_start = Clock::now();
        advance(tiles[t], steps[l - first], l);
        const TileCount counted = count(tiles[t]);
        counts[t][l - first].entries = counted.entries;
        counts[t][l - first].live_samples = counted.live_samples;
        counts[t][l - first].seconds = seconds_since(layer_start);
      }
      // Full tiles that are nearly empty, or too large all together, would only take memory: 60,000
      // samples of as many categories are 14 GB full.
      if (tiles[t].full) {
        const auto cells = static_cast<double>(tiles[t].samples.size() * neurons);
        const auto entries = static_cast<double>(counts[t].back().entries);
        const double all = static_cast<double>(alive.live_samples) * static_cast<double>(neurons);
        if (entries < full_density * cells || all * sizeof(T) > most_full_bytes) {
          make_sparse(tiles[t]);
        }
      }
    });
    for (std::size_t l = first; l < last; ++l) {
      LayerProfile& layer = profile.layers[l];
      layer.plan = full ? Plan::dense_tiles : Plan::semiring;
      layer.tile = tile;
      for (const auto& tile_counts : counts) {
        layer.entries += tile_counts[l - first].entries;
        layer.live_samples += tile_counts[l - first].live_samples;
        layer.seconds += tile_counts[l - first].seconds;
      }
    }
    const Index before = alive.live_samples;
    alive = {profile.layers[last - 1].entries, profile.layers[last - 1].live_samples};
    pass = alive.live_samples * 4 < before * 3 ? std::max<std::size_t>(pass / 2, 1)
                                               : std::min(pass * 2, most_layers_a_pass);
    first = last;
    if (options.on_progress) {
      options.on_progress({last, source.depth(), alive.live_samples, seconds_since(start)});
    }
  }
  Matrix<T> Y = assemble(tiles, neurons, profile.samples);
  profile.seconds = seconds_since(start) - profile.layer_source_seconds;
  log::debug("inference of " + std::to_string(profile.samples) + " samples took " +
             std::to_string(profile.seconds) + " s");
  return {std::move(Y), std::move(profile)};
}

template <NetworkValue T>
KeyedInference<T> infer(Network<T>& network, const AssocArray<T>& Y0,
                        const InferenceOptions& options) {
  const std::string unknown = keys_missing_from(network.input_keys(), Y0.rows());
  if (!unknown.empty()) {
    throw KeyError("the network has no input " + unknown);
  }
  const AssocArray<T> inputs = Y0.over(network.input_keys(), Y0.column_keys());
  LayerSource<T>& source = network;
  Inference<T> inference = infer(source, inputs.matrix(), options);
  return {AssocArray<T>(network.output_keys(), Y0.column_keys(),
                        Matrix<T>::from_compressed(inference.Y.compressed(Orientation::by_row))),
          std::move(inference.profile)};
}

#define OSCILLON_INSTANTIATE_INFERENCE(T)                                                  \
  template Inference<T> infer(LayerSource<T>&, const Matrix<T>&, const InferenceOptions&); \
  template KeyedInference<T> infer(Network<T>&, const AssocArray<T>&, const InferenceOptions&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_INFERENCE)
#undef OSCILLON_INSTANTIATE_INFERENCE

}  // namespace oscillon
