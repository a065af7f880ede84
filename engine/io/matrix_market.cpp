#include "engine/io/matrix_market.hpp"

#include <cctype>
#include <cstdlib>

#include "engine/io/atomic_file.hpp"
#include "engine/io/file_entries.hpp"
#include "engine/io/input_file.hpp"

namespace oscillon {

namespace {

enum class Field { pattern, integer, real };
enum class Symmetry { general, symmetric, skew_symmetric };

struct Header {
  Field field = Field::real;
  Symmetry symmetry = Symmetry::general;
  Index rows = 0, columns = 0, entries = 0;
  std::size_t begin = 0;       // the byte at which the entries begin
  std::size_t first_line = 1;  // the line at which they do
};

// The next word of a line, in lower case.
std::string next_word(std::string_view& line) {
  const std::size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
  const std::size_t end = std::min(line.find_first_of(" \t", begin), line.size());
  std::string word(line.substr(begin, end - begin));
  for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  line.remove_prefix(end);
  return word;
}

void read_banner(std::string_view line, Header& header) {
  const char* place = line.data();
  if (next_word(line) != "%%matrixmarket" || next_word(line) != "matrix") {
    throw ScanFailure{place, "the first line must begin with %%MatrixMarket matrix"};
  }
  const std::string format = next_word(line), field = next_word(line), symmetry = next_word(line);
  if (format != "coordinate") {
    throw ScanFailure{place, "the format " + in_quotes(format) +
                                 " is not supported; coordinate, of sparse matrices, is"};
  }
  if (field == "pattern") {
    header.field = Field::pattern;
  } else if (field == "integer") {
    header.field = Field::integer;
  } else if (field != "real" && field != "double") {
    throw ScanFailure{place, "values must be pattern, integer or real, not " + in_quotes(field)};
  }
  if (symmetry == "symmetric") {
    header.symmetry = Symmetry::symmetric;
  } else if (symmetry == "skew-symmetric") {
    header.symmetry = Symmetry::skew_symmetric;
  } else if (symmetry != "general") {
    throw ScanFailure{place, "the matrix must be general, symmetric or skew-symmetric, not " +
                                 in_quotes(symmetry)};
  }
  if (const std::string more = next_word(line); !more.empty()) {
    throw ScanFailure{place, "the first line goes on after its symmetry: " + in_quotes(more)};
  }
  if (header.field == Field::pattern && header.symmetry == Symmetry::skew_symmetric) {
    throw ScanFailure{place, "a pattern cannot be skew-symmetric"};
  }
}

// A size of the matrix, 0 allowed.
Index take_size(std::string_view& line, const char* what) {
  const char* place = line.data();
  const std::string word = next_word(line);
  Index size = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), size);
  if (error != std::errc() || end != word.data() + word.size() || size > GrB_INDEX_MAX) {
    throw ScanFailure{place, std::string("the number of ") + what + " " + in_quotes(word) +
                                 " is not a whole number up to 2^60"};
  }
  return size;
}

Header read_header(std::string_view text, std::size_t longest_line) {
  Header header;
  read_banner(take_line(text, header.begin, longest_line), header);
  // Comments and empty lines may stand before the sizes.
  for (;;) {
    ++header.first_line;
    if (header.begin >= text.size()) {
      throw ScanFailure{text.data() + text.size(), "the file ends before the line of sizes"};
    }
    if (text[header.begin] == '\n' || text.substr(header.begin, 2) == "\r\n") {
      header.begin = text.find('\n', header.begin) + 1;
      continue;
    }
    std::string_view line = take_line(text, header.begin, longest_line);
    if (line.front() == '%') continue;
    header.rows = take_size(line, "rows");
    header.columns = take_size(line, "columns");
    header.entries = take_size(line, "entries");
    const char* rest = line.data();
    if (const std::string more = next_word(line); !more.empty()) {
      throw ScanFailure{rest, "the line of sizes goes on: " + in_quotes(more)};
    }
    if (header.symmetry != Symmetry::general && header.rows != header.columns) {
      throw ScanFailure{rest, "a symmetric matrix must be square"};
    }
    ++header.first_line;
    return header;
  }
}

// A value of an integer file, which T must hold.
template <NetworkValue T>
T whole_value(LineScanner& line) {
  if constexpr (std::is_integral_v<T>) return line.value<T>();
  const char* place = line.place();
  const auto whole = line.value<std::int64_t>();
  const T value = static_cast<T>(whole);
  if (static_cast<double>(value) != static_cast<double>(whole) || std::abs(whole) > std::int64_t{1}
                                                                                        << 53) {
    line.fail(place, "the value " + std::to_string(whole) + " is not held exactly by " +
                         std::string(GraphblasType<T>::name));
  }
  return value;
}

template <NetworkValue T>
void scan_entry(LineScanner& line, const Header& header, FileEntries<T>& into) {
  line.blanks();
  const char* place = line.place();
  const Index row = line.index("row", header.rows);
  line.blanks("column index");
  const Index column = line.index("column", header.columns);
  if (header.symmetry != Symmetry::general && row < column) {
    line.fail(place,
              "an entry above the diagonal: of a symmetric matrix the lower triangle is "
              "listed");
  }
  if (header.symmetry == Symmetry::skew_symmetric && row == column) {
    line.fail(place, "an entry on the diagonal of a skew-symmetric matrix, which is 0");
  }
  T value = T(1);
  if (header.field != Field::pattern) {
    line.blanks("value");
    value = header.field == Field::integer ? whole_value<T>(line) : line.value<T>();
  }
  line.blanks();
  line.end();
  into.rows.push_back(row);
  into.columns.push_back(column);
  into.values.push_back(value);
}

}  // namespace

template <NetworkValue T>
Matrix<T> read_matrix_market(const std::string& path, const ScanOptions& options) {
  const InputFile file(path);
  Header header;
  try {
    header = read_header(file.text(), options.longest_line);
  } catch (const ScanFailure& failure) {
    throw_parse_error(path, file.text(), failure);
  }
  ScanOptions scan = options;
  scan.separator = ' ';
  scan.begin = header.begin;
  auto chunks = scan_lines<FileEntries<T>>(
      path, file.text(), scan,
      [&](LineScanner& line, FileEntries<T>& into) { scan_entry(line, header, into); });
  Index found = 0;
  for (const auto& chunk : chunks) found += chunk.rows.size();
  if (found != header.entries) {
    throw ParseError(path, 0, 0,
                     "the file claims " + std::to_string(header.entries) + " entries and has " +
                         std::to_string(found));
  }
  // No more rows than the file has bytes for entries, and some to spare for empty ones.
  if (header.rows > (Index{1} << 24) + 8 * found) {
    throw ParseError(path, header.first_line - 1, 1,
                     std::to_string(header.rows) + " rows are far beyond the number of entries, " +
                         std::to_string(found));
  }
  if (header.symmetry != Symmetry::general) {
    // What stands twice is found before it is mirrored, by its own lines.
    compressed_rows(path, chunks, header.rows, header.columns, header.first_line);
    const T sign = header.symmetry == Symmetry::symmetric ? T(1) : T(-1);
    FileEntries<T> mirrored;
    for (const auto& chunk : chunks) {
      for (std::size_t k = 0; k < chunk.rows.size(); ++k) {
        if (chunk.rows[k] == chunk.columns[k]) continue;
        mirrored.rows.push_back(chunk.columns[k]);
        mirrored.columns.push_back(chunk.rows[k]);
        mirrored.values.push_back(sign * chunk.values[k]);
      }
    }
    chunks.push_back(std::move(mirrored));
  }
  return Matrix<T>::from_compressed(
      compressed_rows(path, chunks, header.rows, header.columns, header.first_line));
}

template <NetworkValue T>
void write_matrix_market(const std::string& path, const Matrix<T>& matrix) {
  AtomicFile file(path);
  const Compressed<T> arrays = matrix.compressed(Orientation::by_row);
  file.append(std::string("%%MatrixMarket matrix coordinate ") +
              (std::is_integral_v<T> ? "integer" : "real") + " general\n" +
              std::to_string(arrays.rows) + " " + std::to_string(arrays.columns) + " " +
              std::to_string(arrays.size()) + "\n");
  append_entry_lines(file, arrays, ' ');
  file.commit();
}

#define OSCILLON_INSTANTIATE_MATRIX_MARKET(T)                                    \
  template Matrix<T> read_matrix_market(const std::string&, const ScanOptions&); \
  template void write_matrix_market(const std::string&, const Matrix<T>&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_MATRIX_MARKET)
#undef OSCILLON_INSTANTIATE_MATRIX_MARKET

}  // namespace oscillon
