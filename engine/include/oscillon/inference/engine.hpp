// A network made ready for many calls: what its plan works out about the layers is kept, which
// takes longer than a few samples do.
#pragma once

#include <memory>

#include "oscillon/inference/inference.hpp"

namespace oscillon {

template <NetworkValue T>
class Engine {
 public:
  // Works out at once what can be kept: of layers that stand in memory and suit the plan. `source`
  // must outlive the engine. Throws as infer() does for the network and the options.
  explicit Engine(const LayerSource<T>& source, InferenceOptions options = {});
  explicit Engine(const Network<T>& network, InferenceOptions options = {});
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  // As the functions of this name do (inference.hpp). Several threads may ask at once.
  Inference<T> infer(const SampleBatch<T>& Y0) const;
  Inference<T> infer(const Matrix<T>& Y0) const;

  // By key. Throws Error(Fault::usage) for an engine of a source without keys.
  KeyedInference<T> infer(const AssocArray<T>& Y0) const;

  const InferenceOptions& options() const { return options_; }

  // How many of the first layers are kept ready.
  std::size_t prepared_layers() const;

 private:
  struct Kept;

  const LayerSource<T>* source_;
  const Network<T>* network_ = nullptr;  // the source, where it has keys
  InferenceOptions options_;
  std::unique_ptr<const Kept> kept_;
};

#define OSCILLON_EXTERN_ENGINE(T) extern template class Engine<T>;
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_ENGINE)
#undef OSCILLON_EXTERN_ENGINE

}  // namespace oscillon
