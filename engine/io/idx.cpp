#include "oscillon/io/idx.hpp"

#include "engine/io/input_file.hpp"
#include "oscillon/base/checked.hpp"

namespace oscillon {

namespace {

constexpr std::uint32_t images_magic = 0x00000803;  // unsigned bytes in three dimensions
constexpr std::size_t header_bytes = 16;
constexpr std::uint32_t labels_magic = 0x00000801;  // in one
constexpr std::size_t labels_header_bytes = 8;

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

IdxImages read_idx_images(const std::string& path) {
  const InputFile file(path);
  const std::string_view data = file.text();
  if (data.size() < header_bytes || big_endian(data) != images_magic) {
    throw ParseError(path, 0, 0,
                     "this is no IDX file of images: the header is not that of bytes in "
                     "three dimensions");
  }
  IdxImages images;
  images.count = big_endian(data.substr(4));
  images.height = big_endian(data.substr(8));
  images.width = big_endian(data.substr(12));
  std::uint64_t pixels = 0;
  try {
    pixels = checked_multiply(checked_multiply(images.count, images.height, "rows of pixels"),
                              images.width, "pixels");
  } catch (const Error& error) {
    throw ParseError(path, 0, 0, error.what());
  }
  if (data.size() - header_bytes != pixels) {
    throw ParseError(path, 0, 0,
                     "the header promises " + std::to_string(images.count) + " images of " +
                         std::to_string(images.height) + " x " + std::to_string(images.width) +
                         ", " + std::to_string(pixels) + " bytes, but " +
                         std::to_string(data.size() - header_bytes) + " follow");
  }
  const auto* first = reinterpret_cast<const std::uint8_t*>(data.data()) + header_bytes;
  images.pixels.assign(first, first + pixels);
  return images;
}

std::vector<std::uint8_t> read_idx_labels(const std::string& path) {
  const InputFile file(path);
  const std::string_view data = file.text();
  if (data.size() < labels_header_bytes || big_endian(data) != labels_magic) {
    throw ParseError(path, 0, 0,
                     "this is no IDX file of labels: the header is not that of bytes in one "
                     "dimension");
  }
  const std::uint32_t count = big_endian(data.substr(4));
  if (data.size() - labels_header_bytes != count) {
    throw ParseError(path, 0, 0,
                     "the header promises " + std::to_string(count) + " labels, but " +
                         std::to_string(data.size() - labels_header_bytes) + " bytes follow");
  }
  const auto* first = reinterpret_cast<const std::uint8_t*>(data.data()) + labels_header_bytes;
  return {first, first + count};
}

}  // namespace oscillon
