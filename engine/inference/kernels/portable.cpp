#include "engine/inference/kernels/kernels.hpp"

namespace oscillon::kernels {

OSCILLON_KERNELS(portable, 16)

}  // namespace oscillon::kernels
