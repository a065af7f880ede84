#include "engine/inference/kernels.hpp"

namespace oscillon::fused {

OSCILLON_KERNELS(portable, 16)

}  // namespace oscillon::fused
