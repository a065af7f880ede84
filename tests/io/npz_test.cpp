// scipy's archives of sparse matrices: written, read back, damaged; scipy itself is asked too.
#include "engine/io/npz.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <random>

#include "engine/io/npy.hpp"
#include "tests/error_of.hpp"
#include "tests/temporary_folder.hpp"

using namespace oscillon;
using namespace oscillon::testing;

namespace {

// 7 x 5 with an empty row and values that every type holds.
Matrix<double> small_matrix() {
  std::mt19937_64 random(4);
  Triples<double> entries;
  for (Index i = 0; i < 7; ++i) {
    for (Index j = 0; j < 5; ++j) {
      if (i != 3 && random() % 2 == 0) {
        entries.add(i, j, static_cast<double>(random() % 200) - 100);
      }
    }
  }
  return Matrix<double>::build(7, 5, entries);
}

void check_equal(const Matrix<double>& A, const Matrix<double>& B) {
  CHECK(A.rows() == B.rows());
  CHECK(A.columns() == B.columns());
  CHECK(A.triples().rows == B.triples().rows);
  CHECK(A.triples().columns == B.triples().columns);
  CHECK(A.triples().values == B.triples().values);
}

int python(const std::string& script) {
  return std::system(("/usr/bin/python3 -c \"" + script + "\"").c_str());
}

}  // namespace

TEST_CASE("what is written in any type reads back, and the bytes are always the same") {
  const TemporaryFolder folder;
  const Matrix<double> matrix = small_matrix();
  for (const ValueTypeRow& row : value_types) {
    const ValueType type = row.type;
    if (type == ValueType::bf16) continue;
    write_npz(folder.at("a.npz"), matrix, type);
    check_equal(read_npz<double>(folder.at("a.npz")), matrix);
    write_npz(folder.at("b.npz"), matrix, type);
    CHECK(contents_of(folder.at("a.npz")) == contents_of(folder.at("b.npz")));
  }
  CHECK(read_npz<std::int32_t>(folder.at("a.npz")).entries() == matrix.entries());
  // Beyond 2^53 not every whole number is a double; those of int64 do not pass through one.
  const std::int64_t odd = (std::int64_t{1} << 53) + 1;
  write_npz(folder.at("large.npz"), Matrix<std::int64_t>::build(1, 1, {{0}, {0}, {odd}}),
            ValueType::int64);
  CHECK(read_npz<std::int64_t>(folder.at("large.npz")).at(0, 0) == odd);
  CHECK(fails_with(Fault::bad_data, [&] { read_npz<std::int32_t>(folder.at("large.npz")); }));
  REQUIRE(python("import scipy.sparse as s, numpy as n; s.save_npz('" + folder.at("theirs.npz") +
                 "', s.csr_matrix(n.array([[9007199254740993]], dtype=n.int64)))") == 0);
  CHECK(read_npz<std::int64_t>(folder.at("theirs.npz")).at(0, 0) == 9007199254740993);
  CHECK(fails_with(Fault::bad_data, [&] {
    write_npz(folder.at("c.npz"), Matrix<std::int64_t>::build(1, 1, {{0}, {0}, {odd}}),
              ValueType::fp64);
  }));
  const auto too_large = Matrix<double>::build(1, 1, {{0}, {0}, {9223372036854775808.0}});
  write_npz(folder.at("large.npz"), too_large, ValueType::fp64);
  CHECK(fails_with(Fault::bad_data, [&] { read_npz<std::int64_t>(folder.at("large.npz")); }));
  CHECK(fails_with(Fault::usage, [&] { write_npz(folder.at("c.npz"), matrix, ValueType::bf16); }));
  const auto third = Matrix<double>::build(1, 1, {{0}, {0}, {1.0 / 3}});
  CHECK(
      fails_with(Fault::bad_data, [&] { write_npz(folder.at("c.npz"), third, ValueType::fp16); }));
  CHECK(!std::filesystem::exists(folder.at("c.npz")));
}

TEST_CASE("scipy reads what is written, and what scipy writes is read") {
  const TemporaryFolder folder;
  const Matrix<double> matrix = small_matrix();
  write_npz(folder.at("ours.npz"), matrix, ValueType::fp32);
  // Newer versions of scipy make no sparse matrix of float16, but older ones have saved some.
  const std::string script = folder.write("write.py", R"(
import numpy, scipy.sparse, sys
folder, entries = sys.argv[1] + "/", int(sys.argv[2])
a = scipy.sparse.load_npz(folder + "ours.npz")
assert a.dtype == numpy.float32 and a.shape == (7, 5) and a.nnz == entries
for form in ("csr", "csc", "coo"):
    m = a.asformat(form)
    for type in ("float64", "int8", "int64"):
        scipy.sparse.save_npz(folder + form + type, m.astype(type), compressed=type != "int8")
    places = {"row": m.row, "col": m.col} if form == "coo" else {"indices": m.indices, "indptr": m.indptr}
    numpy.savez_compressed(folder + form + "float16", format=form.encode(), shape=m.shape,
                           data=m.data.astype("float16"), **places)
)");
  REQUIRE(std::system(("/usr/bin/python3 " + script + " " + folder.path() + " " +
                       std::to_string(matrix.entries()))
                          .c_str()) == 0);
  for (const std::string form : {"csr", "csc", "coo"}) {
    for (const std::string type : {"float64", "float16", "int8", "int64"}) {
      check_equal(read_npz<double>(folder.at(form + type + ".npz")), matrix);
    }
  }
  // Unsorted indices are sorted; the same place twice is refused, though scipy would add it up.
  REQUIRE(python("import scipy.sparse as s; s.save_npz('" + folder.at("twice.npz") +
                 "', s.csr_matrix(([1., 2.], [1, 1], [0, 2]), shape=(1, 2)))") == 0);
  CHECK(error_of([&] {
          read_npz<float>(folder.at("twice.npz"));
        }).ends_with("twice.npz: error: an entry of vector 0 is there twice"));
  REQUIRE(python("import scipy.sparse as s; s.save_npz('" + folder.at("dia.npz") +
                 "', s.eye(3))") == 0);
  CHECK(error_of([&] { read_npz<float>(folder.at("dia.npz")); }).find("\"dia\"") !=
        std::string::npos);
}

TEST_CASE("every cut and every flipped bit is refused or changes nothing") {
  const TemporaryFolder folder;
  const Matrix<double> matrix = small_matrix();
  write_npz(folder.at("whole.npz"), matrix, ValueType::int8);
  const std::string whole = contents_of(folder.at("whole.npz"));
  int taken = 0;
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    folder.write("cut.npz", whole.substr(0, cut));
    taken += error_of([&] { read_npz<double>(folder.at("cut.npz")); }) == "no error";
  }
  CHECK(taken == 0);
  // A zip archive holds times and flags that no reader looks at; whatever is read is the matrix.
  for (std::size_t bit = 0; bit < 8 * whole.size(); bit += 3) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    folder.write("flipped.npz", flipped);
    try {
      const Matrix<double> read = read_npz<double>(folder.at("flipped.npz"));
      CHECK_UNARY(read.triples().values == matrix.triples().values);
      CHECK_UNARY(read.triples().columns == matrix.triples().columns);
    } catch (const Error&) {
    }
  }
}

TEST_CASE("arrays of numpy: what a header may say") {
  const std::string bytes = npy_bytes("<i4", std::string("\1\0\0\0\2\0\0\0", 8), 2);
  CHECK(bytes.size() % 64 == 8);
  const NumpyArray array = parse_npy(bytes, "a");
  CHECK(array.size() == 2);
  CHECK(array.whole(1) == 2);
  const auto with_header = [](std::string header, const std::string& values) {
    std::string made = "\x93NUMPY";
    made += '\1';
    made += '\0';
    append_little_endian(made, header.size(), 2);
    return made + header + values;
  };
  CHECK(
      parse_npy(with_header("{'shape': (1,), 'descr': '|i1', 'fortran_order': False}", "\xFF"), "a")
          .whole(0) == -1);
  for (const char* header :
       {"{'descr': '<f4', 'fortran_order': True, 'shape': (1,)}", "{'descr': '<f4', 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4294967296)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "{", "",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}"}) {
    CHECK_MESSAGE(fails_with(Fault::bad_data, [&] { parse_npy(with_header(header, "1234"), "a"); }),
                  header);
  }
  // Big-endian numbers are found out when they are used.
  const std::string big =
      with_header("{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}", "1234");
  CHECK(error_of([&] { parse_npy(big, "a").number(0); }) ==
        "numbers of the type \">f4\" are not supported");
}
