#include "verify/bench/roofline.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#include "engine/base/caches.hpp"
#include "engine/base/clock.hpp"
#include "oscillon/base/thread_team.hpp"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace oscillon::bench {

namespace {

constexpr int sums = 16;  // that run side by side: more than latency x units
constexpr std::size_t steps = 4096;

// A loop over vectors in registers or in memory, for vectors of some width.
template <class T>
struct Loops {
  std::size_t lanes;
  void (*fused)(T start);
  void (*separate)(T start);
  // `count` values, a multiple of `sums` vectors, so many times.
  void (*read)(const T* values, std::size_t count, std::size_t times);
};

// The statements that hold nothing keep sums apart that the compiler could tell to be equal.
#define OSCILLON_ROOFLINE(name, T, bytes, attributes, fma)                                 \
  namespace name {                                                                         \
  typedef T Vector __attribute__((vector_size(bytes), may_alias));                         \
  attributes void fused(T start) {                                                         \
    Vector sum[sums] = {};                                                                 \
    const Vector a = Vector{} + start, b = Vector{} + start;                               \
    for (std::size_t i = 0; i < steps; ++i) {                                              \
      for (auto& s : sum) {                                                                \
        fma;                                                                               \
        asm volatile("" : "+v"(s));                                                        \
      }                                                                                    \
    }                                                                                      \
    for (auto& s : sum) asm volatile("" : : "v"(s));                                       \
  }                                                                                        \
  attributes void separate(T start) {                                                      \
    Vector sum[sums] = {};                                                                 \
    Vector a = Vector{} + start;                                                           \
    const Vector b = a;                                                                    \
    for (std::size_t i = 0; i < steps; ++i) {                                              \
      for (auto& s : sum) {                                                                \
        s += a * b;                                                                        \
        asm volatile("" : "+v"(a));                                                        \
      }                                                                                    \
    }                                                                                      \
    for (auto& s : sum) asm volatile("" : : "v"(s));                                       \
  }                                                                                        \
  attributes void read(const T* values, std::size_t count, std::size_t times) {            \
    constexpr std::size_t lanes = bytes / sizeof(T);                                       \
    Vector sum[sums] = {};                                                                 \
    for (std::size_t time = 0; time < times; ++time) {                                     \
      asm volatile("" : : "r"(values) : "memory");                                         \
      for (std::size_t i = 0; i < count; i += sums * lanes) {                              \
        for (int s = 0; s < sums; ++s) {                                                   \
          sum[s] += *reinterpret_cast<const Vector*>(values + i + std::size_t(s) * lanes); \
        }                                                                                  \
      }                                                                                    \
    }                                                                                      \
    for (auto& s : sum) asm volatile("" : : "v"(s));                                       \
  }                                                                                        \
  }

OSCILLON_ROOFLINE(portable_float, float, 16, , s += a * b)
OSCILLON_ROOFLINE(portable_double, double, 16, , s += a * b)
#ifdef __x86_64__
#define OSCILLON_AVX2 __attribute__((target("avx2,fma")))
#define OSCILLON_AVX512 __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma")))
OSCILLON_ROOFLINE(avx2_float, float, 32, OSCILLON_AVX2,
                  s = (Vector)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)s))
OSCILLON_ROOFLINE(avx2_double, double, 32, OSCILLON_AVX2,
                  s = (Vector)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)s))
OSCILLON_ROOFLINE(avx512_float, float, 64, OSCILLON_AVX512,
                  s = (Vector)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)s))
OSCILLON_ROOFLINE(avx512_double, double, 64, OSCILLON_AVX512,
                  s = (Vector)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)s))
#endif
#undef OSCILLON_ROOFLINE

template <class T>
Loops<T> loops();

#ifdef __x86_64__
#define OSCILLON_LOOPS_X86(T)                                                           \
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) {        \
    return {64 / sizeof(T), avx512_##T::fused, avx512_##T::separate, avx512_##T::read}; \
  }                                                                                     \
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {                \
    return {32 / sizeof(T), avx2_##T::fused, avx2_##T::separate, avx2_##T::read};       \
  }
#else
#define OSCILLON_LOOPS_X86(T)
#endif
#define OSCILLON_LOOPS(T)                                                                     \
  template <>                                                                                 \
  Loops<T> loops() {                                                                          \
    OSCILLON_LOOPS_X86(T)                                                                     \
    return {16 / sizeof(T), portable_##T::fused, portable_##T::separate, portable_##T::read}; \
  }
OSCILLON_LOOPS(float)
OSCILLON_LOOPS(double)
#undef OSCILLON_LOOPS
#undef OSCILLON_LOOPS_X86

// How often all threads together run `once` in a second, at best of some rounds.
template <class Once>
double rate_of(int threads, Once&& once) {
  double best = 0;
  for (int round = 0; round < 5; ++round) {
    // From when all have begun to when the last has ended: more threads than cores do no more.
    Stopwatch watch;
    std::size_t times = 0;
#pragma omp parallel num_threads(threads) reduction(+ : times)
    {
#pragma omp barrier
#pragma omp single
      watch.restart();
      do {
        once();
        ++times;
      } while (watch.seconds() < 0.03);
    }
    best = std::max(best, static_cast<double>(times) / watch.seconds());
  }
  return best;
}

template <class T>
double bandwidth(int threads, const Loops<T>& loop, std::size_t bytes) {
  const std::size_t unit = sums * loop.lanes;
  const std::size_t count = std::max<std::size_t>(bytes / sizeof(T) / unit, 1) * unit;
  struct Free {
    void operator()(T* memory) const { std::free(memory); }
  };
  std::vector<std::unique_ptr<T, Free>> arrays(static_cast<std::size_t>(threads));
#pragma omp parallel num_threads(threads)
  {
    auto& own = arrays[static_cast<std::size_t>(omp_get_thread_num())];
    own.reset(static_cast<T*>(std::aligned_alloc(4096, (count * sizeof(T) + 4095) / 4096 * 4096)));
    if (own) std::fill_n(own.get(), count, T(0));
  }
  for (const auto& array : arrays) {
    if (!array) throw std::bad_alloc();
  }
  const std::size_t repeats = std::max<std::size_t>((std::size_t{1} << 18) / count, 1);
  const double times = rate_of(threads, [&] {
    loop.read(arrays[static_cast<std::size_t>(omp_get_thread_num())].get(), count, repeats);
  });
  return times * static_cast<double>(repeats * count * sizeof(T));
}

}  // namespace

template <NetworkValue T>
Roofline measure_roofline(int threads) {
  const Loops<T> loop = loops<T>();
  const double operations = static_cast<double>(steps * sums * loop.lanes);
  Roofline made;
  made.threads = threads;
  made.multiply_adds = operations * rate_of(threads, [&] { loop.fused(T(0)); });
  made.separate = operations * rate_of(threads, [&] { loop.separate(T(0)); });
  made.first_level = bandwidth(threads, loop, caches().first_level / 2);
  made.second_level = bandwidth(threads, loop, caches().second_level / 2);
  made.memory = bandwidth(threads, loop,
                          std::max(4 * caches().third_level, 16 * caches().second_level) /
                              static_cast<std::size_t>(threads));
  return made;
}

template Roofline measure_roofline<float>(int);
template Roofline measure_roofline<double>(int);

}  // namespace oscillon::bench
