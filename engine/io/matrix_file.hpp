// The one door to files that hold a single matrix: a table of formats, known by the ending of a
// file's name. A new format is a file of its own and a row of the table in matrix_file.cpp.
//
// Layers and samples are kept in files as the Challenge has them, inputs x outputs and samples x
// features, of which ours are the transposes: here a matrix is read and written turned over, so
// that a row of the file is a column, contiguous in memory.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/io/input_file.hpp"
#include "oscillon/algebra/matrix.hpp"
#include "oscillon/base/value_type.hpp"
#include "oscillon/io/scan_options.hpp"

namespace oscillon {

struct MatrixFormat {
  std::string_view name;  // "tsv"; names of files end in it, after a point
  std::string_view about;
  bool is_text = false;      // an entry a line; values as they are, without a type
  bool is_packed = false;    // text, compressed
  bool tells_shape = false;  // and so can be read by itself
};

// Those that are looked for first come first.
std::span<const MatrixFormat> matrix_formats();

// Names as a list for a reader: "tsv, tsv.gz, mtx and npz", each with `before` in front; all, or
// only those that tell their shape.
std::string matrix_format_names(std::string_view before = "", bool with_shape_only = false);

// Throws Error(usage), naming those there are, for another name.
const MatrixFormat& matrix_format_from_name(std::string_view name);

// By the ending of a name; nullptr when it is that of none.
const MatrixFormat* matrix_format_of(std::string_view path);

// `path` with the ending of `from` replaced by that of `to`.
std::string with_ending(std::string_view path, const MatrixFormat& from, const MatrixFormat& to);

// How many rows and columns the file has; taken from the file where the format tells its shape.
// Without rows there are as many as the greatest index.
struct FileShape {
  Index rows = 0;
  Index columns = 0;
};

// The transpose of a file's matrix, by column. With `expected`, the file must be that one. Throws
// Error(usage) for a name with the ending of none, and as the format's reader does.
template <NetworkValue T>
Compressed<T> read_transposed_matrix(const std::string& path, FileShape shape = {},
                                     const ScanOptions& scan = {},
                                     const FileFacts* expected = nullptr);

// Writes the transpose of `matrix`, complete or not at all, in the format of the ending. Formats
// with types of values store them as `as`, which must hold each; text has them in their shortest
// exact form.
template <NetworkValue T>
void write_transposed_matrix(const std::string& path, const Matrix<T>& matrix,
                             ValueType as = value_type_of<T>());

#define OSCILLON_EXTERN_MATRIX_FILE(T)                                                        \
  extern template Compressed<T> read_transposed_matrix(const std::string&, FileShape,         \
                                                       const ScanOptions&, const FileFacts*); \
  extern template void write_transposed_matrix(const std::string&, const Matrix<T>&, ValueType);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_MATRIX_FILE)
#undef OSCILLON_EXTERN_MATRIX_FILE

}  // namespace oscillon
