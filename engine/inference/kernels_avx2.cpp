#include "engine/inference/kernels.hpp"

namespace oscillon::fused {

OSCILLON_KERNELS(avx2, 32)

}  // namespace oscillon::fused
