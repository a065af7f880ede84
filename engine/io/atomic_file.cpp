#include "engine/io/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <new>
#include <utility>

#include "oscillon/base/error.hpp"

namespace oscillon {

namespace {

constexpr std::size_t buffer_bytes = std::size_t{1} << 18;

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

}  // namespace

// Bytes into gzip format.
class AtomicFile::Deflater {
 public:
  Deflater() {
    constexpr int level = 6;
    constexpr int window_bits = 15 + 16;  // 16: the gzip format
    constexpr int memory_level = 8;
    if (deflateInit2(&stream_, level, Z_DEFLATED, window_bits, memory_level, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // Calls take(bytes) with what comes out. The last call has `ends`.
  template <class Take>
  void deflate(std::string_view bytes, bool ends, Take&& take) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
      stream_.avail_out = static_cast<uInt>(out_.size());
      ::deflate(&stream_, ends ? Z_FINISH : Z_NO_FLUSH);
      take(std::string_view(out_.data(), out_.size() - stream_.avail_out));
    } while (stream_.avail_out == 0);
  }

 private:
  z_stream stream_{};
  std::array<char, buffer_bytes> out_;
};

AtomicFile::AtomicFile(const std::string& path) : path_(path) {
  if (path.ends_with(".gz")) deflater_ = std::make_unique<Deflater>();
  struct stat status {};
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    throw Error(Fault::cannot_create, "cannot create " + path + ": there is a " +
                                          (S_ISDIR(status.st_mode) ? "folder" : "special file") +
                                          " of that name");
  }
  // The kernel gives the rights that an ordinary file has; mkstemp would let nobody else read.
  static std::atomic<unsigned> made{0};
  const std::string prefix = path + "." + std::to_string(getpid()) + "-";
  do {
    temporary_ = prefix + std::to_string(made++) + ".part";
    descriptor_ = open(temporary_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
  } while (descriptor_ < 0 && errno == EEXIST);
  if (descriptor_ < 0) {
    temporary_.clear();
    throw Error(Fault::cannot_create, "cannot create " + path + ": " + std::strerror(errno));
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void AtomicFile::fail(const char* what) const {
  throw Error(Fault::io, std::string("cannot ") + what + " " + path_ + ": " + std::strerror(errno));
}

void AtomicFile::append(std::string_view bytes) {
  buffer_.append(bytes);
  if (buffer_.size() >= buffer_bytes) flush();
}

void AtomicFile::flush() {
  constexpr std::size_t most = std::size_t{1} << 30;  // zlib counts in 32 bits
  for (std::string_view rest = buffer_; !rest.empty();) {
    const std::string_view piece = rest.substr(0, most);
    if (deflater_) {
      deflater_->deflate(piece, false, [this](std::string_view bytes) { write_out(bytes); });
    } else {
      write_out(piece);
    }
    rest.remove_prefix(piece.size());
  }
  buffer_.clear();
}

void AtomicFile::write_out(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void AtomicFile::write_at(std::uint64_t offset, std::string_view bytes) {
  if (deflater_) throw Error(Fault::internal, path_ + " is compressed and written in order");
  flush();
  while (!bytes.empty()) {
    const ssize_t written =
        pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
}

void AtomicFile::commit() {
  flush();
  if (deflater_) deflater_->deflate({}, true, [this](std::string_view bytes) { write_out(bytes); });
  if (fsync(descriptor_) != 0) fail("flush");
  if (close(std::exchange(descriptor_, -1)) != 0) fail("close");
  // From here on the descriptor is the folder's, opened while a failure still leaves no file.
  descriptor_ = open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ < 0) fail("open the folder of");
  if (rename(temporary_.c_str(), path_.c_str()) != 0) fail("name");
  temporary_.clear();
  if (fsync(descriptor_) != 0) fail("flush the folder of");
  if (close(std::exchange(descriptor_, -1)) != 0) fail("close the folder of");
}

void write_file(const std::string& path, std::string_view contents) {
  AtomicFile file(path);
  file.append(contents);
  file.commit();
}

void require_creatable(const std::string& path) {
  const AtomicFile probe(path);
}

void remove_file(const std::string& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    throw Error(Fault::cannot_create, "cannot replace " + path + ": " + std::strerror(errno));
  }
}

void make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    throw Error(Fault::cannot_create, "cannot create the folder " + path + ": " + error.message());
  }
}

}  // namespace oscillon
