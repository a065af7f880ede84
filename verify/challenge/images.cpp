#include "verify/challenge/images.hpp"

#include <algorithm>
#include <array>

#include "engine/base/checked.hpp"

namespace oscillon::challenge {

namespace {

// Where a scaled pixel lies between two source pixels: `low` and `high`, the share of `high` in
// 1/256.
struct Sample {
  Index low, high;
  std::uint32_t share;
};

std::vector<Sample> samples_along(Index from, Index to) {
  std::vector<Sample> samples;
  for (Index i = 0; i < to; ++i) {
    const auto twice = static_cast<std::int64_t>((2 * i + 1) * from * 128 / to) - 128;
    const auto place = static_cast<Index>(
        std::clamp<std::int64_t>(twice, 0, static_cast<std::int64_t>((from - 1) * 256)));
    const Index low = place / 256;
    samples.push_back({low, std::min(low + 1, from - 1), static_cast<std::uint32_t>(place % 256)});
  }
  return samples;
}

// Bilinear values, 0 … 255, in the order of features.
void scale(const IdxImages& images, Index image, const std::vector<Sample>& xs,
           const std::vector<Sample>& ys, std::uint8_t* out) {
  const std::uint8_t* pixels = images.image(image);
  const auto along = [&](Index row, const Sample& x) {
    const std::uint8_t* line = pixels + row * images.width;
    return line[x.low] * (256 - x.share) + line[x.high] * x.share;
  };
  for (const Sample& x : xs) {
    for (const Sample& y : ys) {
      const std::uint32_t value = along(y.low, x) * (256 - y.share) + along(y.high, x) * y.share;
      *out++ = static_cast<std::uint8_t>((value + 32768) >> 16);
    }
  }
}

}  // namespace

template <NetworkValue T>
Matrix<T> inputs_from_images(const IdxImages& images, Index side, double share) {
  if (images.height == 0 || images.width == 0 || side == 0) {
    throw Error(Fault::bad_data, "images without pixels cannot be scaled");
  }
  const Index features = checked_multiply(side, side, "features");
  const Index values = checked_multiply(features, images.count, "pixels of all images");
  const auto xs = samples_along(images.width, side);
  const auto ys = samples_along(images.height, side);
  std::vector<std::uint8_t> scaled(values);
  std::array<Index, 256> histogram{};
  for (Index i = 0; i < images.count; ++i) {
    std::uint8_t* out = scaled.data() + i * features;
    scale(images, i, xs, ys, out);
    for (Index p = 0; p < features; ++p) ++histogram[out[p]];
  }
  // The lowest threshold that leaves at most the share; 0 is never a one.
  const double most = share * static_cast<double>(values);
  std::size_t threshold = 256;
  for (Index kept = 0; threshold > 1; --threshold) {
    kept += histogram[threshold - 1];
    if (static_cast<double>(kept) > most) break;
  }

  Compressed<T> inputs;
  inputs.orientation = Orientation::by_column;
  inputs.rows = features;
  inputs.columns = images.count;
  inputs.offsets.reserve(images.count + 1);
  for (Index i = 0; i < images.count; ++i) {
    for (Index p = 0; p < features; ++p) {
      if (scaled[i * features + p] >= threshold) inputs.indices.push_back(p);
    }
    inputs.offsets.push_back(inputs.indices.size());
  }
  inputs.values.assign(inputs.indices.size(), T(1));
  return Matrix<T>::from_compressed(inputs);
}

#define OSCILLON_INSTANTIATE_IMAGES(T) \
  template Matrix<T> inputs_from_images(const IdxImages&, Index, double);
OSCILLON_INSTANTIATE_IMAGES(float)
OSCILLON_INSTANTIATE_IMAGES(double)
#undef OSCILLON_INSTANTIATE_IMAGES

}  // namespace oscillon::challenge
