#include "engine/io/atomic_file.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <stdexcept>

#include "tests/error_of.hpp"
#include "tests/temporary_folder.hpp"

namespace oscillon {

using testing::contents_of;
using testing::error_of;
using testing::fails_with;
using testing::TemporaryFolder;

namespace {

// While it lives, no file may grow beyond `bytes`: writing on fails, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &old_);
    rlimit limit = old_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

}  // namespace

TEST_CASE("a file appears under its name when it is committed, not before") {
  const TemporaryFolder folder;
  {
    AtomicFile file(folder.at("result"));
    file.append("one ");
    file.append("two");
    CHECK(!std::filesystem::exists(folder.at("result")));
    file.commit();
  }
  CHECK(contents_of(folder.at("result")) == "one two");
  CHECK(folder.files() == 1);
}

TEST_CASE("more than the buffer holds is written in order") {
  const TemporaryFolder folder;
  std::string expected;
  AtomicFile file(folder.at("result"));
  for (int i = 0; i < 100'000; ++i) {
    const std::string line = std::to_string(i) + "\n";
    expected += line;
    file.append(line);
  }
  file.commit();
  CHECK(contents_of(folder.at("result")) == expected);
}

TEST_CASE("without a commit nothing stays, and an older file is untouched") {
  const TemporaryFolder folder;
  folder.write("result", "old");
  CHECK_THROWS_AS(
      [&] {
        AtomicFile file(folder.at("result"));
        file.append(std::string(1'000'000, 'x'));
        throw std::logic_error("something else went wrong");
      }(),
      std::logic_error);
  CHECK(contents_of(folder.at("result")) == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("a new file replaces an older one and has ordinary rights") {
  const TemporaryFolder folder;
  folder.write("result", "a longer old text");
  write_file(folder.at("result"), "new");
  CHECK(contents_of(folder.at("result")) == "new");
  struct stat fresh {};
  struct stat ordinary {};
  REQUIRE(stat(folder.at("result").c_str(), &fresh) == 0);
  REQUIRE(stat(folder.write("ordinary", "").c_str(), &ordinary) == 0);
  CHECK(fresh.st_mode == ordinary.st_mode);
}

TEST_CASE("where no file can be made, the reason is told and nothing is left") {
  const TemporaryFolder folder;
  folder.write("file", "x");
  const auto refusal = [&](const std::string& path, const std::string& reason) {
    CHECK(error_of([&] { write_file(path, "x"); }) == "cannot create " + path + ": " + reason);
    CHECK(fails_with(Fault::cannot_create, [&] { write_file(path, "x"); }));
  };
  refusal(folder.at("none/result"), "No such file or directory");
  refusal(folder.at("file/result"), "Not a directory");
  refusal(folder.at(std::string(300, 'n')), "File name too long");
  refusal(folder.path(), "there is a folder of that name");
  REQUIRE(mkfifo(folder.at("pipe").c_str(), 0600) == 0);
  refusal(folder.at("pipe"), "there is a special file of that name");
  CHECK(std::filesystem::is_fifo(folder.at("pipe")));
  CHECK(folder.files() == 2);
}

TEST_CASE("a disk that fills up leaves no file behind") {
  const TemporaryFolder folder;
  folder.write("result", "old");
  const std::string large(1'000'000, 'x');
  std::string error;
  bool io = false;
  {
    const FileSizeLimit limit(300'000);
    error = error_of([&] { write_file(folder.at("result"), large); });
    io = fails_with(Fault::io, [&] { write_file(folder.at("result"), large); });
  }
  CHECK(error == "cannot write " + folder.at("result") + ": File too large");
  CHECK(io);
  CHECK(contents_of(folder.at("result")) == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("a name taken by a folder meanwhile is an I/O error without a remainder") {
  const TemporaryFolder folder;
  AtomicFile file(folder.at("result"));
  std::filesystem::create_directory(folder.at("result"));
  CHECK(error_of([&] { file.commit(); }) ==
        "cannot name " + folder.at("result") + ": Is a directory");
}

TEST_CASE("folders are made with those above them") {
  const TemporaryFolder folder;
  make_folder(folder.at("a/b"));
  make_folder(folder.at("a/b"));
  CHECK(std::filesystem::is_directory(folder.at("a/b")));
  folder.write("file", "x");
  CHECK(fails_with(Fault::cannot_create, [&] { make_folder(folder.at("file/b")); }));
}

}  // namespace oscillon
