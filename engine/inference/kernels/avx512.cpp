#include "engine/inference/kernels/kernels.hpp"

namespace oscillon::kernels {

OSCILLON_KERNELS(avx512, 64)

}  // namespace oscillon::kernels
