#include "oscillon/io/tsv.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <random>
#include <tuple>

#include "engine/io/input_file.hpp"
#include "tests/cases.hpp"
#include "tests/error_of.hpp"
#include "tests/io/gzip.hpp"
#include "tests/temporary_folder.hpp"

namespace oscillon {

using testing::contents_of;
using testing::error_of;
using testing::fails_with;
using testing::gzipped;
using testing::TemporaryFolder;

namespace {

ScanOptions smallest_chunks(int threads) {
  ScanOptions options;
  options.threads = threads;
  options.chunk_bytes = 1;
  return options;
}

template <NetworkValue T>
bool same(const Matrix<T>& A, const Matrix<T>& B) {
  const Compressed<T> a = A.compressed(Orientation::by_column);
  const Compressed<T> b = B.compressed(Orientation::by_column);
  return a.rows == b.rows && a.columns == b.columns && a.offsets == b.offsets &&
         a.indices == b.indices && a.values == b.values;
}

// The error of a text as a 3 x 4 matrix, without the path, which must be the same for every way to
// cut the text.
template <NetworkValue T = float>
std::string error_in(const std::string& text, Index file_rows = 3) {
  const TemporaryFolder folder;
  const std::string path = folder.write("t.tsv", text);
  const std::string error = error_of([&] { read_transposed_tsv<T>(path, file_rows, 4); });
  for (const int threads : {1, 3}) {
    CHECK(error_of([&] { read_transposed_tsv<T>(path, file_rows, 4, smallest_chunks(threads)); }) ==
          error);
  }
  REQUIRE(error.starts_with(path + ":"));
  return error.substr(path.size());
}

}  // namespace

// The file is the 3 x 4 matrix
//   .  5  .  .
//   .  .  .  .
//   7  . -2  .
// and what is read is its transpose.
TEST_CASE("random texts, usual and unusual, are read as they were meant") {
  std::mt19937_64 random(17);
  const TemporaryFolder folder;
  const std::vector<std::pair<std::string, float>> spellings{{"1", 1},
                                                             {"0.0625", 0.0625f},
                                                             {"6.250000e-02", 0.0625f},
                                                             {"-3", -3},
                                                             {"0", 0},
                                                             {"12345678", 12345678.f},
                                                             {"00012", 12},
                                                             {".5", 0.5f},
                                                             {"7.", 7},
                                                             {"1e3", 1000},
                                                             {"9999999", 9999999.f},
                                                             {"0.1", 0.1f},
                                                             {"-0.25", -0.25f},
                                                             {"123456789012", 123456789012.f}};
  for (int n = 0; n < testing::cases(400); ++n) {
    const Index rows = 1 + random() % 40;
    const Index columns = 1 + random() % 30;
    std::vector<std::tuple<Index, Index, float, std::string>> entries;
    const bool one_value = random() % 2 == 0;
    const auto& the_value = spellings[random() % spellings.size()];
    const bool padded = random() % 5 == 0;
    for (Index i = 0; i < rows; ++i) {
      for (Index j = 0; j < columns; ++j) {
        if (random() % 3 != 0 && !(i == rows - 1 && j == 0)) continue;
        const auto& [text, value] = one_value ? the_value : spellings[random() % spellings.size()];
        const std::string row = (padded ? "0000000" : "") + std::to_string(i + 1);
        entries.emplace_back(i, j, value, row + "\t" + std::to_string(j + 1) + "\t" + text);
      }
    }
    const auto order = random() % 4;
    auto lines = entries;
    if (order == 1) std::shuffle(lines.begin(), lines.end(), random);
    if (order == 2) {
      std::stable_sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) {
        return std::get<1>(a) < std::get<1>(b);
      });
    }
    std::string text;
    const std::string line_end = random() % 4 == 0 ? "\r\n" : "\n";
    for (const auto& line : lines) text += std::get<3>(line) + line_end;
    if (random() % 3 == 0) text.resize(text.size() - line_end.size());
    ScanOptions options;
    options.threads = 1 + static_cast<int>(random() % 3);
    options.chunk_bytes = 1 + random() % 200;
    const auto read = read_transposed_tsv<float>(folder.write("r.tsv", text),
                                                 random() % 2 == 0 ? 0 : rows, columns, options)
                          .compressed(Orientation::by_column);
    REQUIRE(read.columns == rows);
    REQUIRE(read.rows == columns);
    REQUIRE(read.size() == entries.size());
    for (std::size_t k = 0; k < entries.size(); ++k) {
      const auto& [row, column, value, line] = entries[k];
      REQUIRE(read.offsets[row] <= k);
      REQUIRE(k < read.offsets[row + 1]);
      REQUIRE(read.indices[k] == column);
      REQUIRE(read.values[k] == value);
    }
  }
}

TEST_CASE("a file row becomes a column, in whatever order the lines stand") {
  const TemporaryFolder folder;
  std::array<std::string, 3> lines{"1\t2\t5\n", "3\t1\t7\n", "3\t3\t-2\n"};
  do {
    const std::string path = folder.write("t.tsv", lines[0] + lines[1] + lines[2]);
    const auto Y = read_transposed_tsv<float>(path, 3, 4);
    CHECK(Y.rows() == 4);
    CHECK(Y.columns() == 3);
    CHECK(Y.orientation() == Orientation::by_column);
    const Compressed<float> arrays = Y.compressed(Orientation::by_column);
    CHECK(arrays.offsets == std::vector<Index>{0, 1, 1, 3});
    CHECK(arrays.indices == std::vector<Index>{1, 0, 2});
    CHECK(arrays.values == std::vector<float>{5, 7, -2});
  } while (std::next_permutation(lines.begin(), lines.end()));
}

TEST_CASE("without a number of rows, there are as many as the greatest row index") {
  const TemporaryFolder folder;
  const std::string path = folder.write("t.tsv", "5\t1\t1\n2\t4\t1\n");
  CHECK(read_transposed_tsv<double>(path, 0, 4).columns() == 5);
  CHECK(read_transposed_tsv<double>(path, 9, 4).columns() == 9);
}

TEST_CASE("an empty file holds no entries") {
  const TemporaryFolder folder;
  const std::string path = folder.write("t.tsv", "");
  for (const Index rows : {0, 3}) {
    const auto Y = read_transposed_tsv<float>(path, rows, 4);
    CHECK(Y.rows() == 4);
    CHECK(Y.columns() == rows);
    CHECK(Y.entries() == 0);
    CHECK(Y.orientation() == Orientation::by_column);
  }
}

TEST_CASE("a stored zero stays stored, and all four value types read") {
  const TemporaryFolder folder;
  const std::string path = folder.write("t.tsv", "1\t1\t0\n2\t1\t-3\n");
  CHECK(read_transposed_tsv<float>(path, 2, 1).at(0, 0) == 0.0F);
  CHECK(read_transposed_tsv<double>(path, 2, 1).at(0, 1) == -3.0);
  CHECK(read_transposed_tsv<std::int32_t>(path, 2, 1).at(0, 1) == -3);
  CHECK(read_transposed_tsv<std::int64_t>(path, 2, 1).entries() == 2);
}

TEST_CASE("CRLF and a missing last line end are accepted, gzip is read") {
  const TemporaryFolder folder;
  const auto expected = read_transposed_tsv<float>(folder.write("a", "1\t2\t5\n3\t1\t7\n"), 3, 4);
  CHECK(same(read_transposed_tsv<float>(folder.write("b", "1\t2\t5\r\n3\t1\t7\r\n"), 3, 4),
             expected));
  CHECK(same(read_transposed_tsv<float>(folder.write("c", "1\t2\t5\n3\t1\t7"), 3, 4), expected));
  CHECK(same(read_transposed_tsv<float>(folder.write("d.gz", gzipped("1\t2\t5\n3\t1\t7\n")), 3, 4),
             expected));
}

TEST_CASE("each malformed line has its own message, with line and column") {
  CHECK(error_in("0\t1\t1\n") == ":1:1: error: the row index is 0; indices count from 1");
  CHECK(error_in("1\t1\t1\n1\t0\t1\n") ==
        ":2:3: error: the column index is 0; indices count from 1");
  CHECK(error_in("4\t1\t1\n") == ":1:1: error: the row index 4 is beyond the last one, 3");
  CHECK(error_in("1\t5\t1\n") == ":1:3: error: the column index 5 is beyond the last one, 4");
  CHECK(error_in("-1\t1\t1\n") == ":1:1: error: the row index \"-1\" is negative");
  CHECK(error_in("+1\t1\t1\n") ==
        ":1:1: error: the row index \"+1\" has a leading +; leave it out");
  CHECK(error_in("1.5\t1\t1\n") == ":1:1: error: the row index \"1.5\" is not a whole number");
  CHECK(error_in("1\t18446744073709551616\t1\n") ==
        ":1:3: error: the column index \"18446744073709551616\" does not fit in 64 bits");
  CHECK(error_in("row\tcolumn\tvalue\n") == ":1:1: error: the row index \"row\" is not a number");
  CHECK(error_in("1\t1\tnan\n") ==
        ":1:5: error: the value is NaN; only finite numbers are accepted");
  CHECK(error_in("1\t1\t-inf\n") ==
        ":1:5: error: the value is infinite; only finite numbers are accepted");
  CHECK(error_in("1\t1\t1e99\n") == ":1:5: error: the value \"1e99\" is out of the range of fp32");
  CHECK(error_in<std::int32_t>("1\t1\t1.5\n") ==
        ":1:5: error: the value \"1.5\" is not an integer, as int32 needs");
  CHECK(error_in("1\t1\t1,5\n") ==
        ":1:5: error: the value \"1,5\" has a decimal comma; write a point");
  CHECK(error_in("1\t1\t1.0D+00\n") ==
        ":1:5: error: the value \"1.0D+00\" has a Fortran exponent; write E for D");
  CHECK(error_in("1\t1\t1x\n") == ":1:6: error: bytes follow the value \"1\": \"x\"");
  CHECK(error_in("1\n") == ":1:2: error: the line ends before the column index");
  CHECK(error_in("1\t1\n") == ":1:4: error: the line ends before the value");
  CHECK(error_in("1\t1\t\n") == ":1:5: error: the value is missing");
  CHECK(error_in("1\t\t1\n") == ":1:3: error: the column index is missing");
  CHECK(error_in("1\t1\t1\t1\n") == ":1:6: error: the line goes on after its last column: \"?1\"");
  CHECK(error_in("1 1 1\n") == ":1:1: error: the row index \"1 1 1\" is not a whole number");
  CHECK(error_in("1\t1\t1\n\n2\t1\t1\n") == ":2:1: error: the line is empty");
  CHECK(error_in(std::string("1\t1\t1\n2\t\0001\t1\n", 13)) ==
        ":2:3: error: the line has a NUL byte");
  CHECK(error_in("1\t1\t1\n" + std::string(5000, '1')) ==
        ":2:1: error: the line is longer than 4096 bytes");
}

TEST_CASE("an entry that stands twice names both lines") {
  CHECK(error_in("1\t2\t5\n3\t1\t7\n1\t2\t5\n") ==
        ":3:1: error: the entry (1, 2) stands on line 1 already");
  CHECK(error_in("1\t3\t5\n1\t2\t1\n1\t3\t4\n1\t1\t1\n") ==
        ":3:1: error: the entry (1, 3) stands on line 1 already");
}

TEST_CASE("one bad line cannot claim all memory") {
  CHECK(error_in("2\t1\t1\n30000000000\t1\t1\n", 0) ==
        ":2:1: error: the row index 30000000000 is far beyond the number of entries; give the "
        "number of rows if it is right");
}

TEST_CASE("every prefix of a file is read or refused") {
  const TemporaryFolder folder;
  const std::string text = "1\t2\t6.25e-02\r\n3\t1\t7\n3\t3\t-2\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    CAPTURE(size);
    const std::string path = folder.write("prefix.tsv", text.substr(0, size));
    Index entries = 99;
    const std::string error =
        error_of([&] { entries = read_transposed_tsv<float>(path, 3, 4).entries(); });
    if (error == "no error") {
      CHECK(entries <= 3);
    } else {
      CHECK(error.starts_with(path + ":"));
    }
  }
}

TEST_CASE("random matrices come back from a file, shuffled, for any threads and chunks") {
  const TemporaryFolder folder;
  std::mt19937_64 random(20180829);
  for (int trial = 0; trial < 30; ++trial) {
    const Index rows = 1 + random() % 20;
    const Index columns = 1 + random() % 20;
    Triples<double> triples;
    for (Index i = 0; i < rows; ++i) {
      for (Index j = 0; j < columns; ++j) {
        if (random() % 3 != 0) continue;
        triples.add(i, j, std::ldexp(static_cast<double>(random()) - 0x1p63, -70));
      }
    }
    const auto Y =
        Matrix<double>::build(rows, columns, triples, Collision::none, Orientation::by_column);
    const std::string path = folder.at("random.tsv");
    write_transposed_tsv(path, Y);
    CHECK(same(read_transposed_tsv<double>(path, columns, rows), Y));

    std::vector<std::string> lines;
    std::string text = contents_of(path);
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = text.find('\n', begin) + 1;
      lines.push_back(text.substr(begin, end - begin));
      begin = end;
    }
    REQUIRE(lines.size() == triples.size());
    std::shuffle(lines.begin(), lines.end(), random);
    text.clear();
    for (const std::string& line : lines) text += line;
    folder.write("random.tsv", text);
    for (const int threads : {1, 2, 4}) {
      CHECK(same(read_transposed_tsv<double>(path, columns, rows, smallest_chunks(threads)), Y));
    }
  }
}

TEST_CASE("values are written in their shortest exact form, file row after file row") {
  const TemporaryFolder folder;
  Triples<float> triples;
  triples.add(1, 0, 0.1F);
  triples.add(0, 0, 0.0625F);
  triples.add(0, 2, -32);
  write_transposed_tsv(folder.at("t.tsv"), Matrix<float>::build(2, 3, triples));
  CHECK(contents_of(folder.at("t.tsv")) == "1\t1\t0.0625\n1\t2\t0.1\n3\t1\t-32\n");
}

TEST_CASE("categories are read from 1 and returned from 0") {
  const TemporaryFolder folder;
  const std::vector<Index> categories{0, 4, 11};
  write_categories(folder.at("c.tsv"), categories);
  CHECK(contents_of(folder.at("c.tsv")) == "1\n5\n12\n");
  CHECK(read_categories(folder.at("c.tsv"), 12) == categories);
  CHECK(read_categories(folder.write("none.tsv", ""), 12).empty());
}

TEST_CASE("categories must ascend and stay within the samples") {
  const TemporaryFolder folder;
  const auto message = [&](const std::string& text) {
    const std::string path = folder.write("c.tsv", text);
    return error_of([&] { read_categories(path, 12); }).substr(path.size());
  };
  CHECK(message("1\n5\n3\n") == ":3:1: error: sample 3 follows sample 5; the numbers must ascend");
  CHECK(message("1\n5\n5\n") == ":3:1: error: sample 5 follows sample 5; the numbers must ascend");
  CHECK(message("0\n") == ":1:1: error: the sample index is 0; indices count from 1");
  CHECK(message("1\n13\n") == ":2:1: error: the sample index 13 is beyond the last one, 12");
  CHECK(message("1\t2\n") == ":1:2: error: the line goes on after its last column: \"?2\"");
  CHECK(message("1\n\n2\n") == ":2:1: error: the line is empty");
}

TEST_CASE("the official files have the official counts") {
  const char* data = std::getenv("OSCILLON_CHALLENGE_DATA");
  if (data == nullptr) return;
  const std::string small = std::string(data) + "/small";
  const auto Y = read_transposed_tsv<float>(small + "/sparse-images-1024.tsv", 1200, 1024);
  CHECK(Y.entries() == 122'713);
  CHECK(read_transposed_tsv<float>(small + "/sparse-images-1024.tsv", 0, 1024).columns() <= 1200);
  const auto W = read_transposed_tsv<float>(small + "/neuron1024/n1024-l1.tsv", 1024, 1024);
  CHECK(W.entries() == 32'768);
  const Compressed<float> arrays = W.compressed(Orientation::by_column);
  CHECK(std::count(arrays.values.begin(), arrays.values.end(), 0.0625F) == 32'768);
  CHECK(read_categories(small + "/neuron1024-l120-categories.tsv", 1200).size() == 19);

  const std::string full = std::string(data) + "/full/neuron1024/n1024-l1.tsv";
  const std::string compressed = plain_or_compressed(full);
  CHECK(compressed == full + ".gz");
  CHECK(same(read_transposed_tsv<float>(compressed, 1024, 1024), W));
}

}  // namespace oscillon
