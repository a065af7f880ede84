#include "engine/io/input_file.hpp"

#include <doctest/doctest.h>

#include <utility>

#include "tests/error_of.hpp"
#include "tests/io/gzip.hpp"
#include "tests/temporary_folder.hpp"

namespace oscillon {

using testing::error_of;
using testing::fails_with;
using testing::gzipped;
using testing::TemporaryFolder;

namespace {

std::string text_of(const std::string& path) {
  const InputFile file(path);
  return std::string(file.text());
}

}  // namespace

TEST_CASE("a plain file is its bytes, whatever they are") {
  const TemporaryFolder folder;
  const std::string bytes("1\t2\r\n\0\xff", 7);
  CHECK(text_of(folder.write("plain", bytes)) == bytes);
  CHECK(text_of(folder.write("empty", "")).empty());
  CHECK(InputFile(folder.write("named", "x")).path() == folder.at("named"));
}

TEST_CASE("gzip is inflated, whether its name says so or not, member after member") {
  const TemporaryFolder folder;
  const std::string text = "first line\nsecond line\n";
  CHECK(text_of(folder.write("a.gz", gzipped(text))) == text);
  CHECK(text_of(folder.write("a", gzipped(text))) == text);
  CHECK(text_of(folder.write("two.gz", gzipped(text) + gzipped("third\n"))) == text + "third\n");
  CHECK(text_of(folder.write("nothing.gz", gzipped(""))).empty());
}

TEST_CASE("what inflates to many times its size is whole") {
  const TemporaryFolder folder;
  const std::string zeros(1'000'000, '0');
  CHECK(text_of(folder.write("zeros.gz", gzipped(zeros))) == zeros);
}

TEST_CASE("a moved file keeps its text") {
  const TemporaryFolder folder;
  for (const std::string& path :
       {folder.write("plain", "short"), folder.write("a.gz", gzipped("short"))}) {
    InputFile first(path);
    const InputFile second(std::move(first));
    CHECK(second.text() == "short");
    CHECK(second.path() == path);
  }
}

TEST_CASE("each damage to gzip data has its own message") {
  const TemporaryFolder folder;
  const std::string good = gzipped("some text that is long enough to be damaged in the middle");
  const auto message = [&](const std::string& bytes) {
    const std::string path = folder.write("bad.gz", bytes);
    const std::string error = error_of([&] { InputFile file(path); });
    REQUIRE(error.starts_with(path + ": error: "));
    return error.substr(path.size() + 9);
  };
  SUBCASE("cut short") {
    CHECK(message(good.substr(0, good.size() - 1)) == "the gzip data are cut short");
    CHECK(message(good + good.substr(0, 12)) == "the gzip data are cut short");
  }
  SUBCASE("something behind the end") {
    CHECK(message(good + "xyz") == "3 bytes follow the end of the gzip data");
    CHECK(message(good + '\0') == "1 bytes follow the end of the gzip data");
  }
  SUBCASE("not gzip") {
    CHECK(message("1\t1\t1\n") == "is called .gz and does not begin like a gzip file");
    std::string damaged = good;
    damaged[1] ^= 1;
    CHECK(message(damaged) == "is called .gz and does not begin like a gzip file");
    CHECK(message("") == "is called .gz and is empty");
  }
  SUBCASE("checksum") {
    std::string damaged = good;
    damaged[good.size() - 8] ^= 1;
    CHECK(message(damaged) == "the gzip data are damaged: incorrect data check");
  }
  SUBCASE("length") {
    std::string damaged = good;
    damaged[good.size() - 4] ^= 1;
    CHECK(message(damaged) == "the gzip data are damaged: incorrect length check");
  }
  SUBCASE("method") {
    std::string damaged = good;
    damaged[2] = 7;
    CHECK(message(damaged) == "the gzip data are damaged: unknown compression method");
  }
}

TEST_CASE("no prefix of a gzip file is taken for a file") {
  const TemporaryFolder folder;
  const std::string good = gzipped("1\t1\t1\n2\t1\t0.5\n");
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    const std::string path = folder.write("prefix.gz", good.substr(0, size));
    CHECK(fails_with(Fault::bad_data, [&] { InputFile file(path); }));
  }
}

TEST_CASE("no flipped bit of a gzip file changes its text unseen") {
  const TemporaryFolder folder;
  const std::string text = "1\t1\t1\n2\t1\t0.5\n";
  const std::string good = gzipped(text);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    CAPTURE(bit);
    std::string damaged = good;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    const std::string path = folder.write("flipped.gz", damaged);
    std::string read = text;
    error_of([&] { read = text_of(path); });
    CHECK(read == text);
  }
}

TEST_CASE("a file that cannot be read says why") {
  const TemporaryFolder folder;
  CHECK(error_of([&] { InputFile file(folder.at("none")); }) ==
        "cannot open " + folder.at("none") + ": No such file or directory");
  CHECK(fails_with(Fault::cannot_open, [&] { InputFile file(folder.at("none")); }));
  CHECK(error_of([&] { InputFile file(folder.path()); }) ==
        "cannot read " + folder.path() + ": it is a folder");
  CHECK(fails_with(Fault::cannot_open, [&] { InputFile file(folder.path()); }));
}

TEST_CASE("a name stands for its .gz only where it does not exist itself") {
  const TemporaryFolder folder;
  CHECK(plain_or_compressed(folder.at("a")) == folder.at("a"));
  folder.write("a.gz", gzipped("packed"));
  CHECK(plain_or_compressed(folder.at("a")) == folder.at("a.gz"));
  folder.write("a", "plain");
  CHECK(plain_or_compressed(folder.at("a")) == folder.at("a"));
}

}  // namespace oscillon
