// Inputs of the Challenge's shape from grey images: scaled to a square, thresholded, one column a
// sample.
//
// These inputs are of the same kind as the official ones, not equal to them. The scaling is
// bilinear in integer arithmetic, so the pixels are the same on every machine: pixel centres are
// mapped linearly, p = (2 x + 1) w / (2 M) - 1/2, and weights are in 1/256. A pixel is 1 where its
// scaled value reaches the threshold: one for all images, the lowest that leaves at most `share` of
// all pixels. Feature p = x * M + y (column x, row y), as in the official files.
#pragma once

#include "engine/algebra/matrix.hpp"
#include "engine/io/idx.hpp"

namespace oscillon::challenge {

inline constexpr double official_share = 6'374'505.0 / (60'000.0 * 1024.0);  // about a tenth

// The inputs Y0, side^2 features x images.count samples, by column, every entry 1.
template <NetworkValue T>
Matrix<T> inputs_from_images(const IdxImages& images, Index side, double share = official_share);

#define OSCILLON_EXTERN_IMAGES(T) \
  extern template Matrix<T> inputs_from_images(const IdxImages&, Index, double);
OSCILLON_EXTERN_IMAGES(float)
OSCILLON_EXTERN_IMAGES(double)
#undef OSCILLON_EXTERN_IMAGES

}  // namespace oscillon::challenge
