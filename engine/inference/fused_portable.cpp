#include "engine/inference/fused_kernel.hpp"

namespace oscillon::fused {

OSCILLON_FUSED_KERNELS(kernel_portable, 16)

}  // namespace oscillon::fused
