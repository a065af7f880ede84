// What this machine can do at best, measured: the limits that a rate is to be seen beside.
#pragma once

#include "oscillon/algebra/graphblas.hpp"

namespace oscillon::bench {

// Of all threads together.
struct Roofline {
  int threads = 0;
  double multiply_adds = 0;  // a second, fused, in registers
  double separate = 0;     // a multiplication and an addition that round apart, as the engine does
  double first_level = 0;  // bytes a second, read from the first-level cache
  double second_level = 0;
  double memory = 0;
};

// With the widest vectors that the processor has; takes about a second.
template <NetworkValue T>
Roofline measure_roofline(int threads);

extern template Roofline measure_roofline<float>(int);
extern template Roofline measure_roofline<double>(int);

}  // namespace oscillon::bench
