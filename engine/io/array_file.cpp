#include "engine/io/array_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "engine/base/checksum.hpp"
#include "engine/io/npy.hpp"
#include "oscillon/base/checked.hpp"

namespace oscillon::io {

namespace {

using nlohmann::ordered_json;

constexpr std::uint64_t alignment = 64;
constexpr std::size_t length_bytes = 8;
constexpr std::size_t checksum_digits = 32;
// What the format's own readers allow.
constexpr std::uint64_t most_header_bytes = 100'000'000;

constexpr const char* metadata_key = "__metadata__";
constexpr const char* checksum_key = "checksum";
constexpr std::string_view checksum_prefix = "checksum:";
constexpr std::string_view padding_prefix = "padding.";

// The type of an array, by its name in the format: one of values, or of unsigned numbers.
struct StoredType {
  std::string_view name;
  std::size_t bytes = 0;
  std::optional<ValueType> of_values;
};

constexpr std::array<StoredType, 4> number_types{
    {{"U8", 1, {}}, {"U16", 2, {}}, {"U32", 4, {}}, {"U64", 8, {}}}};

std::optional<StoredType> stored_type(std::string_view name) {
  for (const ValueTypeRow& row : value_types) {
    if (row.safetensors == name) return StoredType{row.safetensors, row.bytes, row.type};
  }
  for (const StoredType& type : number_types) {
    if (type.name == name) return type;
  }
  return std::nullopt;
}

const StoredType& smallest_type(Index greatest) {
  return number_types[greatest <= 0xFFFF ? 1 : greatest <= 0xFFFFFFFF ? 2 : 3];
}

std::uint64_t little_endian(const char* bytes, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

// Whether one element can stand for all: there are some, and their bits are equal.
template <class T>
bool all_equal(std::span<const T> values) {
  return !values.empty() && std::all_of(values.begin(), values.end(), [&](const T& value) {
    return std::memcmp(&value, values.data(), sizeof(T)) == 0;
  });
}

}  // namespace

std::size_t bytes_in_header(const Metadata& metadata) {
  return ordered_json(metadata).dump().size();
}

ArrayFileWriter::ArrayFileWriter(const std::string& path, std::size_t most_arrays,
                                 std::size_t more_metadata_bytes)
    : file_(path) {
  // A name, a type, a shape, offsets and a checksum, of an array and of its padding.
  const std::size_t wanted = 4096 + more_metadata_bytes + 2 * most_arrays * 240;
  room_ = (wanted + alignment) / alignment * alignment - length_bytes;
  file_.append(std::string(length_bytes + room_, ' '));
}

void ArrayFileWriter::add_bytes(const std::string& name, std::string_view bytes) {
  add(name, number_types.front().name, bytes.size(), bytes);
}

void ArrayFileWriter::add_numbers(const std::string& name, std::span<const Index> numbers,
                                  Index greatest) {
  const StoredType& type = smallest_type(greatest);
  std::string bytes;
  bytes.reserve(numbers.size() * type.bytes);
  for (const Index number : numbers) append_little_endian(bytes, number, type.bytes);
  add(name, type.name, numbers.size(), bytes);
}

template <NetworkValue T>
void ArrayFileWriter::add_values(const std::string& name, std::span<const T> values,
                                 ValueType store) {
  const std::size_t count = all_equal(values) ? 1 : values.size();
  std::string bytes;
  bytes.reserve(count * bytes_of(store));
  for (const T value : values.first(count)) {
    if constexpr (std::is_integral_v<T>) {
      append_little_endian(bytes, encoded_whole(store, value), oscillon::bytes_of(store));
    } else {
      append_little_endian(bytes, encoded(store, static_cast<double>(value)),
                           oscillon::bytes_of(store));
    }
  }
  add(name, row_of(store).safetensors, count, bytes);
}

void ArrayFileWriter::commit(std::string_view format, std::string_view version,
                             const Metadata& metadata) {
  ordered_json told = metadata;
  told["format"] = format;
  told["version"] = version;
  told[checksum_key] = std::string(checksum_digits, '0');
  for (const auto& [name, array] : arrays_) {
    told[std::string(checksum_prefix) + name] = array.checksum;
  }
  ordered_json header;
  header[metadata_key] = std::move(told);
  for (const auto& [name, array] : arrays_) {
    header[name] = {{"dtype", array.type},
                    {"shape", {array.elements}},
                    {"data_offsets", {array.begin, array.end}}};
  }
  std::string text = header.dump();
  if (text.size() > room_) throw Error(Fault::internal, "the header outgrew its room");
  text.resize(room_, ' ');
  std::string whole;
  append_little_endian(whole, text.size(), length_bytes);
  whole += text;
  const std::string entry =
      "\"" + std::string(checksum_key) + "\":\"" + std::string(checksum_digits, '0') + "\"";
  const std::size_t place = whole.find(entry) + entry.size() - checksum_digits - 1;
  whole.replace(place, checksum_digits, checksum_of(whole));
  file_.write_at(0, whole);
  file_.commit();
}

void ArrayFileWriter::add(const std::string& name, std::string_view type, std::uint64_t elements,
                          std::string_view bytes) {
  if (const std::uint64_t beyond = at_ % alignment; beyond != 0) {
    const std::string zeros(alignment - beyond, '\0');
    put(std::string(padding_prefix) + std::to_string(paddings_++), number_types.front().name,
        zeros.size(), zeros);
  }
  put(name, type, elements, bytes);
}

void ArrayFileWriter::put(const std::string& name, std::string_view type, std::uint64_t elements,
                          std::string_view bytes) {
  arrays_.emplace_back(
      name, StoredArray{std::string(type), elements, at_, at_ + bytes.size(), checksum_of(bytes)});
  file_.append(bytes);
  at_ += bytes.size();
}

ArrayFile::ArrayFile(const std::string& path, const ArrayFileFormat& format) : file_(path) {
  read_header(format);
}

void ArrayFile::fail(const std::string& what) const {
  throw ParseError(file_.path(), 0, 0, what);
}

void ArrayFile::read_header(const ArrayFileFormat& format) {
  const std::string_view file = file_.text();
  if (file.size() < length_bytes) fail("the file ends before its header");
  const std::uint64_t length = little_endian(file.data(), length_bytes);
  if (length > std::min<std::uint64_t>(file.size() - length_bytes, most_header_bytes)) {
    fail("the file claims a header of " + std::to_string(length) + " bytes and has " +
         std::to_string(file.size()) + " in all");
  }
  data_ = file.substr(length_bytes + length);

  // Keys that stand twice would be lost on the way.
  std::vector<std::set<std::string>> open;
  std::string twice;
  const auto watch = [&](int, ordered_json::parse_event_t event, ordered_json& parsed_part) {
    if (event == ordered_json::parse_event_t::object_start) open.emplace_back();
    if (event == ordered_json::parse_event_t::object_end) open.pop_back();
    if (event == ordered_json::parse_event_t::key &&
        !open.back().insert(parsed_part.get<std::string>()).second) {
      twice = parsed_part.get<std::string>();
    }
    return true;
  };
  ordered_json header;
  try {
    header = ordered_json::parse(file.substr(length_bytes, length), watch);
  } catch (const ordered_json::exception&) {
    fail("the header is no JSON");
  }
  const std::string no_such = "this is no " + std::string(format.what) + " of ours";
  if (!twice.empty()) fail("the header has " + in_quotes(twice) + " twice");
  if (!header.is_object() || !header.contains(metadata_key) || !header[metadata_key].is_object()) {
    fail("the header has no metadata: " + no_such);
  }
  for (const auto& [name, value] : header[metadata_key].items()) {
    if (!value.is_string()) fail("the metadata " + in_quotes(name) + " is no string");
    metadata_[name] = value.get<std::string>();
  }
  const auto take = [&](const std::string& name) {
    auto taken = metadata_.extract(name);
    return taken.empty() ? std::string() : std::move(taken.mapped());
  };
  if (take("format") != format.name) fail(no_such + ", by its metadata");
  version_ = take("version");
  if (std::find(format.versions.begin(), format.versions.end(), version_) ==
      format.versions.end()) {
    fail("version " + in_quotes(version_) + " of the format is not known");
  }
  require_checksum(file.substr(0, length_bytes + length), take(checksum_key));

  std::uint64_t at = 0;
  for (const auto& [name, entry] : header.items()) {
    if (name == metadata_key) continue;
    StoredArray array;
    try {
      array.type = entry.at("dtype").get<std::string>();
      const auto shape = entry.at("shape").get<std::vector<std::uint64_t>>();
      const auto offsets = entry.at("data_offsets").get<std::array<std::uint64_t, 2>>();
      if (shape.size() != 1) fail("the array " + name + " has not one dimension");
      array.elements = shape.front();
      array.begin = offsets[0];
      array.end = offsets[1];
    } catch (const ordered_json::exception&) {
      fail("the array " + in_quotes(name) + " is not described as the format asks");
    }
    const std::optional<StoredType> type = stored_type(array.type);
    if (!type) fail("the array " + name + " has the unknown type " + in_quotes(array.type));
    if (array.begin != at || array.end < array.begin ||
        array.end - array.begin !=
            checked_multiply(array.elements, type->bytes, "bytes of an array")) {
      fail("the array " + name + " does not follow the one before it, or is not of its size");
    }
    at = array.end;
    array.checksum = take(std::string(checksum_prefix) + name);
    arrays_[name] = std::move(array);
  }
  if (at != data_.size()) {
    fail("the arrays take " + std::to_string(at) + " bytes and the file has " +
         std::to_string(data_.size()) + " for them");
  }
  std::erase_if(arrays_, [&](const auto& named) {
    const auto& [name, array] = named;
    if (!name.starts_with(padding_prefix)) return false;
    if (bytes_of(name, array).find_first_not_of('\0') != std::string_view::npos) {
      fail("the array " + name + " must be zeros");
    }
    return true;
  });
}

void ArrayFile::require_checksum(std::string_view header, const std::string& checksum) const {
  std::string blanked(header);
  const std::string entry = "\"" + std::string(checksum_key) + "\":\"" + checksum + "\"";
  const std::size_t place = blanked.find(entry);
  if (place == std::string::npos || checksum.size() != checksum_digits) {
    fail("the header has no checksum");
  }
  blanked.replace(place + entry.size() - checksum_digits - 1, checksum_digits,
                  std::string(checksum_digits, '0'));
  if (checksum_of(blanked) != checksum) fail("the header is damaged: its checksum is another");
}

std::string_view ArrayFile::bytes_of(const std::string& name, const StoredArray& array) const {
  const std::string_view bytes = data_.substr(array.begin, array.end - array.begin);
  if (checksum_of(bytes) != array.checksum) {
    fail("the array " + name + " is damaged: its checksum is another");
  }
  return bytes;
}

std::string_view ArrayFile::bytes(const std::string& name) const {
  return bytes_of(name, arrays_.at(name));
}

std::vector<Index> ArrayFile::numbers(const std::string& name, Index limit) const {
  const StoredArray& array = arrays_.at(name);
  const StoredType type = *stored_type(array.type);
  if (type.of_values) fail("the array " + name + " must be of an unsigned type");
  const std::string_view stored = bytes(name);
  std::vector<Index> numbers(array.elements);
  for (Index i = 0; i < numbers.size(); ++i) {
    numbers[i] = little_endian(stored.data() + i * type.bytes, type.bytes);
    if (numbers[i] > limit) {
      fail("element " + std::to_string(i) + " of the array " + name + " is " +
           std::to_string(numbers[i]) + ", above " + std::to_string(limit));
    }
  }
  return numbers;
}

template <NetworkValue T>
std::vector<T> ArrayFile::values(const std::string& name, Index count) const {
  const StoredArray& array = arrays_.at(name);
  const StoredType type = *stored_type(array.type);
  if (!type.of_values) fail("the array " + name + " must be of a type for values");
  if (array.elements != count && array.elements != 1) {
    fail("the array " + name + " has " + std::to_string(array.elements) + " elements for " +
         std::to_string(count));
  }
  const std::string_view stored = bytes(name);
  std::vector<T> values;
  values.reserve(count);
  for (Index i = 0; i < array.elements; ++i) {
    const std::uint64_t bits = little_endian(stored.data() + i * type.bytes, type.bytes);
    if (std::is_same_v<T, std::int64_t> && type.of_values == ValueType::int64) {
      values.push_back(static_cast<T>(bits));
      continue;
    }
    const double value = decoded(*type.of_values, bits);
    // The greatest int64 is no double: as one it would be 2^63, which int64 does not hold.
    const bool held = std::is_integral_v<T>
                          ? holds(value_type_of<T>(), value)
                          : std::abs(value) <= static_cast<double>(std::numeric_limits<T>::max());
    if (!held) {
      fail("element " + std::to_string(i) + " of the array " + name + " is not held by " +
           std::string(GraphblasType<T>::name));
    }
    values.push_back(static_cast<T>(value));
  }
  if (array.elements == 1) values.assign(count, values.front());
  return values;
}

#define OSCILLON_INSTANTIATE_ARRAY_FILE(T)                                                      \
  template void ArrayFileWriter::add_values(const std::string&, std::span<const T>, ValueType); \
  template std::vector<T> ArrayFile::values(const std::string&, Index) const;
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_ARRAY_FILE)
#undef OSCILLON_INSTANTIATE_ARRAY_FILE

}  // namespace oscillon::io
