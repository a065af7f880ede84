#include "engine/io/npz.hpp"

#include <zip.h>

#include <cmath>
#include <limits>
#include <map>
#include <memory>

#include "engine/io/atomic_file.hpp"
#include "engine/io/file_entries.hpp"
#include "engine/io/input_file.hpp"
#include "engine/io/npy.hpp"

namespace oscillon {

namespace {

// The arrays of an archive, by name without .npy.
std::map<std::string, std::string> read_archive(const InputFile& file) {
  const auto fail = [&](const std::string& what) { throw ParseError(file.path(), 0, 0, what); };
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source =
      zip_source_buffer_create(file.text().data(), file.text().size(), 0, &error);
  zip_t* opened = source == nullptr
                      ? nullptr
                      : zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
  if (opened == nullptr) {
    const std::string why = zip_error_strerror(&error);
    zip_error_fini(&error);
    if (source != nullptr) zip_source_free(source);
    fail("this is no sound zip archive: " + why);
  }
  zip_error_fini(&error);
  const std::unique_ptr<zip_t, void (*)(zip_t*)> archive(opened, zip_discard);
  std::map<std::string, std::string> arrays;
  const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(count); ++i) {
    zip_stat_t status;
    if (zip_stat_index(archive.get(), i, 0, &status) != 0 || (status.valid & ZIP_STAT_NAME) == 0 ||
        (status.valid & ZIP_STAT_SIZE) == 0) {
      fail("member " + std::to_string(i + 1) + " of the archive is damaged");
    }
    std::string name = status.name;
    if (!name.ends_with(".npy")) fail("the member " + in_quotes(name) + " is no numpy array");
    name.resize(name.size() - 4);
    // Deflate packs at most 1,032 bytes into one.
    if (status.size / 1032 > file.text().size()) {
      fail("the array " + name + " claims more bytes than the file can hold");
    }
    std::string bytes(status.size, '\0');
    const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> member(
        zip_fopen_index(archive.get(), i, 0), zip_fclose);
    // One byte more than there should be: at its end the member's checksum is verified.
    char beyond;
    if (!member ||
        zip_fread(member.get(), bytes.data(), bytes.size()) !=
            static_cast<zip_int64_t>(bytes.size()) ||
        zip_fread(member.get(), &beyond, 1) != 0) {
      fail("the array " + name + " is damaged");
    }
    if (!arrays.emplace(name, std::move(bytes)).second)
      fail("the array " + name + " is there twice");
  }
  return arrays;
}

// The arrays of one sparse matrix.
template <NetworkValue T>
class Reader {
 public:
  explicit Reader(const std::string& path) : file_(path), members_(read_archive(file_)) {}

  Matrix<T> matrix() const {
    try {
      const NumpyArray format = array("format");
      const NumpyArray shape = array("shape");
      if (shape.size() != 2) fail("the shape must have two numbers");
      const Index rows = size(shape.whole(0)), columns = size(shape.whole(1));
      const std::string_view name = format.bytes;
      if (name == "coo") return of_coordinates(rows, columns);
      if (name == "csr") return Matrix<T>::from_compressed(compressed(rows, columns));
      if (name == "csc") return Matrix<T>::from_compressed(transposed(compressed(columns, rows)));
      fail("matrices in the format " + in_quotes(name) +
           " are not supported; csr, csc and coo are");
    } catch (const ParseError&) {
      throw;
    } catch (const Error& error) {
      fail(error.what());
    }
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw ParseError(file_.path(), 0, 0, what);
  }

  NumpyArray array(const std::string& name) const {
    const auto found = members_.find(name);
    if (found == members_.end()) fail("the array " + name + " is missing");
    return parse_npy(found->second, name);
  }

  Index size(std::int64_t side) const {
    if (side < 0) fail("the shape is negative");
    return static_cast<Index>(side);
  }

  Index index(const NumpyArray& array, Index i, Index limit, const char* what) const {
    const std::int64_t value = array.whole(i);
    if (value < 0 || static_cast<Index>(value) >= limit) {
      fail(std::string("the ") + what + " " + std::to_string(value) + " of entry " +
           std::to_string(i) + " is not below " + std::to_string(limit));
    }
    return static_cast<Index>(value);
  }

  T value(const NumpyArray& data, Index i) const {
    if constexpr (std::is_integral_v<T>) {
      if (!data.is_floating()) {
        const std::int64_t whole = data.whole(i);
        if (static_cast<std::int64_t>(static_cast<T>(whole)) != whole) {
          fail("the value " + std::to_string(whole) + " of entry " + std::to_string(i) +
               " is not held by " + std::string(GraphblasType<T>::name));
        }
        return static_cast<T>(whole);
      }
    }
    const double value = data.number(i);
    if (!std::isfinite(value)) fail("the value of entry " + std::to_string(i) + " is not finite");
    if constexpr (std::is_integral_v<T>) {
      if (!holds(sizeof(T) == 4 ? ValueType::int32 : ValueType::int64, value)) {
        fail("the value " + std::to_string(value) + " of entry " + std::to_string(i) +
             " is not held by " + std::string(GraphblasType<T>::name));
      }
    } else if (std::abs(value) > static_cast<double>(std::numeric_limits<T>::max())) {
      fail("the value of entry " + std::to_string(i) + " is out of the range of " +
           std::string(GraphblasType<T>::name));
    }
    return static_cast<T>(value);
  }

  Compressed<T> compressed(Index rows, Index columns) const {
    const NumpyArray indptr = array("indptr"), indices = array("indices"), data = array("data");
    if (indices.size() != data.size()) {
      fail("there are " + std::to_string(indices.size()) + " indices and " +
           std::to_string(data.size()) + " values");
    }
    if (indptr.size() != rows + 1) {
      fail("there are " + std::to_string(indptr.size()) + " offsets for " + std::to_string(rows) +
           " vectors");
    }
    Compressed<T> arrays;
    arrays.rows = rows;
    arrays.columns = columns;
    arrays.offsets.clear();
    for (Index v = 0; v <= rows; ++v) {
      arrays.offsets.push_back(index(indptr, v, indices.size() + 1, "offset"));
      const bool ascends =
          v == 0 ? arrays.offsets[0] == 0 : arrays.offsets[v - 1] <= arrays.offsets[v];
      if (!ascends) fail("the offsets do not ascend from 0 at number " + std::to_string(v));
    }
    if (arrays.offsets.back() != indices.size()) {
      fail("the offsets end at " + std::to_string(arrays.offsets.back()) + " and there are " +
           std::to_string(indices.size()) + " entries");
    }
    for (Index i = 0; i < indices.size(); ++i) {
      arrays.indices.push_back(index(indices, i, columns, "index"));
      arrays.values.push_back(value(data, i));
    }
    for (Index v = 0; v < rows; ++v) {
      const Index begin = arrays.offsets[v], count = arrays.offsets[v + 1] - begin;
      Index* of_vector = arrays.indices.data() + begin;
      sort_row(of_vector, arrays.values.data() + begin, count);
      if (std::adjacent_find(of_vector, of_vector + count) != of_vector + count) {
        fail("an entry of vector " + std::to_string(v) + " is there twice");
      }
    }
    return arrays;
  }

  Matrix<T> of_coordinates(Index rows, Index columns) const {
    const NumpyArray row = array("row"), column = array("col"), data = array("data");
    if (row.size() != data.size() || column.size() != data.size()) {
      fail("the rows, columns and values are not equally many");
    }
    Triples<T> triples;
    for (Index i = 0; i < data.size(); ++i) {
      triples.add(index(row, i, rows, "row"), index(column, i, columns, "column"), value(data, i));
    }
    return Matrix<T>::build(rows, columns, triples);
  }

  InputFile file_;
  std::map<std::string, std::string> members_;
};

// An archive in memory. Members are deflated and have no time of their own.
class Writer {
 public:
  Writer() : source_(zip_source_buffer_create(nullptr, 0, 0, nullptr)) {
    if (source_ != nullptr) zip_source_keep(source_);
    archive_ = source_ == nullptr ? nullptr : zip_open_from_source(source_, ZIP_TRUNCATE, nullptr);
    if (archive_ == nullptr) fail();
  }
  ~Writer() {
    if (archive_ != nullptr) zip_discard(archive_);
    if (source_ != nullptr) zip_source_free(source_);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // `bytes` must stay until the end.
  void add(const std::string& name, const std::string& bytes) {
    zip_source_t* member = zip_source_buffer(archive_, bytes.data(), bytes.size(), 0);
    const zip_int64_t at = member == nullptr ? -1 : zip_file_add(archive_, name.c_str(), member, 0);
    if (at < 0) {
      if (member != nullptr) zip_source_free(member);
      fail();
    }
    const auto index = static_cast<zip_uint64_t>(at);
    constexpr zip_uint16_t first_of_1980_date = 0x21, midnight = 0;
    if (zip_set_file_compression(archive_, index, ZIP_CM_DEFLATE, 6) != 0 ||
        zip_file_set_dostime(archive_, index, midnight, first_of_1980_date, 0) != 0) {
      fail();
    }
  }

  std::string finish() {
    if (zip_close(archive_) != 0) fail();
    archive_ = nullptr;
    zip_stat_t status;
    if (zip_source_stat(source_, &status) != 0 || zip_source_open(source_) != 0) fail();
    std::string bytes(status.size, '\0');
    const zip_int64_t got = zip_source_read(source_, bytes.data(), bytes.size());
    zip_source_close(source_);
    if (got != static_cast<zip_int64_t>(bytes.size())) fail();
    return bytes;
  }

 private:
  [[noreturn]] static void fail() {
    throw Error(Fault::out_of_memory, "a zip archive cannot be made in memory");
  }
  zip_source_t* source_;
  zip_t* archive_ = nullptr;
};

}  // namespace

template <NetworkValue T>
Matrix<T> read_npz(const std::string& path) {
  return Reader<T>(path).matrix();
}

template <NetworkValue T>
void write_npz(const std::string& path, const Matrix<T>& matrix, ValueType as) {
  const std::string type = numpy_type(as);
  AtomicFile file(path);
  const Compressed<T> arrays = matrix.compressed(Orientation::by_row);
  const Index greatest = std::max({arrays.rows, arrays.columns, Index{arrays.size()}});
  const bool narrow = greatest <= static_cast<Index>(std::numeric_limits<std::int32_t>::max());
  const std::size_t index_bytes = narrow ? 4 : 8;
  const std::string index_type = narrow ? "<i4" : "<i8";
  std::string indices, offsets, values, shape;
  for (const Index i : arrays.indices) append_little_endian(indices, i, index_bytes);
  for (const Index o : arrays.offsets) append_little_endian(offsets, o, index_bytes);
  for (const T v : arrays.values) {
    if constexpr (std::is_integral_v<T>) {
      append_little_endian(values, encoded_whole(as, v), bytes_of(as));
    } else {
      append_little_endian(values, encoded(as, static_cast<double>(v)), bytes_of(as));
    }
  }
  append_little_endian(shape, arrays.rows, 8);
  append_little_endian(shape, arrays.columns, 8);
  const std::pair<const char*, std::string> members[] = {
      {"indices.npy", npy_bytes(index_type, indices, arrays.indices.size())},
      {"indptr.npy", npy_bytes(index_type, offsets, arrays.offsets.size())},
      {"format.npy", npy_bytes("|S3", "csr", 1, true)},
      {"shape.npy", npy_bytes("<i8", shape, 2)},
      {"data.npy", npy_bytes(type, values, arrays.values.size())}};
  Writer writer;
  for (const auto& [name, bytes] : members) writer.add(name, bytes);
  file.append(writer.finish());
  file.commit();
}

#define OSCILLON_INSTANTIATE_NPZ(T)                \
  template Matrix<T> read_npz(const std::string&); \
  template void write_npz(const std::string&, const Matrix<T>&, ValueType);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_NPZ)
#undef OSCILLON_INSTANTIATE_NPZ

}  // namespace oscillon
