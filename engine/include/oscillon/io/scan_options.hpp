// How a text of one record a line is scanned.
#pragma once

#include <cstddef>

namespace oscillon {

struct ScanOptions {
  int threads = 0;
  std::size_t chunk_bytes = std::size_t{1} << 19;
  std::size_t longest_line = std::size_t{1} << 12;
  char separator = '\t';
  std::size_t begin = 0;  // the byte at which the lines begin
};

}  // namespace oscillon
