#include "engine/inference/run/memory.hpp"

#include <algorithm>

#include "engine/base/log.hpp"
#include "engine/inference/plans/plan.hpp"
#include "engine/inference/run/schedule.hpp"
#include "oscillon/base/thread_team.hpp"

namespace oscillon {

namespace {

std::string mebibytes(std::uint64_t bytes) {
  return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB";
}

}  // namespace

std::string MemoryPlan::text() const {
  return "samples " + mebibytes(samples) + " + layers " + mebibytes(layers) + " + tiles " +
         mebibytes(tiles) + " = " + mebibytes(total()) + ", survivors and answer aside";
}

template <NetworkValue T>
MemoryPlan plan_memory(const LayerSource<T>& source, const SampleBatch<T>& batch,
                       const InferenceOptions& options) {
  MemoryPlan made;
  made.samples = batch.bytes();
  if (source.depth() == 0) return made;
  const auto layer = source.layer(0);
  const bool as_matrix = options.plan == Plan::semiring || options.plan == Plan::dense_tiles;
  const std::uint64_t one =
      run::bytes_of(*layer) + (as_matrix ? layer->edges() * (sizeof(Index) + sizeof(T)) : 0);
  made.layers =
      source.in_memory()
          ? one * source.depth()
          : std::max(2 * one, std::min(one * source.depth(),
                                       2 * run::layer_bytes_at_once(options.memory_limit)));
  const Index widest = std::max(layer->inputs(), layer->outputs());
  made.tiles = static_cast<std::uint64_t>(thread_count(options.threads)) * 3 *
               (options.tile > 0 ? options.tile : plans::samples_of_a_block<T>(widest)) * widest *
               sizeof(T);
  return made;
}

namespace run {

void require_memory(std::uint64_t held, std::uint64_t limit, const std::string& what) {
  if (limit == 0 || held <= limit) return;
  throw Error(Fault::out_of_memory, what + " would bring memory to " +
                                        std::to_string((held >> 20) + 1) + " MiB; the limit is " +
                                        std::to_string(limit >> 20) + " MiB");
}

template <NetworkValue T>
void require_planned_memory(const LayerSource<T>& source, const SampleBatch<T>& batch,
                            const InferenceOptions& options) {
  if (options.memory_limit == 0 && !log::is_debugging()) return;
  const MemoryPlan plan = plan_memory(source, batch, options);
  log::debug("memory: " + plan.text());
  if (options.memory_limit == 0 || plan.total() <= options.memory_limit) return;
  throw Error(Fault::out_of_memory, "inference needs more memory than the limit of " +
                                        std::to_string(options.memory_limit >> 20) +
                                        " MiB: " + plan.text());
}

#define OSCILLON_INSTANTIATE_REQUIRE(T)                                              \
  template void require_planned_memory(const LayerSource<T>&, const SampleBatch<T>&, \
                                       const InferenceOptions&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_REQUIRE)
#undef OSCILLON_INSTANTIATE_REQUIRE

}  // namespace run

#define OSCILLON_INSTANTIATE_MEMORY(T)                                          \
  template MemoryPlan plan_memory(const LayerSource<T>&, const SampleBatch<T>&, \
                                  const InferenceOptions&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_MEMORY)
#undef OSCILLON_INSTANTIATE_MEMORY

}  // namespace oscillon
