// Associative arrays as text: one entry a line, `row key, column key, value`, separated by tabs, or
// by commas in a .csv file.
//
// In tab-separated files a key's tab, line feed, carriage return and backslash are written \t \n \r
// \\. In comma-separated files a key that holds a comma, a quote or a line end is quoted, its
// quotes doubled (RFC 4180). Empty keys are allowed, a NUL byte in a key is not. Entries stand in
// the order of row, then column.
#pragma once

#include <string>
#include <string_view>

#include "oscillon/algebra/assoc_array.hpp"
#include "oscillon/io/scan_options.hpp"

namespace oscillon {

enum class KeyedFormat { tab_separated, comma_separated };

// comma_separated for names that end in .csv or .csv.gz, else tab_separated.
KeyedFormat keyed_format_of(const std::string& path);

// Reads an array; the format follows from the name. Throws ParseError for malformed lines, and for
// an entry that stands twice (naming the keys and both lines) unless `collision` combines them.
template <Value T>
AssocArray<T> read_array(const std::string& path, Collision collision = Collision::none,
                         const ScanOptions& options = {});

// The same from text; `name` stands for the file in errors.
template <Value T>
AssocArray<T> parse_array(std::string_view text, const std::string& name, KeyedFormat format,
                          Collision collision = Collision::none, const ScanOptions& options = {});

template <Value T>
std::string array_text(const AssocArray<T>& array, KeyedFormat format = KeyedFormat::tab_separated);

// Writes an array, complete or not at all; the format follows from the name.
template <Value T>
void write_array(const std::string& path, const AssocArray<T>& array);

#define OSCILLON_EXTERN_KEYED(T)                                                               \
  extern template AssocArray<T> read_array(const std::string&, Collision, const ScanOptions&); \
  extern template AssocArray<T> parse_array(std::string_view, const std::string&, KeyedFormat, \
                                            Collision, const ScanOptions&);                    \
  extern template std::string array_text(const AssocArray<T>&, KeyedFormat);                   \
  extern template void write_array(const std::string&, const AssocArray<T>&);
OSCILLON_FOR_EACH_VALUE_TYPE(OSCILLON_EXTERN_KEYED)
#undef OSCILLON_EXTERN_KEYED

}  // namespace oscillon
