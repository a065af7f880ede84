#include "engine/inference/kernels/kernels.hpp"

#include <cstdlib>
#include <string>

#include "oscillon/algebra/graphblas.hpp"

namespace oscillon::kernels {

namespace {

// A version, and whether the processor can run it. The widest comes first.
template <class T>
struct Version {
  Kernels<T> (*make)();
  bool (*is_supported)();
};

template <class T>
constexpr Version<T> versions[] = {
#ifdef __x86_64__
    {kernels_avx512<T>,
     [] {
       return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
     }},
    {kernels_avx2<T>, [] { return __builtin_cpu_supports("avx2") != 0; }},
#endif
    {kernels_portable<T>, [] { return true; }},
};

template <class T>
Kernels<T> choose() {
  const char* const forced = std::getenv("OSCILLON_ISA");
  const std::string_view wanted = forced == nullptr ? "" : forced;
  std::string names;
  for (const Version<T>& version : versions<T>) {
    const Kernels<T> made = version.make();
    if (version.is_supported() && (wanted.empty() || wanted == made.name)) return made;
    if (version.is_supported()) names += (names.empty() ? "" : ", ") + std::string(made.name);
  }
  throw Error(Fault::usage, "OSCILLON_ISA asks for the instruction set " + in_quotes(wanted) +
                                ": there are " + names + " on this processor");
}

}  // namespace

template <class T>
const Kernels<T>& chosen() {
  static const Kernels<T> kernels = choose<T>();
  return kernels;
}

std::string_view chosen_name() {
  return chosen<float>().name;
}

#define OSCILLON_INSTANTIATE_KERNELS(T) template const Kernels<T>& chosen<T>();
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_KERNELS)
#undef OSCILLON_INSTANTIATE_KERNELS

}  // namespace oscillon::kernels
