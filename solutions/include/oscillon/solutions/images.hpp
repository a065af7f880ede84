// Exact DNN solutions from images: each image is a category, its lit pixels are its features.
// Source: the paper, section III and figure 3.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oscillon/io/idx.hpp"
#include "oscillon/solutions/problem.hpp"

namespace oscillon {

struct ImageOptions {
  Index trim = 1;          // rows and columns taken off each side: 28 x 28 becomes 26 x 26
  double threshold = 0.5;  // a pixel is lit when its value is above this share of the greatest, 255
};

// Images as sets of pixels. Row i of `sets` is category i: its entries are the lit pixels, keyed by
// two lowercase letters for row and column, "aa" at the top left.
struct ImageSets {
  KeySet categories;  // "3.00017": label and number from 1; without labels the number alone
  KeySet pixels;      // those lit in some image
  Compressed<bool> sets;
  Index height = 0, width = 0;  // after trimming
};

// The first `count` images (0: all). `labels` are empty or one for each image. Throws Error(usage)
// when more than 26 x 26 pixels are left, or nothing, and for a threshold outside [0, 1);
// Error(bad_data) when there are fewer labels than images.
ImageSets image_sets(const IdxImages& images, const std::vector<std::uint8_t>& labels,
                     Index count = 0, const ImageOptions& options = {});

// What keeps images from being an exact solution, in positions of categories.
struct Domination {
  // Each pair (a, b): the pixels of a are all lit in b, so category a would answer the image b too.
  // Equal images are there both ways.
  std::vector<std::pair<Index, Index>> pairs;
  Index duplicates = 0;  // images equal to one before them
  std::vector<Index>
      kept;  // without the dominated ones, and of equal images the first: an antichain
};
// Throws Error(out_of_memory) for 100 million pairs or more.
Domination find_domination(const ImageSets& images, int threads = 0);

// The images at these ascending positions alone.
ImageSets only(const ImageSets& images, const std::vector<Index>& kept);

// The blocks of a hidden layer: which block each pixel of height x width is in, row after row.
using Partition = std::vector<Index>;

// Rectangles of `height` x `width` pixels from the top left on, smaller ones at the other edges.
Partition rectangles(const ImageSets& images, Index height, Index width);

// Reads "2x2,6x6" as rectangles of these sizes for one hidden layer after the other. Throws
// Error(usage).
std::vector<Partition> parse_blocks(std::string_view text, const ImageSets& images);

// From an array pixel x block, one entry a row. Throws Error(bad_data) naming a pixel that is lit
// in some image and has no block, or two.
Partition partition_of(const AssocArray<bool>& blocks, const ImageSets& images);

// The problem of telling the images apart. A neuron of a hidden layer is what an image may show in
// one of its blocks, keyed by layer, block and number: "h1.007.00012". Throws Error(usage) unless
// each block of a layer is made of whole blocks of the one below (a cover).
template <NetworkValue T>
Problem<T> image_problem(const ImageSets& images, const std::vector<Partition>& hidden = {},
                         const std::vector<double>& betas = {});

#define OSCILLON_EXTERN_IMAGES(T)                                                           \
  extern template Problem<T> image_problem(const ImageSets&, const std::vector<Partition>&, \
                                           const std::vector<double>&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_IMAGES)
#undef OSCILLON_EXTERN_IMAGES

}  // namespace oscillon
