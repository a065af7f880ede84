// A whole input file as text: mapped into memory, or inflated when it is gzip. A file must not be
// cut short by someone else while it is mapped.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace oscillon {

// What a file is expected to be, byte for byte as it is stored.
struct FileFacts {
  std::uint64_t bytes = 0;
  std::string checksum;  // engine/base/checksum.hpp
};

class InputFile {
 public:
  // Throws Error(cannot_open) when there is no such file to read, Error(io) when reading fails, and
  // ParseError when gzip data are damaged, cut short or followed by anything else. Gzip is known by
  // its first bytes; a name that ends in .gz must have them.
  // With `expected`, ParseError too when the file is not that one.
  explicit InputFile(const std::string& path, const FileFacts* expected = nullptr);
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&&) = delete;
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& path() const { return path_; }
  std::string_view text() const { return text_; }

 private:
  struct Unmap {
    std::size_t bytes;
    void operator()(const char* mapping) const;
  };
  void open_stored();

  std::string path_;
  std::string held_;  // what is not mapped
  std::unique_ptr<const char, Unmap> mapping_;
  std::string_view text_;
};

// Of a file as it is stored. Throws Error(cannot_open) and Error(io).
FileFacts facts_of(const std::string& path);

// Throws ParseError unless the file is the one expected.
void require_facts(const std::string& path, const FileFacts& expected);

bool file_exists(const std::string& path);

// `path`, or `path`.gz when only that exists.
std::string plain_or_compressed(const std::string& path);

}  // namespace oscillon
