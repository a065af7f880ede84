#include "engine/inference/fused_kernel.hpp"

namespace oscillon::fused {

OSCILLON_FUSED_KERNELS(kernel_avx512, 64)

}  // namespace oscillon::fused
