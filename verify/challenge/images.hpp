// Inputs of the Challenge from grey images: scaled up through their spectrum, thresholded, one
// sample an image. From the 60,000 training images of MNIST come the official inputs.
//
// All N images stand side by side as one array, height x (width N), which is scaled up to
// side x (side N), first down the columns, then along the rows, across the borders between images:
// the discrete Fourier transform is padded with zeros behind its first half, and transformed back.
// A column's Nyquist bin belongs to the second half and is not split, so values become complex;
// what counts in the end is their size. A pixel is 1 where that exceeds a share of the greatest
// size in all images, officially half of it. Feature p = x * side + y (column x, row y).
#pragma once

#include <functional>
#include <stop_token>

#include "oscillon/io/idx.hpp"
#include "oscillon/network/sample_batch.hpp"

namespace oscillon::challenge {

struct ImageOptions {
  double threshold = 0.5;          // a one is what exceeds this share of the greatest value
  int threads = 0;                 // 0: all
  std::uint64_t memory_limit = 0;  // bytes; 0: none. Fewer rows at a time are worked on to keep it
  std::function<void(Index rows_done, Index rows)> on_progress;
  std::stop_token stop;
};

// The inputs Y0, side^2 features each, every entry 1. Width and height of the images and `side`
// must be even, and the side no less than either: else Error(usage). Throws Error(out_of_memory)
// when the limit leaves no room, naming what is needed, and Error(interrupted) once a stop is
// requested.
template <NetworkValue T>
SampleBatch<T> inputs_from_images(const IdxImages& images, Index side,
                                  const ImageOptions& options = {});

// Bytes of memory that making the inputs takes with so many threads, the images and the answer
// aside.
std::uint64_t bytes_to_scale(const IdxImages& images, Index side, int threads);

#define OSCILLON_EXTERN_IMAGES(T) \
  extern template SampleBatch<T> inputs_from_images(const IdxImages&, Index, const ImageOptions&);
OSCILLON_EXTERN_IMAGES(float)
OSCILLON_EXTERN_IMAGES(double)
#undef OSCILLON_EXTERN_IMAGES

}  // namespace oscillon::challenge
