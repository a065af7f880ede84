#include "engine/io/matrix_file.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "engine/io/matrix_market.hpp"
#include "engine/io/npz.hpp"
#include "engine/io/tsv_arrays.hpp"

namespace oscillon {

namespace {

// What a reader is asked for.
struct Request {
  const std::string& path;
  FileShape shape;
  const ScanOptions& scan;
  const FileFacts* expected;
};

template <NetworkValue T>
Compressed<T> turned(const Matrix<T>& matrix) {
  return transposed(matrix.compressed(Orientation::by_row));
}

template <NetworkValue T>
Matrix<T> turned_matrix(const Matrix<T>& matrix) {
  return Matrix<T>::from_compressed(transposed(matrix.compressed(Orientation::by_column)));
}

template <NetworkValue T>
Compressed<T> read_tsv(const Request& request) {
  return read_transposed_tsv_arrays<T>(InputFile(request.path, request.expected),
                                       request.shape.rows, request.shape.columns, request.scan);
}

template <NetworkValue T>
void write_tsv(const std::string& path, const Matrix<T>& matrix, ValueType) {
  write_transposed_tsv(path, matrix);
}

template <NetworkValue T>
Compressed<T> read_mtx(const Request& request) {
  if (request.expected != nullptr) require_facts(request.path, *request.expected);
  return turned(read_matrix_market<T>(request.path, request.scan));
}

template <NetworkValue T>
void write_mtx(const std::string& path, const Matrix<T>& matrix, ValueType) {
  write_matrix_market(path, turned_matrix(matrix));
}

template <NetworkValue T>
Compressed<T> read_archive(const Request& request) {
  if (request.expected != nullptr) require_facts(request.path, *request.expected);
  return turned(read_npz<T>(request.path));
}

template <NetworkValue T>
void write_archive(const std::string& path, const Matrix<T>& matrix, ValueType as) {
  write_npz(path, turned_matrix(matrix), as);
}

template <NetworkValue T>
struct Row {
  MatrixFormat format;
  Compressed<T> (*read)(const Request&);
  void (*write)(const std::string&, const Matrix<T>&, ValueType);
};

template <NetworkValue T>
constexpr std::array table{
    Row<T>{{.name = "tsv", .about = "the Challenge's text", .is_text = true},
           read_tsv<T>,
           write_tsv<T>},
    Row<T>{{.name = "tsv.gz", .about = "the same packed", .is_text = true, .is_packed = true},
           read_tsv<T>,
           write_tsv<T>},
    Row<T>{{.name = "mtx", .about = "Matrix Market", .is_text = true, .tells_shape = true},
           read_mtx<T>,
           write_mtx<T>},
    Row<T>{{.name = "npz", .about = "scipy's sparse arrays", .tells_shape = true},
           read_archive<T>,
           write_archive<T>}};

// The formats alone are the same for every type.
constexpr auto all_formats = [] {
  std::array<MatrixFormat, table<double>.size()> formats;
  for (std::size_t i = 0; i < formats.size(); ++i) formats[i] = table<double>[i].format;
  return formats;
}();

bool ends_in(std::string_view path, const MatrixFormat& format) {
  return path.size() > format.name.size() && path.ends_with(format.name) &&
         path[path.size() - format.name.size() - 1] == '.';
}

template <NetworkValue T>
const Row<T>& row_of(const std::string& path) {
  for (const Row<T>& row : table<T>) {
    if (ends_in(path, row.format)) return row;
  }
  throw Error(Fault::usage, "a matrix is kept as " + matrix_format_names(".") + ", and " +
                                in_quotes(path) + " is none of them");
}

}  // namespace

std::span<const MatrixFormat> matrix_formats() {
  return all_formats;
}

std::string matrix_format_names(std::string_view before, bool with_shape_only) {
  std::vector<std::string> names;
  for (const MatrixFormat& format : all_formats) {
    if (with_shape_only && !format.tells_shape) continue;
    names.push_back(std::string(before) + std::string(format.name));
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  return in_words(views.data(), views.size());
}

const MatrixFormat& matrix_format_from_name(std::string_view name) {
  for (const MatrixFormat& format : all_formats) {
    if (format.name == name) return format;
  }
  throw Error(Fault::usage, "no format of matrices is called " + in_quotes(name) + ": there are " +
                                matrix_format_names());
}

const MatrixFormat* matrix_format_of(std::string_view path) {
  const auto found =
      std::find_if(all_formats.begin(), all_formats.end(),
                   [&](const MatrixFormat& format) { return ends_in(path, format); });
  return found == all_formats.end() ? nullptr : &*found;
}

std::string with_ending(std::string_view path, const MatrixFormat& from, const MatrixFormat& to) {
  return std::string(path.substr(0, path.size() - from.name.size())) + std::string(to.name);
}

template <NetworkValue T>
Compressed<T> read_transposed_matrix(const std::string& path, FileShape shape,
                                     const ScanOptions& scan, const FileFacts* expected) {
  return row_of<T>(path).read({path, shape, scan, expected});
}

template <NetworkValue T>
void write_transposed_matrix(const std::string& path, const Matrix<T>& matrix, ValueType as) {
  row_of<T>(path).write(path, matrix, as);
}

#define OSCILLON_INSTANTIATE_MATRIX_FILE(T)                                                        \
  template Compressed<T> read_transposed_matrix(const std::string&, FileShape, const ScanOptions&, \
                                                const FileFacts*);                                 \
  template void write_transposed_matrix(const std::string&, const Matrix<T>&, ValueType);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_MATRIX_FILE)
#undef OSCILLON_INSTANTIATE_MATRIX_FILE

}  // namespace oscillon
