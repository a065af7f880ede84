// A file that appears under its name complete, or not at all: written beside it under a temporary
// name, put on the disk, then renamed. What is called .gz is compressed on the way.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace oscillon {

class AtomicFile {
 public:
  // Throws Error(cannot_create) when no file can be made in the folder of `path`, or when what has
  // the name already is no ordinary file: a device must not be replaced by a file.
  explicit AtomicFile(const std::string& path);

  // Removes what was written unless commit() has run.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Throws Error(io) when the bytes cannot be written.
  void append(std::string_view bytes);

  // Writes over bytes that were appended before, which a compressed file does not allow. Throws
  // Error(io).
  void write_at(std::uint64_t offset, std::string_view bytes);

  // Flushes to the disk and gives the file its name. Throws Error(io); then there is no file,
  // unless all that failed is flushing the folder.
  void commit();

 private:
  void flush();
  void write_out(std::string_view bytes);
  [[noreturn]] void fail(const char* what) const;

  std::string path_;
  std::string temporary_;
  std::string buffer_;
  class Deflater;
  std::unique_ptr<Deflater> deflater_;  // of what is called .gz
  int descriptor_ = -1;
};

void write_file(const std::string& path, std::string_view contents);

// Throws as AtomicFile does when a file could not be created; leaves nothing behind. For asking
// before long work.
void require_creatable(const std::string& path);

// Removes a file if there is one. Throws Error(cannot_create).
void remove_file(const std::string& path);

// Makes a folder and those above it. Throws Error(cannot_create).
void make_folder(const std::string& path);

}  // namespace oscillon
