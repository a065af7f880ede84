// Checksums of files and arrays: XXH3 with 128 bits.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace oscillon {

// Of bytes that come in pieces.
class Checksum {
 public:
  Checksum();
  ~Checksum();
  Checksum(const Checksum&) = delete;
  Checksum& operator=(const Checksum&) = delete;

  void add(std::string_view bytes);

  // Of all bytes so far: 32 lowercase hexadecimal digits, as `xxhsum -H2` prints them.
  std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string checksum_of(std::string_view bytes);

}  // namespace oscillon
