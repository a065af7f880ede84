#include "engine/inference/kernels.hpp"

namespace oscillon::fused {

OSCILLON_KERNELS(kernels_portable, 16)

}  // namespace oscillon::fused
