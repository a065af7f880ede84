#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>

#include "engine/base/log.hpp"
#include "engine/base/thread_team.hpp"
#include "engine/inference/inference.hpp"
#include "engine/inference/plan_semiring.hpp"
#include "engine/inference/survivors.hpp"

namespace oscillon {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// A tile takes this many layers in a row, so that it stays in the cache; then survivors are packed.
constexpr std::size_t layers_per_pass = 4;
constexpr Index default_tile = 256;

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

// Takes a tile through one layer, having proved from bounds that no value leaves T, or watching
// each one.
template <NetworkValue T>
void advance(Tile<T>& tile, const Layer<T>& layer, const SemiringPlan<T>& plan, std::size_t index) {
  const LayerBounds& bounds = layer.bounds();
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
    tile.Y = plan(tile.Y, watch);
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
  if (layer.cap()) reach = std::min(reach, static_cast<double>(*layer.cap()));
  tile.magnitude = reach;
}

}  // namespace

std::string_view name_of(Plan) {
  return "semiring";
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
  profile.plan = options.plan;
  profile.threads = thread_count(options.threads);
  profile.tile = options.tile > 0 ? options.tile : default_tile;
  profile.samples = Y0.columns();
  profile.layers.resize(source.depth());

  std::vector<Tile<T>> tiles;
  {
    const Compressed<T> batch = Y0.compressed(Orientation::by_column);
    require_finite_inputs(batch);
    const double magnitude = greatest_magnitude<T>(batch.values);
    const auto borders = tile_borders(profile.samples, profile.tile, profile.threads);
    tiles.resize(borders.size() - 1);
    run_tasks(tiles.size(), profile.threads, [&](std::size_t t) {
      tiles[t] = cut_tile(batch, borders[t], borders[t + 1], magnitude);
    });
  }

  Index neurons = source.inputs();
  for (std::size_t first = 0; first < source.depth(); first += layers_per_pass) {
    const std::size_t last = std::min(first + layers_per_pass, source.depth());
    std::vector<std::shared_ptr<const Layer<T>>> layers;
    std::vector<SemiringPlan<T>> plans;
    for (std::size_t l = first; l < last; ++l) {
      const auto fetch_start = Clock::now();
      layers.push_back(source.layer(l));
      profile.layer_source_seconds += seconds_since(fetch_start);
      if (layers.back()->inputs() != neurons) {
        throw ShapeError("layer " + std::to_string(l) + " has " +
                         std::to_string(layers.back()->inputs()) + " inputs and follows " +
                         std::to_string(neurons) + " neurons");
      }
      neurons = layers.back()->outputs();
      profile.edges += layers.back()->edges();
      plans.emplace_back(layers.back(), options.bias_on);
    }
    std::vector<std::vector<LayerProfile>> counts(tiles.size());
    run_tasks(tiles.size(), profile.threads, [&](std::size_t t) {
      counts[t].resize(last - first);
      for (std::size_t l = first; l < last; ++l) {
        if (options.stop.stop_requested()) {
          throw Error(Fault::interrupted, "inference was stopped in layer " + std::to_string(l));
        }
        const auto layer_start = Clock::now();
        advance(tiles[t], *layers[l - first], plans[l - first], l);
        LayerProfile& count = counts[t][l - first];
        count.entries = tiles[t].Y.entries();
        count.live_samples = count_live(tiles[t].Y);
        count.seconds = seconds_since(layer_start);
      }
    });
    for (const auto& tile_counts : counts) {
      for (std::size_t l = first; l < last; ++l) {
        LayerProfile& layer = profile.layers[l];
        layer.entries += tile_counts[l - first].entries;
        layer.live_samples += tile_counts[l - first].live_samples;
        layer.seconds += tile_counts[l - first].seconds;
      }
    }
    if (last < source.depth()) {
      tiles = pack_survivors(tiles, neurons, profile.tile, profile.threads);
    }
    if (options.on_progress) {
      options.on_progress(
          {last, source.depth(), profile.layers[last - 1].live_samples, seconds_since(start)});
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
