#include "engine/inference/run/schedule.hpp"

#include <algorithm>

#include "engine/base/clock.hpp"
#include "engine/base/log.hpp"

namespace oscillon::run {

namespace {

using plans::Surroundings;

template <NetworkValue T>
std::vector<std::shared_ptr<const Layer<T>>> layers_of(const Pass<T>& pass) {
  std::vector<std::shared_ptr<const Layer<T>>> layers;
  for (const Step<T>& step : pass.steps) layers.push_back(step.layer);
  return layers;
}

// The first layer of a pass that a plan does not suit; none when it suits all.
template <NetworkValue T>
std::optional<std::size_t> unsuited(const plans::PlanRow<T>& row, const Pass<T>& pass,
                                    Surroundings where) {
  where.keeps_dead = pass.keeps_dead;
  for (std::size_t s = 0; s < pass.steps.size(); ++s) {
    const Step<T>& step = pass.steps[s];
    if (!row.suits(*step.layer, where)) return pass.first + s;
    where = {may_give_zeros(*step.layer), step.keeps_dead_after};
  }
  return std::nullopt;
}

}  // namespace

std::uint64_t layer_bytes_at_once(std::uint64_t memory_limit) {
  constexpr std::uint64_t most = std::uint64_t{1} << 30;
  return memory_limit == 0 ? most : std::min(most, memory_limit / 8);
}

template <NetworkValue T>
Prepared<T> prepare(const LayerSource<T>& source, Plan plan, bool reduce) {
  Prepared<T> made;
  made.plan = plan == Plan::automatic ? Plan::fused : plan;
  if (!source.in_memory()) return made;
  const plans::PlanRow<T>& row = plans::row_of<T>(made.plan);
  std::shared_ptr<const tiles::NeuronClasses> classes;
  Surroundings where;
  for (std::size_t l = 0; l < source.depth(); ++l) {
    const auto layer = source.layer(l);
    if (!row.suits(*layer, where)) break;
    const auto reader = l + 1 < source.depth() ? source.layer(l + 1) : nullptr;
    made.stages.push_back(row.prepare(layer, {classes, reader.get(), reduce}));
    classes = made.stages.back()->classes();
    where.zeros_are_entries = may_give_zeros(*layer);
  }
  return made;
}

template <NetworkValue T>
Schedule<T>::Schedule(const LayerSource<T>& source, const InferenceOptions& options,
                      const Prepared<T>& prepared)
    : source_(source), options_(options), prepared_(prepared), depth_(source.depth()) {
  for (std::size_t l = depth_; l > 0 && keeps_dead_until_ == 0; --l) {
    if (source.bias_on(l - 1) == BiasOn::every_sample) keeps_dead_until_ = l;
  }
}

template <NetworkValue T>
void Schedule<T>::resume_at(std::size_t first) {
  next_ = first;
}

template <NetworkValue T>
std::shared_ptr<const Layer<T>> Schedule<T>::fetch(LayerQueue<T>& layers, Profile& profile) {
  const Stopwatch watch;
  auto layer = layers.take();
  profile.layer_source_seconds += watch.seconds();
  return layer;
}

template <NetworkValue T>
Pass<T> Schedule<T>::next(LayerQueue<T>& layers, const tiles::Samples<T>& samples,
                          Profile& profile) {
  Pass<T> pass;
  pass.first = next_;
  pass.keeps_dead = keeps_dead(next_);
  std::uint64_t bytes = 0;
  for (std::size_t l = next_; l < depth_ && pass.steps.size() < pass_layers_; ++l) {
    auto layer = ahead_ ? std::exchange(ahead_, nullptr) : fetch(layers, profile);
    const Index neurons = pass.steps.empty() ? samples.neurons : pass.steps.back().layer->outputs();
    if (layer->inputs() != neurons) {
      throw ShapeError("layer " + std::to_string(l) + " has " + std::to_string(layer->inputs()) +
                       " inputs and follows " + std::to_string(neurons) + " neurons");
    }
    profile.edges += layer->edges();
    bytes += bytes_of(*layer);
    pass.steps.push_back({std::move(layer), nullptr, nullptr, keeps_dead(l + 1)});
    if (bytes >= layer_bytes_at_once(options_.memory_limit)) break;
  }
  next_ = pass.end();
  choose_plan(pass, samples);
  if (samples.alive.columns > 0) {
    if (pass.form == tiles::Form::block && options_.reduce && next_ < depth_) {
      ahead_ = fetch(layers, profile);
    }
    prepare_steps(pass, samples);
  }
  const auto work_layers = layers_of(pass);
  Index rows = pass.classes ? pass.classes->sizes.size() : samples.neurons;
  for (const Step<T>& step : pass.steps) {
    rows = std::max(rows, step.stage ? step.stage->rows() : Index{1});
  }
  pass.tile = options_.tile > 0 ? options_.tile
                                : plans::row_of<T>(pass.plan).samples_of_a_tile(
                                      {work_layers, samples.alive}, rows);
  tell(pass, samples);
  return pass;
}

template <NetworkValue T>
void Schedule<T>::choose_plan(Pass<T>& pass, const tiles::Samples<T>& samples) const {
  const auto layers = layers_of(pass);
  const Surroundings where{samples.zeros, pass.keeps_dead};
  pass.plan = options_.plan;
  if (options_.plan != Plan::automatic) {
    if (const auto layer = unsuited(plans::row_of<T>(options_.plan), pass, where)) {
      const PlanName& name = plan_names()[static_cast<std::size_t>(options_.plan) - 1];
      throw Error(Fault::usage, "plan " + std::string(name.name) + " does not suit layer " +
                                    std::to_string(*layer) + ": it is " +
                                    std::string(name.description) + "; take automatic or semiring");
    }
  } else {
    double least = plans::never;
    pass.plan = Plan::semiring;
    for (const PlanName& one : plan_names()) {
      const plans::PlanRow<T>& row = plans::row_of<T>(one.plan);
      const double cost = row.cost({layers, samples.alive});
      if (cost == plans::never || cost > least || unsuited(row, pass, where)) continue;
      least = cost;
      pass.plan = one.plan;
    }
    if (samples.alive.columns == 0) pass.plan = Plan::semiring;
  }
  pass.form = plans::row_of<T>(pass.plan).form;
}

template <NetworkValue T>
void Schedule<T>::prepare_steps(Pass<T>& pass, const tiles::Samples<T>& samples) const {
  const plans::PlanRow<T>& row = plans::row_of<T>(pass.plan);
  if (pass.form == tiles::Form::block) {
    const plans::Stage<T>* const ready = prepared_.at(pass.plan, pass.first);
    pass.classes = samples.have_blocks() ? samples.classes()
                   : ready != nullptr    ? ready->input_classes()
                                         : nullptr;
  }
  auto classes = pass.classes;
  double greatest = samples.greatest();
  bool watches = false;
  for (std::size_t s = 0; s < pass.steps.size(); ++s) {
    Step<T>& step = pass.steps[s];
    watches = watches || !tiles::fits<T>(tiles::reach_of(step.layer->bounds(), greatest));
    greatest = tiles::greatest_after(step.layer->bounds(), greatest);
    if (prepared_.at(pass.plan, pass.first + s) != nullptr) {
      step.stage = prepared_.stages[pass.first + s];
    } else {
      const Layer<T>* const reader =
          s + 1 < pass.steps.size() ? pass.steps[s + 1].layer.get() : ahead_.get();
      step.stage = row.prepare(step.layer, {classes, reader, options_.reduce});
    }
    classes = step.stage->classes();
    if (watches) {
      step.watching = pass.form == tiles::Form::sparse
                          ? step.stage
                          : plans::row_of<T>(Plan::semiring).prepare(step.layer, {});
    }
  }
}

template <NetworkValue T>
void Schedule<T>::tell(const Pass<T>& pass, const tiles::Samples<T>& samples) const {
  if (!log::is_debugging()) return;
  const auto layers = layers_of(pass);
  std::string costs;
  for (const PlanName& one : plan_names()) {
    const plans::PlanRow<T>& row = plans::row_of<T>(one.plan);
    const double cost = row.cost({layers, samples.alive});
    const bool suits = !unsuited(row, pass, {samples.zeros, pass.keeps_dead});
    costs +=
        (costs.empty() ? "" : ", ") + std::string(one.name) +
        (!suits                 ? " does not suit"
         : cost == plans::never ? " is never chosen"
                                : " costs " + std::to_string(static_cast<std::uint64_t>(cost)));
  }
  log::debug("layers " + std::to_string(pass.first) + " to " + std::to_string(pass.end() - 1) +
             ": plan " + std::string(name_of(pass.plan)) +
             (options_.plan == Plan::automatic ? ", the least of " + costs : ", as asked for") +
             "; " + std::to_string(samples.alive.columns) + " samples with " +
             std::to_string(samples.alive.entries) + " entries, " + std::to_string(pass.tile) +
             " a tile");
}

template <NetworkValue T>
void Schedule<T>::learn(const Pass<T>& pass, Index columns_before, Index columns_after,
                        bool keep_short) {
  pass_layers_ = columns_after * 4 < columns_before * 3
                     ? std::max<std::size_t>(std::min(pass_layers_, pass.steps.size()) / 2, 1)
                     : std::min(pass_layers_ * 2, most_layers_a_pass);
  if (keep_short) pass_layers_ = std::max<std::size_t>(pass_layers_ / 2, 1);
}

#define OSCILLON_INSTANTIATE_SCHEDULE(T)                           \
  template Prepared<T> prepare(const LayerSource<T>&, Plan, bool); \
  template class Schedule<T>;
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_SCHEDULE)
#undef OSCILLON_INSTANTIATE_SCHEDULE

}  // namespace oscillon::run
