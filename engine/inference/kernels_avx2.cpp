#include "engine/inference/kernels.hpp"

namespace oscillon::fused {

OSCILLON_KERNELS(kernels_avx2, 32)

}  // namespace oscillon::fused
