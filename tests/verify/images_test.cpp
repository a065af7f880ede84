// Inputs from images, against the definition: discrete Fourier transforms as double sums.
#include "verify/challenge/images.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <complex>
#include <numbers>
#include <random>

using namespace oscillon;

namespace {

using Number = std::complex<long double>;

// The signal with its spectrum padded with zeros behind the first half.
std::vector<Number> stretched(const std::vector<Number>& signal, std::size_t size) {
  const std::size_t n = signal.size();
  const auto turn = [](std::size_t turns, std::size_t of, int sign) {
    return std::polar(1.0L, sign * 2 * std::numbers::pi_v<long double> *
                                static_cast<long double>(turns % of) /
                                static_cast<long double>(of));
  };
  std::vector<Number> spectrum(size);
  for (std::size_t f = 0; f < n; ++f) {
    Number sum = 0;
    for (std::size_t j = 0; j < n; ++j) sum += signal[j] * turn(f * j, n, -1);
    spectrum[f < n / 2 ? f : size - n + f] = sum;
  }
  std::vector<Number> made(size);
  for (std::size_t y = 0; y < size; ++y) {
    for (std::size_t g = 0; g < size; ++g) made[y] += spectrum[g] * turn(g * y, size, 1);
    made[y] /= static_cast<long double>(n);
  }
  return made;
}

struct Expected {
  std::vector<std::vector<Index>> features;
  long double closest = 1;  // how near to the threshold a pixel comes, as a share of it
};

Expected scaled_by_definition(const IdxImages& images, Index side, long double threshold) {
  std::vector<std::vector<Number>> rows(side);  // of all images side by side
  for (Index x = 0; x < images.count * images.width; ++x) {
    std::vector<Number> column;
    for (Index y = 0; y < images.height; ++y) {
      column.emplace_back(images.image(x / images.width)[y * images.width + x % images.width]);
    }
    const auto longer = stretched(column, side);
    for (Index y = 0; y < side; ++y) rows[y].push_back(longer[y]);
  }
  long double greatest = 0;
  for (auto& row : rows) {
    row = stretched(row, side * images.count);
    for (const Number& pixel : row) greatest = std::max(greatest, std::abs(pixel));
  }
  Expected made;
  made.features.resize(images.count);
  for (Index image = 0; image < images.count; ++image) {
    for (Index x = 0; x < side; ++x) {
      for (Index y = 0; y < side; ++y) {
        const long double size = std::abs(rows[y][image * side + x]) / (threshold * greatest);
        if (size > 1) made.features[image].push_back(x * side + y);
        made.closest = std::min(made.closest, std::abs(size - 1));
      }
    }
  }
  return made;
}

IdxImages random_images(std::uint64_t seed, Index count, Index height, Index width) {
  std::mt19937_64 random(seed);
  IdxImages images{count, height, width, {}};
  for (Index p = 0; p < count * height * width; ++p) {
    images.pixels.push_back(static_cast<std::uint8_t>(random() % 3 == 0 ? random() % 256 : 0));
  }
  return images;
}

}  // namespace

TEST_CASE("pixels are those of the definition, for images of any even size and any threads" *
          doctest::test_suite("slow")) {
  struct Shape {
    Index count, height, width, side;
  };
  for (const Shape shape : {Shape{3, 4, 6, 8}, Shape{1, 2, 2, 2}, Shape{5, 6, 4, 10},
                            Shape{2, 8, 8, 8}, Shape{4, 4, 4, 66}, Shape{7, 10, 6, 14}}) {
    const IdxImages images = random_images(shape.side, shape.count, shape.height, shape.width);
    for (const double threshold : {0.5, 0.3}) {
      const Expected expected =
          scaled_by_definition(images, shape.side, static_cast<long double>(threshold));
      REQUIRE(expected.closest > 1e-10L);
      for (const int threads : {1, 2, 5}) {
        challenge::ImageOptions options;
        options.threshold = threshold;
        options.threads = threads;
        const auto made = challenge::inputs_from_images<float>(images, shape.side, options);
        REQUIRE(made.samples() == shape.count);
        for (Index image = 0; image < shape.count; ++image) {
          CHECK(made.columns(image, image + 1).indices == expected.features[image]);
        }
      }
    }
  }
}

TEST_CASE("black images have no ones; sizes that cannot be scaled and limits are refused") {
  CHECK(challenge::inputs_from_images<float>(IdxImages{2, 4, 4, std::vector<std::uint8_t>(32)}, 8)
            .entries() == 0);
  CHECK(challenge::inputs_from_images<float>(IdxImages{0, 4, 4, {}}, 8).samples() == 0);
  const IdxImages images = random_images(1, 2, 4, 4);
  for (const Index side : {Index{0}, Index{2}, Index{9}}) {
    CHECK_THROWS_WITH_AS(challenge::inputs_from_images<float>(images, side),
                         doctest::Contains("all sizes must be even"), Error);
  }
  CHECK_THROWS_AS(challenge::inputs_from_images<float>(random_images(1, 2, 3, 4), 8), Error);
  challenge::ImageOptions options;
  options.memory_limit = 100;
  CHECK_THROWS_WITH_AS(challenge::inputs_from_images<float>(images, 8, options),
                       doctest::Contains("takes at least 1 MiB; allowed are 0 MiB"), Error);
  std::stop_source stop;
  stop.request_stop();
  options = {};
  options.stop = stop.get_token();
  CHECK_THROWS_WITH_AS(challenge::inputs_from_images<float>(images, 8, options),
                       "the scaling of images was stopped", Error);
}
