// Exact solutions from images: the paper's section III and figure 3.
#include "oscillon/solutions/images.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <set>

#include "tests/error_of.hpp"
#include "tests/solutions/exactness.hpp"

using namespace oscillon;
using testing::check_exact;
using testing::error_of;

namespace {

// Images of 4 x 4 with a border of 1 that is lit and must not count; what is left is 2 x 2:
//   aa ab
//   ba bb
IdxImages framed(const std::vector<std::array<std::uint8_t, 4>>& inner) {
  IdxImages images{inner.size(), 4, 4, std::vector<std::uint8_t>(inner.size() * 16, 255)};
  for (std::size_t i = 0; i < inner.size(); ++i) {
    for (std::size_t p = 0; p < 4; ++p)
      images.pixels[i * 16 + (1 + p / 2) * 4 + 1 + p % 2] = inner[i][p];
  }
  return images;
}

IdxImages random_images(std::mt19937& random, Index count, Index side) {
  IdxImages images{count, side, side, std::vector<std::uint8_t>(count * side * side)};
  for (auto& pixel : images.pixels) pixel = random() % 3 == 0 ? 200 : 50;
  return images;
}

}  // namespace

TEST_CASE("pixels are trimmed, thresholded and keyed by two letters") {
  // 127 is not above half of 255, 128 is.
  const ImageSets images = image_sets(framed({{255, 0, 0, 128}, {0, 0, 127, 200}}), {7, 3});
  CHECK(images.categories == KeySet{"3.2", "7.1"});
  CHECK(images.pixels == KeySet{"aa", "bb"});
  auto problem = image_problem<float>(images);
  CHECK(problem.network.weights(0).at("7.1", "aa") == 1.f);
  CHECK(problem.network.weights(0).at("7.1", "bb") == 1.f);
  CHECK(problem.network.weights(0).at("3.2", "bb") == 1.f);
  CHECK(problem.network.weights(0).entries() == 3);
  CHECK(problem.network.bias(0).at("7.1", "bias") == -1.f);
  // 3.2 lies within 7.1.
  CHECK(!is_exact(problem).exact);
  CHECK(theory(problem).reason == "the features of \"3.2\" are all among those of \"7.1\"");
}

TEST_CASE("domination by hand: a pair, duplicates, what is kept") {
  const ImageSets images = image_sets(
      framed(
          {{255, 255, 0, 0}, {255, 0, 0, 0}, {0, 0, 255, 255}, {0, 0, 255, 255}, {0, 0, 255, 255}}),
      {});
  CHECK(images.categories == KeySet{"1", "2", "3", "4", "5"});
  const Domination found = find_domination(images);
  CHECK(found.pairs.size() == 7);  // 2 in 1, and six among three equal ones
  CHECK(found.duplicates == 2);
  CHECK(found.kept == std::vector<Index>{0, 2});
  check_exact(image_problem<double>(only(images, found.kept)));
}

TEST_CASE("random images, without the dominated, are exact in any blocks and type") {
  std::mt19937 random(4);
  const ImageSets all = image_sets(random_images(random, 300, 8), {});
  const ImageSets images = only(all, find_domination(all).kept);
  REQUIRE(images.categories.size() > 200);
  for (const char* blocks : {"2x2", "1x3", "2x2,4x4", "1x1,6x6", "2x3,2x6,6x6"}) {
    CAPTURE(blocks);
    check_exact(image_problem<float>(images, parse_blocks(blocks, images)));
    check_exact(image_problem<std::int32_t>(images, parse_blocks(blocks, images)));
  }
  // Any partition: pixels by the sum of their letters, then by its parity.
  std::vector<Partition> partitions(2, Partition(36));
  for (Index pixel = 0; pixel < 36; ++pixel) {
    partitions[0][pixel] = pixel / 6 + pixel % 6;
    partitions[1][pixel] = partitions[0][pixel] % 2;
  }
  check_exact(image_problem<double>(images, partitions));
  // Unlit pixels do not matter: all of them may be in blocks of their own above.
  Partition lit_only(36);
  for (Index pixel = 0; pixel < 36; ++pixel) {
    const std::string key{static_cast<char>('a' + pixel / 6), static_cast<char>('a' + pixel % 6)};
    lit_only[pixel] = images.pixels.contains(key) ? 0 : pixel + 1;
  }
  check_exact(image_problem<double>(images, {rectangles(images, 2, 2), lit_only}));
  const auto problem = image_problem<float>(images, parse_blocks("2x2", images));
  CHECK(equal(single_layer(problem.network), problem.inputs.transposed()));
  CHECK(std::string(problem.network.keys(1)[0]) == "h1.1.001");
}

TEST_CASE("a black image has no feature to be known by") {
  const ImageSets images = image_sets(framed({{0, 0, 0, 0}, {255, 0, 0, 0}}), {});
  CHECK(find_domination(images).kept == std::vector<Index>{1});
  auto problem = image_problem<float>(images);
  CHECK(theory(problem).reason == "category \"1\" has no feature to be known by");
  CHECK(!is_exact(problem).exact);
}

TEST_CASE("a partition from an array") {
  const ImageSets images = image_sets(framed({{255, 0, 0, 255}, {255, 255, 0, 0}}), {});
  using Views = std::vector<std::string_view>;
  const auto blocks = [](const Views& pixels, const Views& names) {
    return AssocArray<bool>::identity(pixels, names);
  };
  // ba is lit in no image and gets a block of its own.
  CHECK(partition_of(blocks({"aa", "ab", "bb"}, {"x", "x", "y"}), images) == Partition{0, 0, 2, 1});
  check_exact(image_problem<float>(
      images, {partition_of(blocks({"aa", "ab", "bb"}, {"x", "x", "y"}), images)}));
  CHECK(error_of([&] {
          partition_of(blocks({"aa", "bb"}, {"x", "y"}), images);
        }) == "the pixel \"ab\" is in no block");
  CHECK(error_of([&] {
          partition_of(blocks({"aa", "aa"}, {"x", "y"}), images);
        }) == "the pixel \"aa\" is in two blocks");
}

TEST_CASE("images and blocks that are none are refused") {
  std::mt19937 random(5);
  CHECK(error_of([&] { image_sets(random_images(random, 2, 30), {}); }) ==
        "images of 30 x 30 trimmed by 1 a side: from 1 x 1 to 26 x 26 pixels must be left, for two "
        "letters to name each");
  CHECK(error_of([&] { image_sets(random_images(random, 2, 2), {}); }) != "no error");
  CHECK(error_of([&] { image_sets(random_images(random, 2, 8), {1}); }) ==
        "there are 1 labels for 2 images");
  for (const double threshold : {-0.1, 1.0, 2.0, std::nan("")}) {
    CHECK(error_of([&] {
            image_sets(random_images(random, 2, 8), {}, 0, {1, threshold});
          }).starts_with("the threshold must be at least 0 and below 1, not "));
  }
  const ImageSets images = image_sets(random_images(random, 5, 8), {});
  CHECK(error_of([&] { image_problem<float>(images, parse_blocks("2x2,3x3", images)); }) ==
        "the blocks of hidden layer 2 are not made of whole blocks of the layer below");
  for (const char* text :
       {"", "2", "2x", "x2", "0x2", "2x2,", "2x2;3x3", "-1x2", "1x18446744073709551615"}) {
    CHECK(error_of([&] { parse_blocks(text, images); }) != "no error");
  }
}
