#include "oscillon/io/keyed_tsv.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "engine/io/atomic_file.hpp"
#include "engine/io/input_file.hpp"
#include "engine/io/text_scan.hpp"

namespace oscillon {

namespace {

// In tab-separated files escaped_bytes[i] is written as a backslash and escape_letters[i].
constexpr std::string_view escaped_bytes = "\t\n\r\\";
constexpr std::string_view escape_letters = "tnr\\";

constexpr std::size_t longest_keyed_line = std::size_t{1} << 20;

// Entries in the order of the file, and the byte where each begins.
template <Value T>
struct KeyedEntries {
  std::vector<std::string> rows, columns;
  ValueArray<T> values;
  std::vector<const char*> places;
};

std::string unescaped(const LineScanner& line, std::string_view field) {
  std::string key;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] != '\\') {
      key += field[i];
      continue;
    }
    const std::size_t known =
        i + 1 < field.size() ? escape_letters.find(field[i + 1]) : std::string_view::npos;
    if (known == std::string_view::npos) {
      line.fail(field.data() + i,
                "a backslash in a key must be followed by t, n, r or another one");
    }
    key += escaped_bytes[known];
    ++i;
  }
  return key;
}

template <Value T>
std::vector<KeyedEntries<T>> scan_tab_separated(std::string_view text, const std::string& name,
                                                ScanOptions options) {
  options.separator = '\t';
  options.longest_line = longest_keyed_line;
  return scan_lines<KeyedEntries<T>>(name, text, options,
                                     [](LineScanner& line, KeyedEntries<T>& into) {
                                       into.places.push_back(line.place());
                                       into.rows.push_back(unescaped(line, line.text()));
                                       line.separator("column key");
                                       into.columns.push_back(unescaped(line, line.text()));
                                       line.separator("value");
                                       into.values.push_back(line.value<T>());
                                       line.end();
                                     });
}

void refuse_nul(std::string_view field) {
  if (const std::size_t nul = field.find('\0'); nul != std::string_view::npos) {
    throw ScanFailure{field.data() + nul, "the line has a NUL byte"};
  }
}

// One field of a comma-separated text from `begin` on, which moves to the separator or line end
// behind it.
std::string take_quoted_field(std::string_view text, std::size_t& begin) {
  std::string field;
  if (begin == text.size() || text[begin] != '"') {
    const std::size_t end = std::min(text.find_first_of(",\r\n", begin), text.size());
    field = text.substr(begin, end - begin);
    if (const std::size_t quote = field.find('"'); quote != std::string::npos) {
      throw ScanFailure{text.data() + begin + quote, "a quote inside an unquoted field"};
    }
    refuse_nul(text.substr(begin, end - begin));
    begin = end;
    return field;
  }
  const std::size_t opening = begin++;
  for (;;) {
    const std::size_t quote = text.find('"', begin);
    if (quote == std::string_view::npos) {
      throw ScanFailure{text.data() + opening, "the quote is never closed"};
    }
    refuse_nul(text.substr(begin, quote - begin));
    field.append(text.substr(begin, quote - begin));
    begin = quote + 1;
    if (begin == text.size() || text[begin] != '"') break;
    field += '"';
    ++begin;
  }
  if (begin < text.size() && text.find_first_of(",\r\n", begin) != begin) {
    throw ScanFailure{text.data() + begin, "bytes follow the closing quote of a field"};
  }
  return field;
}

// Quoted fields may hold line ends, so lines cannot be told apart without reading from the start.
template <Value T>
std::vector<KeyedEntries<T>> scan_comma_separated(std::string_view text, const std::string& name) {
  std::vector<KeyedEntries<T>> chunks(1);
  KeyedEntries<T>& into = chunks.front();
  try {
    for (std::size_t begin = 0; begin < text.size();) {
      if (text[begin] == '\n' || text[begin] == '\r') {
        throw ScanFailure{text.data() + begin, "the line is empty"};
      }
      into.places.push_back(text.data() + begin);
      const auto pass_comma = [&](const char* what) {
        if (begin == text.size() || text[begin] != ',') {
          throw ScanFailure{text.data() + begin, std::string("the line ends before the ") + what};
        }
        ++begin;
      };
      into.rows.push_back(take_quoted_field(text, begin));
      pass_comma("column key");
      into.columns.push_back(take_quoted_field(text, begin));
      pass_comma("value");
      if (begin == text.size() || text[begin] == '\n' || text[begin] == '\r') {
        throw ScanFailure{text.data() + begin, "the value is missing"};
      }
      LineScanner rest(take_line(text, begin, longest_keyed_line), ',');
      into.values.push_back(rest.value<T>());
      rest.end();
    }
  } catch (const ScanFailure& failure) {
    throw_parse_error(name, text, failure);
  }
  return chunks;
}

template <Value T>
[[noreturn]] void throw_duplicate(const KeyedEntries<T>& entries, std::string_view text,
                                  const std::string& name) {
  std::unordered_map<std::string, std::size_t> seen;
  for (std::size_t k = 0; k < entries.rows.size(); ++k) {
    // The length of the row key tells the pairs ("a", "bc") and ("ab", "c") apart.
    const std::string pair =
        std::to_string(entries.rows[k].size()) + ":" + entries.rows[k] + entries.columns[k];
    const auto [earlier, fresh] = seen.emplace(pair, k);
    if (fresh) continue;
    const std::string_view before =
        text.substr(0, static_cast<std::size_t>(entries.places[earlier->second] - text.data()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    throw_parse_error(name, text,
                      {entries.places[k], "the entry (" + in_quotes(entries.rows[k]) + ", " +
                                              in_quotes(entries.columns[k]) + ") stands on line " +
                                              std::to_string(line) + " already"});
  }
  throw Error(Fault::internal, name + ": a duplicate entry cannot be found again");
}

void append_key(std::string& text, std::string_view key, KeyedFormat format) {
  if (key.find('\0') != std::string_view::npos) {
    throw KeyError("the key " + in_quotes(key) + " has a NUL byte, which a text file cannot hold");
  }
  if (format == KeyedFormat::comma_separated) {
    if (key.find_first_of(",\"\r\n") == std::string_view::npos) {
      text += key;
      return;
    }
    text += '"';
    for (const char c : key) text.append(c == '"' ? 2 : 1, c);
    text += '"';
    return;
  }
  for (const char c : key) {
    const std::size_t known = escaped_bytes.find(c);
    if (known == std::string_view::npos) {
      text += c;
    } else {
      text += '\\';
      text += escape_letters[known];
    }
  }
}

template <Value T>
void append_entries(const AssocArray<T>& array, KeyedFormat format, auto&& take_line_text) {
  const char separator = format == KeyedFormat::comma_separated ? ',' : '\t';
  const Triples<T> entries = array.matrix().triples();
  std::string line;
  for (std::size_t k = 0; k < entries.size(); ++k) {
    line.clear();
    append_key(line, array.row_keys()[entries.rows[k]], format);
    line += separator;
    append_key(line, array.column_keys()[entries.columns[k]], format);
    line += separator;
    if constexpr (std::is_floating_point_v<T>) {
      if (!std::isfinite(entries.values[k])) {
        throw Error(Fault::bad_data, "the entry (" + in_quotes(array.row_keys()[entries.rows[k]]) +
                                         ", " + in_quotes(array.column_keys()[entries.columns[k]]) +
                                         ") is not finite, which a text file cannot hold");
      }
    }
    append_number(line, entries.values[k]);
    line += '\n';
    take_line_text(line);
  }
}

}  // namespace

KeyedFormat keyed_format_of(const std::string& path) {
  return path.ends_with(".csv") || path.ends_with(".csv.gz") ? KeyedFormat::comma_separated
                                                             : KeyedFormat::tab_separated;
}

template <Value T>
AssocArray<T> parse_array(std::string_view text, const std::string& name, KeyedFormat format,
                          Collision collision, const ScanOptions& options) {
  std::vector<KeyedEntries<T>> chunks = format == KeyedFormat::comma_separated
                                            ? scan_comma_separated<T>(text, name)
                                            : scan_tab_separated<T>(text, name, options);
  KeyedEntries<T> all = std::move(chunks.front());
  for (std::size_t c = 1; c < chunks.size(); ++c) {
    const auto append = [](auto& to, auto& from) {
      to.insert(to.end(), std::make_move_iterator(from.begin()),
                std::make_move_iterator(from.end()));
    };
    append(all.rows, chunks[c].rows);
    append(all.columns, chunks[c].columns);
    append(all.values, chunks[c].values);
    append(all.places, chunks[c].places);
  }
  const std::vector<std::string_view> rows(all.rows.begin(), all.rows.end());
  const std::vector<std::string_view> columns(all.columns.begin(), all.columns.end());
  try {
    return AssocArray<T>::from_triples(rows, columns, all.values, collision);
  } catch (const KeyError&) {
    throw_duplicate(all, text, name);
  }
}

template <Value T>
AssocArray<T> read_array(const std::string& path, Collision collision, const ScanOptions& options) {
  const InputFile file(path);
  return parse_array<T>(file.text(), path, keyed_format_of(path), collision, options);
}

template <Value T>
std::string array_text(const AssocArray<T>& array, KeyedFormat format) {
  std::string text;
  append_entries(array, format, [&](const std::string& line) { text += line; });
  return text;
}

template <Value T>
void write_array(const std::string& path, const AssocArray<T>& array) {
  AtomicFile file(path);
  append_entries(array, keyed_format_of(path), [&](const std::string& line) { file.append(line); });
  file.commit();
}

#define OSCILLON_INSTANTIATE_KEYED(T)                                                              \
  template AssocArray<T> read_array(const std::string&, Collision, const ScanOptions&);            \
  template AssocArray<T> parse_array(std::string_view, const std::string&, KeyedFormat, Collision, \
                                     const ScanOptions&);                                          \
  template std::string array_text(const AssocArray<T>&, KeyedFormat);                              \
  template void write_array(const std::string&, const AssocArray<T>&);
OSCILLON_FOR_EACH_VALUE_TYPE(OSCILLON_INSTANTIATE_KEYED)
#undef OSCILLON_INSTANTIATE_KEYED

}  // namespace oscillon
