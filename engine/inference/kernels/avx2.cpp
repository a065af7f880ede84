#include "engine/inference/kernels/kernels.hpp"

namespace oscillon::kernels {

OSCILLON_KERNELS(avx2, 32)

}  // namespace oscillon::kernels
