#include "engine/inference/run/run.hpp"

#include <algorithm>

#include "engine/base/clock.hpp"
#include "engine/base/log.hpp"
#include "engine/inference/run/checkpoint.hpp"
#include "engine/inference/run/memory.hpp"
#include "engine/inference/run/pass.hpp"
#include "engine/inference/tiles/answer.hpp"
#include "engine/inference/tiles/pack.hpp"
#include "oscillon/base/thread_team.hpp"

namespace oscillon::run {

namespace {

template <NetworkValue T>
class Run {
 public:
  Run(const LayerSource<T>& source, const SampleBatch<T>& batch, const InferenceOptions& options,
      const Prepared<T>& prepared)
      : source_(source),
        batch_(batch),
        options_(options),
        schedule_(source, options, prepared),
        passes_(batch, options, thread_count(options.threads)),
        checkpoints_(source, batch, options.checkpoint) {
    samples_ = tiles::samples_of(batch);
    profile_.threads = thread_count(options.threads);
    profile_.samples = batch.samples();
    profile_.layers.resize(source.depth());
  }

  Inference<T> operator()() {
    if (options_.checkpoint.resume) resume();
    LayerQueue<T> layers(source_, next_, layer_bytes_at_once(options_.memory_limit));
    while (next_ < schedule_.depth()) {
      checkpoint_when_due();
      take_pass(layers);
      tell_progress();
    }
    if (schedule_.depth() == 0) take_batch_as_it_is();
    const std::uint64_t answer = samples_.alive.entries * 2 * (sizeof(Index) + sizeof(T));
    require_memory(held() + answer, options_.memory_limit, "the answer");
    Matrix<T> Y = assemble(std::move(samples_.tiles), samples_.twins, samples_.neurons,
                           profile_.samples, profile_.threads);
    profile_.seconds = seconds_of_work();
    log::debug("inference of " + std::to_string(profile_.samples) + " samples took " +
               std::to_string(profile_.seconds) + " s");
    return {std::move(Y), std::move(profile_)};
  }

 private:
  void resume() {
    auto found = checkpoints_.read();
    if (!found) return;
    next_ = found->layer;
    samples_ = std::move(found->samples);
    profile_ = std::move(found->profile);
    profile_.threads = thread_count(options_.threads);
    profile_.resumed_at = next_;
    waited_before_ = profile_.layer_source_seconds;
    schedule_.resume_at(next_);
  }

  void take_pass(LayerQueue<T>& layers) {
    const Stopwatch watch;
    const Pass<T> pass = schedule_.next(layers, samples_, profile_);
    const Index before = passes_(pass, samples_, profile_);
    samples_.zeros = may_give_zeros(*pass.steps.back().layer);
    next_ = pass.end();
    // A stop is obeyed between passes: these are to stay short.
    const bool keep_short = !options_.checkpoint.folder.empty() && watch.seconds() > 2;
    schedule_.learn(pass, before, samples_.alive.columns, keep_short);
    require_memory(held(), options_.memory_limit,
                   "the samples that are alive after layer " + std::to_string(next_));
  }

  // A network without layers answers with its inputs.
  void take_batch_as_it_is() {
    std::vector<tiles::LiveSamples<T>> live;
    live.push_back(tiles::live_samples(batch_, 0, batch_.samples(), false));
    samples_.tiles = pack(live, samples_.neurons, std::max<Index>(batch_.samples(), 1),
                          tiles::Form::sparse, nullptr, 1);
  }

  void tell_progress() const {
    if (!options_.on_progress) return;
    const double seconds = start_.seconds();
    const double work = static_cast<double>(profile_.samples) * static_cast<double>(profile_.edges);
    options_.on_progress({next_, schedule_.depth(), samples_.alive.live_samples, seconds,
                          seconds > 0 ? work / seconds : 0});
  }

  // Without waiting for layers; with what was done before a checkpoint.
  double seconds_of_work() const {
    return profile_.seconds + start_.seconds() - (profile_.layer_source_seconds - waited_before_);
  }

  std::uint64_t held() const { return batch_.bytes() + samples_.bytes(); }

  void checkpoint_when_due() {
    const bool stop = options_.stop.stop_requested();
    if (next_ == profile_.resumed_at || !checkpoints_.is_due(stop)) return;
    Profile so_far = profile_;
    so_far.seconds = seconds_of_work();
    checkpoints_.write(next_, schedule_.keeps_dead(next_), samples_, so_far);
    if (stop) {
      throw Error(Fault::interrupted, "inference was stopped after layer " + std::to_string(next_) +
                                          " and can be resumed from " + options_.checkpoint.folder);
    }
  }

  const LayerSource<T>& source_;
  const SampleBatch<T>& batch_;
  const InferenceOptions& options_;
  const Stopwatch start_;
  Schedule<T> schedule_;
  Passes<T> passes_;
  Checkpoints<T> checkpoints_;
  Profile profile_;
  tiles::Samples<T> samples_;
  std::size_t next_ = 0;      // layer
  double waited_before_ = 0;  // seconds, for layers, before the checkpoint
};

}  // namespace

template <NetworkValue T>
Inference<T> run(const LayerSource<T>& source, const SampleBatch<T>& batch,
                 const InferenceOptions& options, const Prepared<T>& prepared) {
  if (batch.neurons() != source.inputs()) {
    throw ShapeError("inputs of " + std::to_string(batch.neurons()) + " neurons x " +
                     std::to_string(batch.samples()) + " samples do not fit a network with " +
                     std::to_string(source.inputs()) + " inputs");
  }
  const SingleThreadedGraphblas one_thread_a_tile;
  batch.require_finite();
  require_planned_memory(source, batch, options);
  return Run<T>(source, batch, options, prepared)();
}

#define OSCILLON_INSTANTIATE_RUN(T)                                                                \
  template Inference<T> run(const LayerSource<T>&, const SampleBatch<T>&, const InferenceOptions&, \
                            const Prepared<T>&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_RUN)
#undef OSCILLON_INSTANTIATE_RUN

}  // namespace oscillon::run
