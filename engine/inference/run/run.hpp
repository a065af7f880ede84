// One inference: pass after pass, from the batch or a checkpoint to the answer.
#pragma once

#include "engine/inference/run/schedule.hpp"
#include "oscillon/inference/inference.hpp"

namespace oscillon::run {

// The answer to a batch, with what was prepared for this plan and `reduce`.
template <NetworkValue T>
Inference<T> run(const LayerSource<T>& source, const SampleBatch<T>& batch,
                 const InferenceOptions& options, const Prepared<T>& prepared);

}  // namespace oscillon::run
