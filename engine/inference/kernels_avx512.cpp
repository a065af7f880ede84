#include "engine/inference/kernels.hpp"

namespace oscillon::fused {

OSCILLON_KERNELS(kernels_avx512, 64)

}  // namespace oscillon::fused
