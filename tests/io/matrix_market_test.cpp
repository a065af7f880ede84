// Matrix Market files: what the format allows, and one file for each fault.
#include "engine/io/matrix_market.hpp"

#include <doctest/doctest.h>

#include <random>

#include "tests/error_of.hpp"
#include "tests/temporary_folder.hpp"

using namespace oscillon;
using namespace oscillon::testing;

namespace {

template <class T>
Matrix<T> read(const TemporaryFolder& folder, const std::string& text,
               const ScanOptions& options = {}) {
  return read_matrix_market<T>(folder.write("m.mtx", text), options);
}

}  // namespace

TEST_CASE("general, symmetric, skew-symmetric; real, integer, pattern") {
  const TemporaryFolder folder;
  //   1 . 3      lower triangles of  4 2      and  .  -5
  //   . . 2.5                        2 .           5   .
  const std::string banner = "%%MatrixMarket matrix coordinate ";
  const auto general = read<float>(
      folder, banner + "real general\n% a comment\n\n2 3 3\n1 3 3\n1 1 1\n2  3   2.5\n");
  CHECK(general.rows() == 2);
  CHECK(general.columns() == 3);
  CHECK(general.entries() == 3);
  CHECK(general.at(0, 2) == 3.f);
  CHECK(general.at(1, 2) == 2.5f);
  CHECK(!general.at(1, 1));
  const auto symmetric =
      read<std::int32_t>(folder, banner + "integer symmetric\n2 2 2\n1 1 4\n2 1 2\n");
  CHECK(symmetric.entries() == 3);
  CHECK(symmetric.at(0, 1) == 2);
  const auto skew = read<double>(folder, banner + "integer skew-symmetric\n2 2 1\n2 1 5\n");
  CHECK(skew.at(1, 0) == 5.);
  CHECK(skew.at(0, 1) == -5.);
  const auto pattern =
      read<double>(folder, "%%matrixmarket MATRIX Coordinate Pattern General\r\n2 2 1\r\n2 2\r\n");
  CHECK(pattern.at(1, 1) == 1.);
  CHECK(read<float>(folder, banner + "real general\n3 4 0\n").entries() == 0);
}

TEST_CASE("one file for each fault") {
  const TemporaryFolder folder;
  const std::string good = "%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1\n2 2 2\n";
  CHECK(read<float>(folder, good).entries() == 2);
  const auto error = [&](const std::string& text) {
    const std::string message = error_of([&] { read<float>(folder, text); });
    const std::size_t name = message.find("m.mtx:");
    return name == std::string::npos ? message : message.substr(name);
  };
  const std::string general = "%%MatrixMarket matrix coordinate real general\n";
  CHECK(error("") == "m.mtx:1:1: error: the line is empty");
  CHECK(error("1 1 1\n") ==
        "m.mtx:1:1: error: the first line must begin with %%MatrixMarket matrix");
  CHECK(error("%%MatrixMarket matrix array real general\n1 1\n1\n").find("is not supported") !=
        std::string::npos);
  CHECK(error("%%MatrixMarket matrix coordinate complex general\n") ==
        "m.mtx:1:1: error: values must be pattern, integer or real, not \"complex\"");
  CHECK(error("%%MatrixMarket matrix coordinate real hermitian\n").find("not \"hermitian\"") !=
        std::string::npos);
  CHECK(error("%%MatrixMarket matrix coordinate pattern skew-symmetric\n2 2 0\n") ==
        "m.mtx:1:1: error: a pattern cannot be skew-symmetric");
  CHECK(error("%%MatrixMarket matrix coordinate real general x\n").find("goes on") !=
        std::string::npos);
  CHECK(error(general) == "m.mtx:2:1: error: the file ends before the line of sizes");
  CHECK(error(general + "2 2\n") ==
        "m.mtx:2:4: error: the number of entries \"\" is not a whole number up to 2^60");
  CHECK(error(general + "2 2 1 1\n1 1 1\n") ==
        "m.mtx:2:6: error: the line of sizes goes on: \"1\"");
  CHECK(error(general + "2 2 3\n1 1 1\n2 2 2\n") ==
        "m.mtx: error: the file claims 3 entries and has 2");
  CHECK(error(general + "2 2 1\n1 1 1\n2 2 2\n") ==
        "m.mtx: error: the file claims 1 entries and has 2");
  CHECK(error(general + "2 2 2\n1 1 1\n1 1 2\n") ==
        "m.mtx:4:1: error: the entry (1, 1) stands on line 3 already");
  CHECK(error(general + "2 2 1\n0 1 1\n") ==
        "m.mtx:3:1: error: the row index is 0; indices count from 1");
  CHECK(error(general + "2 2 1\n1 3 1\n") ==
        "m.mtx:3:3: error: the column index 3 is beyond the last one, 2");
  CHECK(error(general + "2 2 1\n1 1\n") == "m.mtx:3:4: error: the line ends before the value");
  CHECK(error(general + "2 2 1\n1 1 1 1\n").find("goes on after") != std::string::npos);
  CHECK(error(general + "2 2 1\n1 1 nan\n").find("NaN") != std::string::npos);
  CHECK(error(general + "2 2 1\n\n1 1 1\n") == "m.mtx:3:1: error: the line is empty");
  CHECK(error(general + "99999999999 1 1\n1 1 1\n") ==
        "m.mtx:2:1: error: 99999999999 rows are far beyond the number of entries, 1");
  CHECK(error("%%MatrixMarket matrix coordinate real symmetric\n2 2 1\n1 2 1\n")
            .find("above the diagonal") != std::string::npos);
  CHECK(error("%%MatrixMarket matrix coordinate real symmetric\n3 3 3\n3 1 1\n2 2 1\n3 1 2\n") ==
        "m.mtx:5:1: error: the entry (3, 1) stands on line 3 already");
  CHECK(error("%%MatrixMarket matrix coordinate real symmetric\n2 3 0\n").find("must be square") !=
        std::string::npos);
  CHECK(error("%%MatrixMarket matrix coordinate integer general\n1 1 1\n1 1 1.5\n")
            .find("not an integer") != std::string::npos);
  CHECK(error("%%MatrixMarket matrix coordinate integer general\n1 1 1\n1 1 16777217\n")
            .find("is not held exactly by fp32") != std::string::npos);
  CHECK(error_of([&] {
          read<std::int32_t>(folder,
                             "%%MatrixMarket matrix coordinate integer general\n1 1 1\n"
                             "1 1 3000000000\n");
        }).find("out of the range") != std::string::npos);
}

TEST_CASE("what is written reads back, in chunks of one byte too") {
  const TemporaryFolder folder;
  std::mt19937_64 random(3);
  Triples<double> entries;
  for (Index i = 0; i < 30; ++i) {
    for (Index j = 0; j < 20; ++j) {
      if (random() % 4 == 0 && i != 7) {
        entries.add(i, j, static_cast<double>(random()) / 3 * (random() % 2 == 0 ? 1 : -1));
      }
    }
  }
  const auto matrix = Matrix<double>::build(30, 20, entries);
  write_matrix_market(folder.at("out.mtx"), matrix);
  ScanOptions bytes;
  bytes.chunk_bytes = 1;
  for (const ScanOptions& options : {ScanOptions{}, bytes}) {
    const auto again = read_matrix_market<double>(folder.at("out.mtx"), options);
    CHECK(again.rows() == 30);
    CHECK(again.triples().rows == matrix.triples().rows);
    CHECK(again.triples().columns == matrix.triples().columns);
    CHECK(again.triples().values == matrix.triples().values);
  }
}

TEST_CASE("every prefix of a file reads or is refused, and only the whole is what it was") {
  const TemporaryFolder folder;
  const std::string text =
      "%%MatrixMarket matrix coordinate integer general\n%c\n3 3 2\n1 2 34\n3 1 5\n";
  for (std::size_t cut = 0; cut + 1 < text.size(); ++cut) {
    try {
      read<float>(folder, text.substr(0, cut));
      FAIL_CHECK("a prefix was taken: " << cut);
    } catch (const ParseError&) {
    }
  }
}
