// What inference holds in memory: said before it begins, and watched while it runs.
#pragma once

#include "oscillon/inference/inference.hpp"

namespace oscillon::run {

// Throws Error(out_of_memory) when `held` bytes are beyond the limit (0: there is none); `what`
// says what takes them.
void require_memory(std::uint64_t held, std::uint64_t limit, const std::string& what);

// Throws Error(out_of_memory) when what can be foreseen is beyond the limit.
template <NetworkValue T>
void require_planned_memory(const LayerSource<T>& source, const SampleBatch<T>& batch,
                            const InferenceOptions& options);

}  // namespace oscillon::run
