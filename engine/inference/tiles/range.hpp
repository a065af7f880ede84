// What is known of the size of values without looking at each: what proves that none leaves its
// type.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "oscillon/network/layer.hpp"

namespace oscillon::tiles {

// Bounds on the size of values that are not 0; `least` is 0 where nothing is known.
struct Magnitudes {
  double greatest = 0;
  double least = 0;
};

template <NetworkValue T>
Magnitudes magnitudes_of(std::span<const T> values) {
  Magnitudes found;
  found.least = std::numeric_limits<double>::infinity();
  for (const T value : values) {
    const double size = std::abs(static_cast<double>(value));
    found.greatest = std::max(found.greatest, size);
    if (size > 0) found.least = std::min(found.least, size);
  }
  return found;
}

// Whether values up to `magnitude` in size are safely within T. The margin covers the rounding of
// the bounds themselves, which are kept in double.
template <NetworkValue T>
bool fits(double magnitude) {
  return magnitude < 0.99 * static_cast<double>(std::numeric_limits<T>::max());
}

// The greatest size of a value after a layer, before the cap, given the greatest before.
inline double reach_of(const LayerBounds& bounds, double greatest) {
  return bounds.gain * greatest + bounds.offset;
}

// The same after the cap.
inline double greatest_after(const LayerBounds& bounds, double greatest) {
  return std::min(reach_of(bounds, greatest), bounds.ceiling);
}

}  // namespace oscillon::tiles
