#include "oscillon/inference/engine.hpp"

#include "engine/inference/run/run.hpp"
#include "oscillon/base/thread_team.hpp"

namespace oscillon {

namespace {

template <NetworkValue T>
KeyedInference<T> infer_by_key(const Network<T>& network, const AssocArray<T>& Y0,
                               const InferenceOptions& options, const run::Prepared<T>& prepared) {
  const std::string unknown = keys_missing_from(network.input_keys(), Y0.rows());
  if (!unknown.empty()) {
    throw KeyError("the network has no input " + unknown);
  }
  const AssocArray<T> inputs = Y0.over(network.input_keys(), Y0.column_keys());
  Inference<T> answer = run::run<T>(network, SampleBatch<T>(inputs.matrix()), options, prepared);
  return {AssocArray<T>(network.output_keys(), Y0.column_keys(),
                        Matrix<T>::from_compressed(answer.Y.compressed(Orientation::by_row))),
          std::move(answer.profile)};
}

}  // namespace

template <NetworkValue T>
Inference<T> infer(const LayerSource<T>& source, const SampleBatch<T>& Y0,
                   const InferenceOptions& options) {
  return run::run<T>(source, Y0, options, {});
}

template <NetworkValue T>
Inference<T> infer(const LayerSource<T>& source, const Matrix<T>& Y0,
                   const InferenceOptions& options) {
  return run::run<T>(source, SampleBatch<T>(Y0), options, {});
}

template <NetworkValue T>
KeyedInference<T> infer(const Network<T>& network, const AssocArray<T>& Y0,
                        const InferenceOptions& options) {
  return infer_by_key<T>(network, Y0, options, {});
}

template <NetworkValue T>
struct Engine<T>::Kept {
  run::Prepared<T> prepared;
};

template <NetworkValue T>
Engine<T>::Engine(const LayerSource<T>& source, InferenceOptions options)
    : source_(&source), options_(std::move(options)) {
  thread_count(options_.threads);  // refuses what is none
  kept_ = std::make_unique<const Kept>(Kept{run::prepare(source, options_.plan, options_.reduce)});
}

template <NetworkValue T>
Engine<T>::Engine(const Network<T>& network, InferenceOptions options)
    : Engine(static_cast<const LayerSource<T>&>(network), std::move(options)) {
  network_ = &network;
}

template <NetworkValue T>
Engine<T>::~Engine() = default;
template <NetworkValue T>
Engine<T>::Engine(Engine&&) noexcept = default;
template <NetworkValue T>
Engine<T>& Engine<T>::operator=(Engine&&) noexcept = default;

template <NetworkValue T>
Inference<T> Engine<T>::infer(const SampleBatch<T>& Y0) const {
  return run::run<T>(*source_, Y0, options_, kept_->prepared);
}

template <NetworkValue T>
Inference<T> Engine<T>::infer(const Matrix<T>& Y0) const {
  return infer(SampleBatch<T>(Y0));
}

template <NetworkValue T>
KeyedInference<T> Engine<T>::infer(const AssocArray<T>& Y0) const {
  if (network_ == nullptr) {
    throw Error(Fault::usage,
                "the layers have no keys: make the engine of a network, or give the "
                "inputs as a matrix");
  }
  return infer_by_key<T>(*network_, Y0, options_, kept_->prepared);
}

template <NetworkValue T>
std::size_t Engine<T>::prepared_layers() const {
  return kept_->prepared.stages.size();
}

#define OSCILLON_INSTANTIATE_ENGINE(T)                                                           \
  template Inference<T> infer(const LayerSource<T>&, const SampleBatch<T>&,                      \
                              const InferenceOptions&);                                          \
  template Inference<T> infer(const LayerSource<T>&, const Matrix<T>&, const InferenceOptions&); \
  template KeyedInference<T> infer(const Network<T>&, const AssocArray<T>&,                      \
                                   const InferenceOptions&);                                     \
  template class Engine<T>;
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_ENGINE)
#undef OSCILLON_INSTANTIATE_ENGINE

}  // namespace oscillon
