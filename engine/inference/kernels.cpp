#include "engine/inference/kernels.hpp"

#include "engine/network/layer.hpp"

namespace oscillon::fused {

namespace {

enum class Processor { avx512, avx2, portable };

Processor processor() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
    return Processor::avx512;
  }
  if (__builtin_cpu_supports("avx2")) return Processor::avx2;
#endif
  return Processor::portable;
}

}  // namespace

template <class T>
const Kernels<T>& kernels() {
  static const Kernels<T> chosen = [] {
    switch (processor()) {
      case Processor::avx512:
        return kernels_avx512<T>();
      case Processor::avx2:
        return kernels_avx2<T>();
      case Processor::portable:
        break;
    }
    return kernels_portable<T>();
  }();
  return chosen;
}

std::string_view kernels_name() {
  switch (processor()) {
    case Processor::avx512:
      return "avx512";
    case Processor::avx2:
      return "avx2";
    case Processor::portable:
      break;
  }
  return "portable";
}

#define OSCILLON_INSTANTIATE_KERNELS(T) template const Kernels<T>& kernels<T>();
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_KERNELS)
#undef OSCILLON_INSTANTIATE_KERNELS

}  // namespace oscillon::fused
