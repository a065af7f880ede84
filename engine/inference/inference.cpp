#include "oscillon/inference/inference.hpp"

namespace oscillon {

Plan plan_from_name(std::string_view name) {
  for (const Plan plan : {Plan::automatic, Plan::semiring, Plan::dense_tiles, Plan::fused}) {
    if (name == name_of(plan)) return plan;
  }
  throw Error(Fault::usage, "no plan is called " + in_quotes(name) +
                                ": there are automatic, semiring, dense-tiles and fused");
}

std::string_view name_of(Plan plan) {
  switch (plan) {
    case Plan::automatic:
      return "automatic";
    case Plan::semiring:
      return "semiring";
    case Plan::dense_tiles:
      return "dense-tiles";
    case Plan::fused:
      return "fused";
  }
  return "";
}

std::string MemoryPlan::text() const {
  const auto mebibytes = [](std::uint64_t bytes) {
    return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB";
  };
  return "samples " + mebibytes(samples) + " + layers " + mebibytes(layers) + " + tiles " +
         mebibytes(tiles) + " = " + mebibytes(total()) + ", survivors and answer aside";
}

template <NetworkValue T>
Inference<T> infer(const LayerSource<T>& source, const Matrix<T>& Y0,
                   const InferenceOptions& options) {
  return infer(source, SampleBatch<T>(Y0), options);
}

template <NetworkValue T>
KeyedInference<T> infer(const Network<T>& network, const AssocArray<T>& Y0,
                        const InferenceOptions& options) {
  const std::string unknown = keys_missing_from(network.input_keys(), Y0.rows());
  if (!unknown.empty()) {
    throw KeyError("the network has no input " + unknown);
  }
  const AssocArray<T> inputs = Y0.over(network.input_keys(), Y0.column_keys());
  const LayerSource<T>& source = network;
  Inference<T> inference = infer(source, inputs.matrix(), options);
  return {AssocArray<T>(network.output_keys(), Y0.column_keys(),
                        Matrix<T>::from_compressed(inference.Y.compressed(Orientation::by_row))),
          std::move(inference.profile)};
}

#define OSCILLON_INSTANTIATE_INFERENCE(T)                                                        \
  template Inference<T> infer(const LayerSource<T>&, const Matrix<T>&, const InferenceOptions&); \
  template KeyedInference<T> infer(const Network<T>&, const AssocArray<T>&,                      \
                                   const InferenceOptions&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_INFERENCE)
#undef OSCILLON_INSTANTIATE_INFERENCE

}  // namespace oscillon
