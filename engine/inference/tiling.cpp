#include "engine/inference/tiling.hpp"

#include "engine/base/caches.hpp"

namespace oscillon {

namespace {

// A sparse tile has at most this many samples and, as far as can be foreseen, entries. A full one
// is as large as a quarter of the second-level cache, a block, of which two are in work, takes half
// of it.
constexpr Index sparse_tile = 256;
constexpr double most_sparse_entries = 1 << 23;
Index full_tile_bytes() {
  return caches().second_level / 4;
}
Index block_bytes() {
  return caches().second_level / 2;
}
constexpr Index block_row_bytes = 512;  // what the kernel takes of a row at a time

// Where this share of the entries is there, full tiles and blocks are faster in spite of the zeros:
// measured at 1024 neurons with 32 inputs each.
constexpr double full_density = 0.1;
constexpr double block_density = 0.02;

// Left to choose, the plan spends no more than this on full tiles or blocks: all of them, and one.
constexpr double most_full_bytes = 4.0 * (1 << 30);
constexpr double most_block_bytes = 64.0 * (1 << 20);
constexpr Index least_full_tile = 16;

// What may live after a first pass of one layer.
constexpr double most_after_first_layer = 1 << 30;

Form form_of(Plan plan) {
  return plan == Plan::fused ? Form::block : plan == Plan::dense_tiles ? Form::full : Form::sparse;
}

// The most neurons of a rank that a pass over these layers meets.
template <NetworkValue T>
Index widest_rank(const std::vector<Step<T>>& steps) {
  Index widest = steps.front().layer->inputs();
  for (const Step<T>& step : steps) widest = std::max(widest, step.layer->outputs());
  return widest;
}

}  // namespace

Plan plan_of(Form form) {
  return form == Form::block  ? Plan::fused
         : form == Form::full ? Plan::dense_tiles
                              : Plan::semiring;
}

template <NetworkValue T>
Form choose_form(Plan plan, const std::vector<Step<T>>& steps, const TileCount& alive) {
  if (plan == Plan::semiring) return Form::sparse;
  const bool suited = std::all_of(steps.begin(), steps.end(), [&](const Step<T>& step) {
    return plan == Plan::dense_tiles ? DenseTilesPlan<T>::suits(*step.layer)
                                     : FusedPlan<T>::suits(*step.layer);
  });
  if (plan != Plan::automatic) {
    if (suited) return form_of(plan);
    throw Error(Fault::usage, "plan " + std::string(name_of(plan)) +
                                  " is for layers without a positive bias, which this network has; "
                                  "take automatic or semiring");
  }
  if (!suited || alive.live_samples == 0) return Form::sparse;
  // Of the neurons that are read: what is sparse for lying among many others makes as much work.
  const Layer<T>& first = *steps.front().layer;
  const double cells = static_cast<double>(alive.live_samples) *
                       static_cast<double>(first.inputs() - first.rows().unread().size());
  const double smallest_tile =
      static_cast<double>(widest_rank(steps)) * Block<T>::lanes * sizeof(T);
  return static_cast<double>(alive.entries) >= block_density * cells &&
                 smallest_tile <= most_block_bytes
             ? Form::block
             : Form::sparse;
}

template <NetworkValue T>
Index samples_of_a_tile(Form form, const std::vector<Step<T>>& steps, Index rows,
                        const TileCount& alive) {
  if (form == Form::full) {
    return std::clamp<Index>(full_tile_bytes() / (widest_rank(steps) * sizeof(T)), least_full_tile,
                             sparse_tile);
  }
  if (form == Form::block) {
    for (const Step<T>& step : steps) rows = std::max(rows, step.fused ? step.fused->rows() : 1);
    return samples_of_a_block<T>(rows);
  }
  // As many as keep W Y within bounds, were every entry to meet as many weights as there are in the
  // mean.
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

template <NetworkValue T>
Index samples_of_a_block(Index rows) {
  constexpr Index lanes = Block<T>::lanes;
  const Index fitting = block_bytes() / (std::max<Index>(rows, 1) * sizeof(T));
  return std::clamp<Index>(fitting / lanes * lanes, lanes, block_row_bytes / sizeof(T));
}

template <NetworkValue T>
std::size_t layers_of_first_pass(Plan plan, const Layer<T>& first, Index samples) {
  const double cells = static_cast<double>(samples) * static_cast<double>(first.outputs());
  const bool stop_early = plan == Plan::dense_tiles && cells * sizeof(T) <= most_after_first_layer;
  return stop_early ? 1 : most_layers_a_pass;
}

template <NetworkValue T>
bool wastes_memory(const Tile<T>& tile, const TileCount& count, Index neurons, Index samples) {
  if (tile.form == Form::sparse) return false;
  const bool block = tile.form == Form::block;
  const double cells = static_cast<double>(count.live_samples) * static_cast<double>(neurons);
  const auto rows = static_cast<double>(block ? tile.block.rows() : neurons);
  return static_cast<double>(count.entries) < (block ? block_density : full_density) * cells ||
         static_cast<double>(samples) * rows * sizeof(T) > most_full_bytes;
}

#define OSCILLON_INSTANTIATE_TILING(T)                                                          \
  template Form choose_form(Plan, const std::vector<Step<T>>&, const TileCount&);               \
  template Index samples_of_a_tile(Form, const std::vector<Step<T>>&, Index, const TileCount&); \
  template Index samples_of_a_block<T>(Index);                                                  \
  template std::size_t layers_of_first_pass(Plan, const Layer<T>&, Index);                      \
  template bool wastes_memory(const Tile<T>&, const TileCount&, Index, Index);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_TILING)
#undef OSCILLON_INSTANTIATE_TILING

}  // namespace oscillon
