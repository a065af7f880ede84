#include "engine/inference/run/pass.hpp"

#include <array>

#include "engine/base/clock.hpp"
#include "engine/base/log.hpp"
#include "engine/inference/tiles/pack.hpp"
#include "oscillon/base/thread_team.hpp"

namespace oscillon::run {

using tiles::Block;
using tiles::Form;
using tiles::LiveSamples;
using tiles::Samples;
using tiles::Tile;
using tiles::TileCount;

namespace {

// Leaves dead samples out where that saves the next layer an eighth of its vectors, which is more
// than the moving costs.
template <NetworkValue T>
void squeeze_if_worth_it(Tile<T>& tile, Index live) {
  if (tile.form != Form::block) return;
  const auto vectors = [](Index samples) {
    return (samples + Block<T>::lanes - 1) / Block<T>::lanes;
  };
  const Index held = tile.samples.size();
  if (live < held && vectors(live) * 8 <= vectors(held) * 7) squeeze(tile);
}

// Whether a tile that waits had better be sparse: it is nearly empty, or all tiles together, with
// so many samples, would be too large.
template <NetworkValue T>
bool wastes_memory(const Tile<T>& tile, const TileCount& count, Index neurons, Index samples) {
  constexpr double most_bytes = 4.0 * (1 << 30);
  if (tile.form == Form::sparse) return false;
  const double cells = static_cast<double>(count.live_samples) * static_cast<double>(neurons);
  return static_cast<double>(count.entries) < plans::block_density * cells ||
         static_cast<double>(samples) * static_cast<double>(tile.block.rows()) * sizeof(T) >
             most_bytes;
}

template <NetworkValue T>
double greatest_magnitude(const Tile<T>& tile) {
  const auto values = tile.Y.compressed(Orientation::by_column).values;
  return tiles::magnitudes_of<T>(values).greatest;
}

}  // namespace

template <NetworkValue T>
void Passes<T>::require_not_stopped(const Pass<T>& pass, std::size_t s, bool from_batch) const {
  if (!options_.stop.stop_requested()) return;
  if (!from_batch && !options_.checkpoint.folder.empty()) return;  // obeyed after the pass
  throw Error(Fault::interrupted,
              "inference was stopped in layer " + std::to_string(pass.first + s));
}

// The samples that go on, packed into tiles of the form that the pass wants.
template <NetworkValue T>
void Passes<T>::pack_samples(const Pass<T>& pass, Samples<T>& samples) const {
  Index held = 0;
  bool as_wanted = true;
  for (const Tile<T>& one : samples.tiles) {
    held += one.samples.size();
    as_wanted = as_wanted && one.form == pass.form && one.samples.size() <= pass.tile &&
                (one.form != Form::block || (one.block.is_padded() && one.classes == pass.classes));
  }
  // A few dead samples are carried along sooner than all are moved.
  as_wanted = as_wanted && samples.alive.columns * 8 >= held * 7;
  const bool seek_twins = pass.form == Form::block && options_.reduce && samples.alive.columns > 1;
  const bool seek_dead = pass.keeps_dead && samples.alive.columns > 1;
  if (as_wanted && !seek_twins && !seek_dead) return;
  std::vector<LiveSamples<T>> live(samples.tiles.size());
  run_tasks(samples.tiles.size(), threads_,
            [&](std::size_t t) { live[t] = live_samples(samples.tiles[t], pass.keeps_dead); });
  std::vector<tiles::Twin> twins;
  if (seek_dead) twins = drop_dead_twins(live);
  if (seek_twins) {
    const std::vector<tiles::Twin> found = drop_twins(live, threads_);
    twins.insert(twins.end(), found.begin(), found.end());
  }
  samples.twins.insert(samples.twins.end(), twins.begin(), twins.end());
  samples.alive.columns -= twins.size();
  if (as_wanted && twins.empty()) return;
  std::vector<Tile<T>> packed =
      pack(live, samples.neurons, std::max<Index>(pass.tile, 1), pass.form, pass.classes, threads_);
  live.clear();  // before the tiles that it borrows from
  if (log::is_debugging()) {
    log::debug(std::to_string(held) + " samples in " + std::to_string(samples.tiles.size()) +
               " tiles are packed: " + std::to_string(samples.alive.columns) + " in " +
               std::to_string(packed.size()) + ", " + std::to_string(twins.size()) +
               " equal others");
  }
  samples.tiles = std::move(packed);
}

template <NetworkValue T>
void Passes<T>::take_from_batch(const Pass<T>& pass, const Samples<T>& samples,
                                const Origin& origin, Tile<T>& tile,
                                plans::Workspace<T>& workspace) const {
  if (pass.form == Form::block && pass.classes == nullptr) {
    tile = block_tile(batch_, samples.batch, origin.first, origin.last, pass.keeps_dead,
                      std::move(workspace.kept), workspace.spare);
    return;
  }
  std::vector<LiveSamples<T>> live;
  live.push_back(tiles::live_samples(batch_, origin.first, origin.last, pass.keeps_dead));
  tile = std::move(
      pack(live, samples.neurons, std::max<Index>(pass.tile, 1), pass.form, pass.classes, 1)
          .front());
}

// Takes a tile through one layer, having proved from bounds that no value leaves T, or watching
// each one.
template <NetworkValue T>
void Passes<T>::advance(const Pass<T>& pass, std::size_t s, Tile<T>& tile,
                        plans::Workspace<T>& workspace) const {
  const Step<T>& step = pass.steps[s];
  const LayerBounds& bounds = step.layer->bounds();
  const bool kept_dead = s == 0 ? pass.keeps_dead : pass.steps[s - 1].keeps_dead_after;
  const std::size_t index = pass.first + s;
  plans::Expectation expected{tiles::reach_of(bounds, tile.magnitudes.greatest), false};
  if (!tiles::fits<T>(expected.reach)) {
    // Layer after layer the bound drifts away from the values: look at these.
    if (tile.form == Form::block && log::is_debugging()) {
      log::debug("layer " + std::to_string(index) + ": values may reach " +
                 std::to_string(expected.reach) + "; a tile goes on as a sparse one");
    }
    make_sparse(tile, step.layer->inputs(), kept_dead);
    tile.magnitudes.greatest = greatest_magnitude(tile);
    expected.reach = tiles::reach_of(bounds, tile.magnitudes.greatest);
    expected.watch = !tiles::fits<T>(expected.reach);
  }
  const bool as_planned = tile.form == pass.form;
  try {
    if (expected.watch && std::is_integral_v<T>) {
      throw Error(Fault::bad_data, "sums may reach " + std::to_string(expected.reach) +
                                       ", beyond the range of " +
                                       std::string(GraphblasType<T>::name) + "; take a wider type");
    }
    const plans::Stage<T>& stage = as_planned ? *step.stage : *step.watching;
    if (tile.form == Form::block && stage.needs_live_columns()) squeeze(tile);
    stage.advance(tile, expected, workspace);
  } catch (const plans::NotFinite& sum) {
    throw Error(Fault::bad_data, "layer " + std::to_string(index) + ": the sum of neuron " +
                                     std::to_string(sum.neuron) + " for sample " +
                                     std::to_string(tile.samples[sum.column]) +
                                     " (counted from 0) leaves the range of " +
                                     std::string(GraphblasType<T>::name));
  } catch (const Error&) {
    rethrow_from("layer " + std::to_string(index));
  }
  tile.magnitudes.greatest = std::min(expected.reach, bounds.ceiling);
}

// Makes a tile that is to wait for the next pass small: sparse where that saves memory, or, where
// what goes on needs much less memory than it has, a block of no more than that. The rest is kept
// for the next one to be taken: fresh memory costs more than a layer does.
template <NetworkValue T>
void Passes<T>::lay_by(const Pass<T>& pass, Tile<T>& tile, const TileCount& left,
                       Index columns_before, plans::Workspace<T>& workspace) const {
  if (tile.form != Form::block) return;
  const Index neurons = pass.steps.back().layer->outputs();
  const bool keeps_dead = pass.steps.back().keeps_dead_after;
  const bool sparse = wastes_memory(tile, left, neurons, columns_before);
  if (!sparse && 2 * left.columns * tile.block.rows() * sizeof(T) > tile.block.bytes()) {
    if (workspace.spare.bytes() > workspace.kept.bytes()) workspace.kept.swap(workspace.spare);
    return;
  }
  Block<T> rest =
      sparse ? make_sparse(tile, neurons, keeps_dead) : squeeze_to_wait(tile, keeps_dead);
  if (rest.bytes() > workspace.kept.bytes()) workspace.kept.swap(rest);
}

template <NetworkValue T>
Index Passes<T>::operator()(const Pass<T>& pass, Samples<T>& samples, Profile& profile) {
  std::vector<Origin> origins;
  if (samples.alive.columns == 0) {
    samples.tiles.clear();  // nothing is left to work on
  } else if (pass.first == 0) {
    const auto borders = tiles::tile_borders(batch_.samples(), pass.tile, threads_);
    for (std::size_t t = 0; t + 1 < borders.size(); ++t) {
      origins.push_back({true, borders[t], borders[t + 1]});
    }
    samples.tiles.resize(origins.size());
  } else {
    pack_samples(pass, samples);
  }
  origins.resize(samples.tiles.size());
  const Index columns_before = samples.alive.columns;

  std::vector<std::array<Passage, most_layers_a_pass>> passages(samples.tiles.size());
  run_tasks(samples.tiles.size(), threads_, [&](std::size_t t, std::size_t worker) {
    plans::Workspace<T>& workspace = workspaces_[worker];
    Tile<T>& tile = samples.tiles[t];
    if (origins[t].from_batch) {
      take_from_batch(pass, samples, origins[t], tile, workspace);
    } else if (tile.form == Form::block) {
      tile.block.prefetch();
    }
    for (std::size_t s = 0; s < pass.steps.size(); ++s) {
      require_not_stopped(pass, s, origins[t].from_batch);
      const Stopwatch watch;
      Passage& passage = passages[t][s];
      passage.columns = tile.samples.size();
      advance(pass, s, tile, workspace);
      const bool keeps_dead = pass.steps[s].keeps_dead_after;
      passage.count = count(tile, keeps_dead);
      if (s + 1 < pass.steps.size() && !keeps_dead) {
        squeeze_if_worth_it(tile, passage.count.columns);
      }
      passage.seconds = watch.seconds();
    }
    lay_by(pass, tile, passages[t][pass.steps.size() - 1].count, columns_before, workspace);
  });

  samples.alive = {};
  for (std::size_t s = 0; s < pass.steps.size(); ++s) {
    LayerProfile& layer = profile.layers[pass.first + s];
    layer.plan = pass.plan;
    layer.tile = pass.tile;
    layer.neurons_computed =
        pass.steps[s].stage ? pass.steps[s].stage->rows() : pass.steps[s].layer->outputs();
    for (const auto& of_tile : passages) {
      const Passage& passage = of_tile[s];
      layer.entries += passage.count.entries;
      layer.live_samples += passage.count.live_samples;
      layer.seconds += passage.seconds;
      layer.samples_computed += passage.columns;
      if (s + 1 == pass.steps.size()) samples.alive.columns += passage.count.columns;
    }
  }
  const LayerProfile& last = profile.layers[pass.end() - 1];
  samples.alive.entries = last.entries;
  samples.alive.live_samples = last.live_samples;
  samples.neurons = pass.steps.back().layer->outputs();
  return columns_before;
}

#define OSCILLON_INSTANTIATE_PASSES(T) template class Passes<T>;
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_PASSES)
#undef OSCILLON_INSTANTIATE_PASSES

}  // namespace oscillon::run
