#include "oscillon/inference/inference.hpp"

#include <omp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <optional>

#include "engine/base/log.hpp"
#include "engine/inference/answer.hpp"
#include "engine/inference/checkpoint.hpp"
#include "engine/inference/layer_queue.hpp"
#include "engine/inference/prepared_network.hpp"
#include "engine/inference/tiling.hpp"
#include "engine/inference/twins.hpp"
#include "engine/inference/worker.hpp"
#include "oscillon/base/thread_team.hpp"

namespace oscillon {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Layers that wait or are worked on together hold at most this, or are one.
constexpr std::uint64_t most_layer_bytes = std::uint64_t{1} << 30;

template <NetworkValue T>
void require_finite_inputs(const SampleBatch<T>& Y0) {
  if constexpr (std::is_floating_point_v<T>) {
    const auto finite = [](T value) { return std::isfinite(value); };
    if (std::all_of(Y0.values().begin(), Y0.values().end(), finite)) return;
    const Compressed<T> columns = Y0.columns(0, Y0.samples());
    const auto bad = std::find_if_not(columns.values.begin(), columns.values.end(), finite);
    const auto p = static_cast<Index>(bad - columns.values.begin());
    const auto column = std::upper_bound(columns.offsets.begin(), columns.offsets.end(), p) - 1;
    throw Error(Fault::bad_data, "the input of neuron " + std::to_string(columns.indices[p]) +
                                     " for sample " +
                                     std::to_string(column - columns.offsets.begin()) +
                                     " (counted from 0) is not finite");
  }
}

// One inference: its state between layers, and the way from pass to pass.
template <NetworkValue T>
class Run {
 public:
  Run(const LayerSource<T>& source, const SampleBatch<T>& batch, const InferenceOptions& options)
      : source_(source),
        batch_(batch),
        options_(options),
        neurons_(source.inputs()),
        alive_{batch.entries(), batch.samples(), batch.samples()} {
    profile_.threads = thread_count(options.threads);
    profile_.samples = batch.samples();
    profile_.layers.resize(source.depth());
    workers_.resize(static_cast<std::size_t>(profile_.threads));
    const auto* prepared = dynamic_cast<const PreparedNetwork<T>*>(&source);
    if (prepared != nullptr && prepared->reduce() == options.reduce) plans_ = prepared->plans();
  }

  Inference<T> operator()() {
    if (options_.checkpoint.resume) resume();
    LayerQueue<T> layers(source_, next_, layer_bytes_at_once());
    while (next_ < source_.depth()) {
      checkpoint_when_due();
      const std::vector<Step<T>> steps = take_pass(layers);
      run_pass(steps);
      if (options_.on_progress) {
        const double seconds = seconds_since(start_);
        const double work =
            static_cast<double>(profile_.samples) * static_cast<double>(profile_.edges);
        options_.on_progress({next_, source_.depth(), alive_.live_samples, seconds,
                              seconds > 0 ? work / seconds : 0});
      }
    }
    if (source_.depth() == 0) take_batch_as_it_is();
    require_memory(alive_.entries * 2 * (sizeof(Index) + sizeof(T)), "the answer");
    Matrix<T> Y = assemble(std::move(tiles_), twins_, neurons_, profile_.samples, profile_.threads);
    profile_.seconds = seconds_of_work();
    log::debug("inference of " + std::to_string(profile_.samples) + " samples took " +
               std::to_string(profile_.seconds) + " s");
    return {std::move(Y), std::move(profile_)};
  }

  MemoryPlan plan() const {
    MemoryPlan made;
    made.samples = batch_.bytes();
    if (source_.depth() == 0) return made;
    const auto layer = source_.layer(0);
    const bool as_matrix = options_.plan == Plan::semiring || options_.plan == Plan::dense_tiles;
    const std::uint64_t one =
        bytes_of(*layer) + (as_matrix ? layer->edges() * (sizeof(Index) + sizeof(T)) : 0);
    made.layers =
        source_.in_memory()
            ? one * source_.depth()
            : std::max(2 * one, std::min(one * source_.depth(), 2 * layer_bytes_at_once()));
    const Index widest = std::max(layer->inputs(), layer->outputs());
    made.tiles = static_cast<std::uint64_t>(profile_.threads) * 3 *
                 (options_.tile > 0 ? options_.tile : samples_of_a_block<T>(widest)) * widest *
                 sizeof(T);
    return made;
  }

 private:
  std::uint64_t layer_bytes_at_once() const {
    return options_.memory_limit == 0 ? most_layer_bytes
                                      : std::min(most_layer_bytes, options_.memory_limit / 8);
  }

  void resume() {
    auto found = read_checkpoint<T>(checkpoint_identity());
    if (!found) return;
    next_ = found->layer;
    neurons_ = found->neurons;
    tiles_ = std::move(found->tiles);
    twins_ = std::move(found->twins);
    profile_ = std::move(found->profile);
    profile_.threads = thread_count(options_.threads);
    profile_.resumed_at = next_;
    waited_before_ = profile_.layer_source_seconds;
    generation_ = found->generation + 1;
    alive_ = {profile_.layers[next_ - 1].entries, profile_.layers[next_ - 1].live_samples, 0};
    for (const Tile<T>& tile : tiles_) alive_.live_columns += tile.samples.size();
    pass_layers_ = most_layers_a_pass;
  }

  CheckpointIdentity checkpoint_identity() const {
    return {options_.checkpoint.folder, source_.fingerprint(), batch_.checksum(), source_.depth()};
  }

  // A network without layers answers with its inputs.
  void take_batch_as_it_is() {
    std::vector<LiveSamples<T>> live;
    live.push_back(live_samples(batch_, 0, batch_.samples()));
    tiles_ = pack(live, neurons_, std::max<Index>(batch_.samples(), 1), Form::sparse, nullptr, 1);
  }

  // The layers of the next pass, in the forms that it needs.
  std::vector<Step<T>> take_pass(LayerQueue<T>& layers) {
    std::vector<Step<T>> steps;
    std::uint64_t bytes = 0;
    for (std::size_t l = next_; l < source_.depth() && steps.size() < pass_layers_; ++l) {
      auto layer = ahead_ ? std::exchange(ahead_, nullptr) : fetch(layers);
      const Index neurons = steps.empty() ? neurons_ : steps.back().layer->outputs();
      if (layer->inputs() != neurons) {
        throw ShapeError("layer " + std::to_string(l) + " has " + std::to_string(layer->inputs()) +
                         " inputs and follows " + std::to_string(neurons) + " neurons");
      }
      profile_.edges += layer->edges();
      bytes += bytes_of(*layer);
      steps.push_back({std::move(layer), {}, {}, {}});
      if (l == 0)
        pass_layers_ = layers_of_first_pass(options_.plan, *steps.front().layer, batch_.samples());
      if (bytes >= layer_bytes_at_once()) break;
    }
    form_ = choose_form(options_.plan, steps, alive_);
    if (alive_.live_samples == 0) {  // nothing is left to work on
      tiles_.clear();
      return steps;
    }
    if (form_ == Form::block && options_.reduce && next_ + steps.size() < source_.depth()) {
      ahead_ = fetch(layers);
    }
    double greatest = 0;
    for (const Tile<T>& tile : tiles_) greatest = std::max(greatest, tile.magnitudes.greatest);
    if (next_ == 0) {
      batch_magnitudes_ = magnitudes_of<T>(batch_.values());
      greatest = batch_magnitudes_.greatest;
    }
    classes_ = form_ == Form::block ? classes_of_rank() : nullptr;
    auto classes = classes_;
    // Where bounds do not prove that all values stay within T, tiles go on as sparse ones.
    bool sparse = form_ == Form::sparse;
    for (std::size_t s = 0; s < steps.size(); ++s) {
      Step<T>& step = steps[s];
      greatest = reach_of(step.layer->bounds(), greatest);
      sparse = sparse || !fits<T>(greatest);
      if (sparse) step.semiring.emplace(step.layer);
      greatest = std::min(greatest, step.layer->bounds().ceiling);
      if (form_ == Form::full) step.dense_tiles.emplace(step.layer);
      if (form_ == Form::block) {
        const std::size_t l = next_ + s;
        if (l < plans_.size()) {
          step.fused = plans_[l];
        } else {
          const Layer<T>* reader = s + 1 < steps.size() ? steps[s + 1].layer.get() : ahead_.get();
          step.fused = std::make_shared<FusedPlan<T>>(step.layer, classes, options_.reduce, reader);
        }
        classes = step.fused->classes();
      }
    }
    return steps;
  }

  std::shared_ptr<const Layer<T>> fetch(LayerQueue<T>& layers) {
    const auto start = Clock::now();
    auto layer = layers.take();
    profile_.layer_source_seconds += seconds_since(start);
    return layer;
  }

  // The classes of neurons that the pass begins with. All blocks have the same.
  std::shared_ptr<const NeuronClasses> classes_of_rank() const {
    for (const Tile<T>& tile : tiles_) {
      if (tile.form == Form::block) return tile.classes;
    }
    return next_ < plans_.size() ? plans_[next_]->input_classes() : nullptr;
  }

  // The samples that are alive, packed into tiles of the form that the pass wants.
  void pack_survivors(Index tile) {
    Index held = 0;
    bool as_wanted = true;
    for (const Tile<T>& one : tiles_) {
      held += one.samples.size();
      as_wanted = as_wanted && one.form == form_ && one.samples.size() <= tile &&
                  (one.form != Form::block || one.block.is_padded());
    }
    // A few dead samples are carried along sooner than all are moved.
    as_wanted = as_wanted && alive_.live_columns * 8 >= held * 7;
    const bool seek_twins = form_ == Form::block && options_.reduce && alive_.live_columns > 1;
    if (as_wanted && !seek_twins) return;
    std::vector<LiveSamples<T>> live(tiles_.size());
    run_tasks(tiles_.size(), profile_.threads,
              [&](std::size_t t) { live[t] = live_samples(tiles_[t]); });
    bool fewer = false;
    if (seek_twins) {
      const std::vector<Twin> found = drop_twins(live, profile_.threads);
      fewer = !found.empty();
      twins_.insert(twins_.end(), found.begin(), found.end());
      alive_.live_columns -= found.size();
    }
    if (as_wanted && !fewer) return;
    std::vector<Tile<T>> packed = pack(live, neurons_, tile, form_, classes_, profile_.threads);
    live.clear();  // before the tiles that it borrows from
    tiles_ = std::move(packed);
  }

  void run_pass(const std::vector<Step<T>>& steps) {
    const auto pass_start = Clock::now();
    const Index rows = classes_ ? classes_->sizes.size() : neurons_;
    const Index tile =
        options_.tile > 0 ? options_.tile : samples_of_a_tile(form_, steps, rows, alive_);
    const bool from_batch = next_ == 0 && alive_.live_samples > 0;
    std::vector<Index> borders;
    if (from_batch) {
      borders = tile_borders(batch_.samples(), tile, profile_.threads);
      tiles_.resize(borders.size() - 1);
    } else {
      pack_survivors(tile);
    }
    const Index columns_before = from_batch ? batch_.samples() : alive_.live_columns;

    struct Passage {  // of a tile through a layer
      Index columns = 0;
      TileCount count;
      double seconds = 0;
    };
    std::vector<std::array<Passage, most_layers_a_pass>> passages(tiles_.size());
    run_tasks(tiles_.size(), profile_.threads, [&](std::size_t t) {
      Worker<T>& worker = workers_[static_cast<std::size_t>(omp_get_thread_num())];
      if (from_batch && form_ == Form::block) {
        tiles_[t] = worker.take_block(batch_, batch_magnitudes_, borders[t], borders[t + 1]);
      } else if (from_batch) {
        std::vector<LiveSamples<T>> live;
        live.push_back(live_samples(batch_, borders[t], borders[t + 1]));
        tiles_[t] =
            std::move(pack(live, neurons_, std::max<Index>(tile, 1), form_, nullptr, 1).front());
      } else if (form_ == Form::block) {
        tiles_[t].block.prefetch();
      }
      for (std::size_t s = 0; s < steps.size(); ++s) {
        if (options_.stop.stop_requested() && (from_batch || options_.checkpoint.folder.empty())) {
          throw Error(Fault::interrupted,
                      "inference was stopped in layer " + std::to_string(next_ + s));
        }
        const auto layer_start = Clock::now();
        Passage& passage = passages[t][s];
        passage.columns = tiles_[t].samples.size();
        passage.count = worker.advance(tiles_[t], steps[s], next_ + s);
        if (s + 1 < steps.size()) {
          worker.squeeze_if_worth_it(tiles_[t], passage.count.live_columns);
        }
        passage.seconds = seconds_since(layer_start);
      }
      const TileCount& left = passages[t][steps.size() - 1].count;
      const bool sparse =
          wastes_memory(tiles_[t], left, steps.back().layer->outputs(), columns_before);
      worker.lay_by(tiles_[t], sparse, steps.back().layer->outputs(), left.live_columns);
    });

    const Index before = alive_.live_columns;
    alive_ = {};
    for (std::size_t s = 0; s < steps.size(); ++s) {
      LayerProfile& layer = profile_.layers[next_ + s];
      layer.plan = plan_of(form_);
      layer.tile = tile;
      layer.neurons_computed = steps[s].fused ? steps[s].fused->rows() : steps[s].layer->outputs();
      for (const auto& of_tile : passages) {
        const Passage& passage = of_tile[s];
        layer.entries += passage.count.entries;
        layer.live_samples += passage.count.live_samples;
        layer.seconds += passage.seconds;
        layer.samples_computed += passage.columns;
        if (s + 1 == steps.size()) alive_.live_columns += passage.count.live_columns;
      }
    }
    next_ += steps.size();
    neurons_ = steps.back().layer->outputs();
    alive_.entries = profile_.layers[next_ - 1].entries;
    alive_.live_samples = profile_.layers[next_ - 1].live_samples;
    pass_layers_ = alive_.live_columns * 4 < before * 3
                       ? std::max<std::size_t>(std::min(pass_layers_, steps.size()) / 2, 1)
                       : std::min(pass_layers_ * 2, most_layers_a_pass);
    // A stop is obeyed between passes: these are to stay short.
    if (!options_.checkpoint.folder.empty() && seconds_since(pass_start) > 2) {
      pass_layers_ = std::max<std::size_t>(pass_layers_ / 2, 1);
    }
    require_memory(0, "the samples that are alive after layer " + std::to_string(next_));
  }

  // Without waiting for layers; with what was done before a checkpoint.
  double seconds_of_work() const {
    return profile_.seconds + seconds_since(start_) -
           (profile_.layer_source_seconds - waited_before_);
  }

  // Throws Error(out_of_memory) when what is held, and `more` beside, is beyond the limit.
  void require_memory(std::uint64_t more, const std::string& what) const {
    if (options_.memory_limit == 0) return;
    std::uint64_t held = batch_.bytes() + more;
    for (const Tile<T>& tile : tiles_) held += bytes_of(tile);
    if (held <= options_.memory_limit) return;
    throw Error(Fault::out_of_memory, what + " would bring memory to " +
                                          std::to_string((held >> 20) + 1) + " MiB; the limit is " +
                                          std::to_string(options_.memory_limit >> 20) + " MiB");
  }

  void checkpoint_when_due() {
    if (options_.checkpoint.folder.empty() || next_ == profile_.resumed_at) return;
    const bool stop = options_.stop.stop_requested();
    if (!stop && seconds_since(last_checkpoint_) < options_.checkpoint.every_seconds) return;
    Profile so_far = profile_;
    so_far.seconds = seconds_of_work();
    write_checkpoint(checkpoint_identity(), generation_++, next_, neurons_, tiles_, twins_, so_far);
    last_checkpoint_ = Clock::now();
    if (stop) {
      throw Error(Fault::interrupted, "inference was stopped after layer " + std::to_string(next_) +
                                          " and can be resumed from " + options_.checkpoint.folder);
    }
  }

  const LayerSource<T>& source_;
  const SampleBatch<T>& batch_;
  const InferenceOptions& options_;
  std::span<const std::shared_ptr<const FusedPlan<T>>> plans_;  // that are ready
  std::shared_ptr<const Layer<T>> ahead_;  // the one after those of the pass, when it is needed
  const Clock::time_point start_ = Clock::now();
  Profile profile_;
  double waited_before_ = 0;  // seconds, for layers, before the checkpoint
  std::vector<Worker<T>> workers_;
  std::size_t next_ = 0;  // layer
  Index neurons_;         // of the rank before it
  Magnitudes batch_magnitudes_;
  std::vector<Tile<T>> tiles_;
  std::vector<Twin> twins_;
  TileCount alive_;
  std::size_t pass_layers_ = 1;
  Form form_ = Form::sparse;
  std::shared_ptr<const NeuronClasses> classes_;  // of the rows of blocks before the pass
  std::size_t generation_ = 0;                    // of the next checkpoint
  Clock::time_point last_checkpoint_ = start_;
};

}  // namespace

template <NetworkValue T>
MemoryPlan plan_memory(const LayerSource<T>& source, const SampleBatch<T>& Y0,
                       const InferenceOptions& options) {
  return Run<T>(source, Y0, options).plan();
}

template <NetworkValue T>
Inference<T> infer(const LayerSource<T>& source, const SampleBatch<T>& Y0,
                   const InferenceOptions& options) {
  if (Y0.neurons() != source.inputs()) {
    throw ShapeError("inputs of " + std::to_string(Y0.neurons()) + " neurons x " +
                     std::to_string(Y0.samples()) + " samples do not fit a network with " +
                     std::to_string(source.inputs()) + " inputs");
  }
  const SingleThreadedGraphblas one_thread_a_tile;
  require_finite_inputs(Y0);
  Run<T> run(source, Y0, options);
  if (options.memory_limit > 0) {
    const MemoryPlan plan = run.plan();
    if (plan.total() > options.memory_limit) {
      throw Error(Fault::out_of_memory, "inference needs more memory than the limit of " +
                                            std::to_string(options.memory_limit >> 20) +
                                            " MiB: " + plan.text());
    }
  }
  return run();
}

#define OSCILLON_INSTANTIATE_INFERENCE(T)                                       \
  template MemoryPlan plan_memory(const LayerSource<T>&, const SampleBatch<T>&, \
                                  const InferenceOptions&);                     \
  template Inference<T> infer(const LayerSource<T>&, const SampleBatch<T>&,     \
                              const InferenceOptions&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_INFERENCE)
#undef OSCILLON_INSTANTIATE_INFERENCE

}  // namespace oscillon
