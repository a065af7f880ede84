#include "engine/base/caches.hpp"

#include <filesystem>
#include <fstream>
#include <string>

namespace oscillon {

namespace {

// What Linux tells of the first processor: a folder for each cache, with files `level`, `type` and
// `size` ("512K"). (sysconf is no way: on AMD's processors it counts the third level several times
// over.)
Caches found() {
  Caches made;
  for (int index = 0;; ++index) {
    const std::filesystem::path folder =
        "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index);
    int level = 0;
    std::string type;
    std::size_t kibibytes = 0;
    std::ifstream(folder / "level") >> level;
    std::ifstream(folder / "type") >> type;
    std::ifstream(folder / "size") >> kibibytes;
    if (level == 0) break;
    if (type == "Instruction") continue;
    if (level == 1) made.first_level = kibibytes << 10;
    if (level == 2) made.second_level = kibibytes << 10;
    if (level == 3) made.third_level = kibibytes << 10;
  }
  if (made.first_level == 0) made.first_level = std::size_t{32} << 10;
  if (made.second_level == 0) made.second_level = std::size_t{1} << 20;
  return made;
}

}  // namespace

const Caches& caches() {
  static const Caches known = found();
  return known;
}

}  // namespace oscillon
