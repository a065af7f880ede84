#include "oscillon/io/idx.hpp"

#include <doctest/doctest.h>

#include <initializer_list>

#include "tests/error_of.hpp"
#include "tests/io/gzip.hpp"
#include "tests/temporary_folder.hpp"

namespace oscillon {

using testing::error_of;
using testing::fails_with;
using testing::gzipped;
using testing::TemporaryFolder;

namespace {

std::string big_endian(std::initializer_list<std::uint32_t> numbers) {
  std::string bytes;
  for (const std::uint32_t number : numbers) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 255);
  }
  return bytes;
}

// Two images of two rows and three columns:
//   0 1 2     6 7   8
//   3 4 5     9 10 255
const std::string two_images =
    big_endian({0x803, 2, 2, 3}) + std::string("\0\1\2\3\4\5\6\7\10\11\12\377", 12);

}  // namespace

TEST_CASE("images are read in order, raw or gzipped") {
  const TemporaryFolder folder;
  for (const std::string& path :
       {folder.write("images", two_images), folder.write("images.gz", gzipped(two_images))}) {
    const IdxImages images = read_idx_images(path);
    CHECK(images.count == 2);
    CHECK(images.height == 2);
    CHECK(images.width == 3);
    CHECK(images.pixels == std::vector<std::uint8_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255});
    CHECK(images.image(1)[0] == 6);
  }
}

TEST_CASE("labels are read, and refused") {
  const TemporaryFolder folder;
  const std::string labels = big_endian({0x801, 3}) + "\1\2\3";
  CHECK(read_idx_labels(folder.write("labels", labels)) == std::vector<std::uint8_t>{1, 2, 3});
  CHECK(read_idx_labels(folder.write("labels.gz", gzipped(labels))).size() == 3);
  const std::string path = folder.at("bad");
  for (const std::string& bytes : {labels + "x", labels.substr(0, 10)}) {
    folder.write("bad", bytes);
    CHECK(error_of([&] { read_idx_labels(path); }) ==
          path + ": error: the header promises 3 labels, but " + std::to_string(bytes.size() - 8) +
              " bytes follow");
  }
  folder.write("bad", two_images);
  CHECK(error_of([&] {
          read_idx_labels(path);
        }).ends_with("the header is not that of bytes in one dimension"));
}

TEST_CASE("no images are images too") {
  const TemporaryFolder folder;
  const IdxImages images = read_idx_images(folder.write("none", big_endian({0x803, 0, 28, 28})));
  CHECK(images.count == 0);
  CHECK(images.pixels.empty());
}

TEST_CASE("what the header promises must be there, and nothing more") {
  const TemporaryFolder folder;
  const auto message = [&](const std::string& bytes) {
    const std::string path = folder.write("bad", bytes);
    const std::string error = error_of([&] { read_idx_images(path); });
    REQUIRE(error.starts_with(path + ": error: "));
    return error.substr(path.size() + 9);
  };
  CHECK(message(two_images.substr(0, 27)) ==
        "the header promises 2 images of 2 x 3, 12 bytes, but 11 follow");
  CHECK(message(two_images + "x") ==
        "the header promises 2 images of 2 x 3, 12 bytes, but 13 follow");
  CHECK(message(big_endian({0x803, 0x40000000, 1, 1})) ==
        "the header promises 1073741824 images of 1 x 1, 1073741824 bytes, but 0 follow");
  CHECK(message(big_endian({0x803, 0xffffffff, 0xffffffff, 0xffffffff})) ==
        "pixels: 18446744065119617025 x 4294967295 does not fit in 64 bits");
  // The low 64 bits of 2^31 * 2^31 * 4 are 0.
  CHECK(message(big_endian({0x803, 0x80000000, 0x80000000, 4})) ==
        "pixels: 4611686018427387904 x 4 does not fit in 64 bits");
  const std::string other =
      "this is no IDX file of images: the header is not that of bytes in three dimensions";
  CHECK(message(big_endian({0x801, 2, 0, 0})) == other);
  CHECK(message("") == other);
  CHECK(message(two_images.substr(0, 15)) == other);
}

TEST_CASE("no prefix is taken for a file") {
  const TemporaryFolder folder;
  for (std::size_t size = 0; size < two_images.size(); ++size) {
    CAPTURE(size);
    const std::string path = folder.write("prefix", two_images.substr(0, size));
    CHECK(fails_with(Fault::bad_data, [&] { read_idx_images(path); }));
  }
}

}  // namespace oscillon
