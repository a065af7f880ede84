#include "engine/io/input_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <utility>
#include <vector>

#include "engine/base/checksum.hpp"
#include "oscillon/base/error.hpp"

namespace oscillon {

namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

class Inflater {
 public:
  Inflater() {
    // 15 window bits, and 16 to ask for gzip's header and trailer, whose checksum inflate then
    // verifies.
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) {
      throw Error(Fault::out_of_memory, "there is no memory to inflate a file");
    }
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
};

bool has_gzip_magic(std::string_view data) {
  return data.size() >= 2 && data[0] == '\x1f' && data[1] == '\x8b';
}

// All members of a gzip file, one after the other. zlib's gzread would take a cut file, or garbage
// behind the end, for a good one.
std::string inflate_all(const std::string& path, std::string_view data) {
  std::string out;
  std::size_t used = 0;
  out.resize(std::max<std::size_t>(data.size() * 4, 4096));
  for (std::string_view rest = data; !rest.empty();) {
    if (!has_gzip_magic(rest)) {
      throw ParseError(
          path, 0, 0,
          rest.size() == data.size()
              ? "is called .gz and does not begin like a gzip file"
              : std::to_string(rest.size()) + " bytes follow the end of the gzip data");
    }
    Inflater inflater;
    z_stream& stream = inflater.stream();
    int status = Z_OK;
    while (status != Z_STREAM_END) {
      if (used == out.size()) out.resize(out.size() * 2);
      constexpr std::size_t most = std::numeric_limits<uInt>::max();
      const auto in = static_cast<uInt>(std::min(rest.size(), most));
      const auto room = static_cast<uInt>(std::min(out.size() - used, most));
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest.data()));
      stream.avail_in = in;
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
      stream.avail_out = room;
      status = inflate(&stream, Z_NO_FLUSH);
      rest.remove_prefix(in - stream.avail_in);
      used += room - stream.avail_out;
      if (status == Z_STREAM_END) break;
      if (status == Z_BUF_ERROR || (status == Z_OK && rest.empty() && stream.avail_out > 0)) {
        throw ParseError(path, 0, 0, "the gzip data are cut short");
      }
      if (status == Z_MEM_ERROR) throw Error(Fault::out_of_memory, "no memory to inflate " + path);
      if (status != Z_OK) {
        throw ParseError(path, 0, 0,
                         std::string("the gzip data are damaged") +
                             (stream.msg != nullptr ? std::string(": ") + stream.msg : ""));
      }
    }
  }
  out.resize(used);
  return out;
}

void compare_facts(const std::string& path, const FileFacts& found, const FileFacts& expected) {
  if (found.bytes != expected.bytes) {
    throw ParseError(path, 0, 0,
                     "the file has " + std::to_string(found.bytes) + " bytes and not the " +
                         std::to_string(expected.bytes) + " that its manifest tells");
  }
  if (found.checksum != expected.checksum) {
    throw ParseError(path, 0, 0,
                     "the file is not the one that its manifest tells: the checksum differs");
  }
}

}  // namespace

void InputFile::Unmap::operator()(const char* mapping) const {
  munmap(const_cast<char*>(mapping), bytes);
}

// The bytes of the file, mapped or, where that cannot be, read.
void InputFile::open_stored() {
  const Descriptor file(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) {
    throw Error(Fault::cannot_open, "cannot open " + path_ + ": " + std::strerror(errno));
  }
  struct stat status {};
  if (fstat(file.number(), &status) != 0) {
    throw Error(Fault::io, "cannot examine " + path_ + ": " + std::strerror(errno));
  }
  if (S_ISDIR(status.st_mode)) {
    throw Error(Fault::cannot_open, "cannot read " + path_ + ": it is a folder");
  }
  if (S_ISREG(status.st_mode) && status.st_size > 0) {
    const auto bytes = static_cast<std::size_t>(status.st_size);
    void* mapping = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, file.number(), 0);
    if (mapping == MAP_FAILED) {
      throw Error(Fault::io, "cannot map " + path_ + ": " + std::strerror(errno));
    }
    madvise(mapping, bytes, MADV_SEQUENTIAL);
    mapping_ = {static_cast<const char*>(mapping), Unmap{bytes}};
    text_ = {mapping_.get(), bytes};
    return;
  }
  char buffer[1 << 16];  // a pipe, or a file of /proc, which tells no size
  for (;;) {
    const ssize_t got = read(file.number(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error(Fault::io, "cannot read " + path_ + ": " + std::strerror(errno));
    if (got == 0) break;
    held_.append(buffer, static_cast<std::size_t>(got));
  }
  text_ = held_;
}

InputFile::InputFile(const std::string& path, const FileFacts* expected) : path_(path) {
  open_stored();
  if (expected != nullptr) compare_facts(path, {text_.size(), checksum_of(text_)}, *expected);
  if (has_gzip_magic(text_) || path.ends_with(".gz")) {
    if (text_.empty()) throw ParseError(path, 0, 0, "is called .gz and is empty");
    held_ = inflate_all(path, text_);
    mapping_.reset();
    text_ = held_;
  }
}

InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)),
      held_(std::move(other.held_)),
      mapping_(std::move(other.mapping_)),
      text_(mapping_ ? other.text_ : std::string_view(held_)) {
  other.text_ = {};
}

FileFacts facts_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(Fault::cannot_open, "cannot open " + path + ": " + std::strerror(errno));
  Checksum checksum;
  FileFacts facts;
  std::vector<char> buffer(std::size_t{1} << 20);
  while (file) {
    file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const auto got = static_cast<std::size_t>(file.gcount());
    checksum.add({buffer.data(), got});
    facts.bytes += got;
  }
  if (file.bad()) throw Error(Fault::io, "cannot read " + path + ": " + std::strerror(errno));
  facts.checksum = checksum.hex();
  return facts;
}

void require_facts(const std::string& path, const FileFacts& expected) {
  compare_facts(path, facts_of(path), expected);
}

bool file_exists(const std::string& path) {
  return access(path.c_str(), F_OK) == 0;
}

std::string plain_or_compressed(const std::string& path) {
  return !file_exists(path) && file_exists(path + ".gz") ? path + ".gz" : path;
}

}  // namespace oscillon
