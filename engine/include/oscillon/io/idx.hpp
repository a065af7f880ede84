// IDX files of images and labels, the format of MNIST and its kin: a magic number, three big-endian
// dimensions, one byte a pixel. Also gzipped.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "oscillon/algebra/graphblas.hpp"

namespace oscillon {

struct IdxImages {
  Index count = 0;
  Index height = 0;
  Index width = 0;
  std::vector<std::uint8_t> pixels;  // image after image, row after row

  const std::uint8_t* image(Index i) const { return pixels.data() + i * height * width; }
};

// Throws ParseError unless the file holds exactly the bytes that its header promises.
IdxImages read_idx_images(const std::string& path);

// The same for labels: one byte each.
std::vector<std::uint8_t> read_idx_labels(const std::string& path);

}  // namespace oscillon
