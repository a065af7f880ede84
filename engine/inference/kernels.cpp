#include "engine/inference/kernels.hpp"

#include "oscillon/network/layer.hpp"

namespace oscillon::fused {

namespace {

template <class T>
Kernels<T> kernels_of_this_processor() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
    return kernels_avx512<T>();
  }
  if (__builtin_cpu_supports("avx2")) return kernels_avx2<T>();
#endif
  return kernels_portable<T>();
}

}  // namespace

template <class T>
const Kernels<T>& kernels() {
  static const Kernels<T> chosen = kernels_of_this_processor<T>();
  return chosen;
}

std::string_view kernels_name() {
  return kernels<float>().name;
}

#define OSCILLON_INSTANTIATE_KERNELS(T) template const Kernels<T>& kernels<T>();
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_KERNELS)
#undef OSCILLON_INSTANTIATE_KERNELS

}  // namespace oscillon::fused
