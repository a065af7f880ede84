// A whole input file as text: mapped into memory, or inflated when it is gzip. A file must not be
// cut short by someone else while it is mapped.
#pragma once

#include <string>
#include <string_view>

namespace oscillon {

class InputFile {
 public:
  // Throws Error(cannot_open) when there is no such file to read, Error(io) when reading fails, and
  // ParseError when gzip data are damaged, cut short or followed by anything else. Gzip is known by
  // its first bytes; a name that ends in .gz must have them.
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&&) = delete;
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& path() const { return path_; }
  std::string_view text() const { return text_; }

 private:
  std::string path_;
  std::string inflated_;
  void* mapping_ = nullptr;
  std::size_t mapped_bytes_ = 0;
  std::string_view text_;
};

bool file_exists(const std::string& path);

// `path`, or `path`.gz when only that exists.
std::string plain_or_compressed(const std::string& path);

}  // namespace oscillon
