#include "engine/inference/fused_kernel.hpp"

namespace oscillon::fused {

OSCILLON_FUSED_KERNELS(kernel_avx2, 32)

}  // namespace oscillon::fused
