#include "engine/inference/kernels.hpp"

namespace oscillon::fused {

OSCILLON_KERNELS(avx512, 64)

}  // namespace oscillon::fused
