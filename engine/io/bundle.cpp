#include "engine/io/bundle.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/base/checksum.hpp"
#include "engine/io/bundle_format.hpp"
#include "oscillon/base/checked.hpp"

namespace oscillon {

namespace {

using nlohmann::ordered_json;
using namespace bundle_format;

std::uint64_t little_endian(const char* bytes, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

template <class Number>
std::optional<Number> parsed(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

template <NetworkValue T>
BundleSource<T>::BundleSource(const std::string& path) : file_(path) {
  read_header();
  require_arrays();
}

template <NetworkValue T>
void BundleSource<T>::fail(const std::string& what) const {
  throw ParseError(file_.path(), 0, 0, what);
}

template <NetworkValue T>
void BundleSource<T>::read_header() {
  const std::string_view file = file_.text();
  if (file.size() < length_bytes) fail("the file ends before its header");
  const std::uint64_t length = little_endian(file.data(), length_bytes);
  if (length > std::min<std::uint64_t>(file.size() - length_bytes, most_header_bytes)) {
    fail("the file claims a header of " + std::to_string(length) + " bytes and has " +
         std::to_string(file.size()) + " in all");
  }
  data_ = file.substr(length_bytes + length);
  const std::string_view text = file.substr(length_bytes, length);

  // Keys that stand twice would be lost on the way.
  std::vector<std::set<std::string>> open;
  std::string twice;
  const auto watch = [&](int, ordered_json::parse_event_t event, ordered_json& parsed_part) {
    if (event == ordered_json::parse_event_t::object_start) open.emplace_back();
    if (event == ordered_json::parse_event_t::object_end) open.pop_back();
    if (event == ordered_json::parse_event_t::key &&
        !open.back().insert(parsed_part.template get<std::string>()).second) {
      twice = parsed_part.template get<std::string>();
    }
    return true;
  };
  ordered_json header;
  try {
    header = ordered_json::parse(text, watch);
  } catch (const ordered_json::exception&) {
    fail("the header is no JSON");
  }
  if (!twice.empty()) fail("the header has " + in_quotes(twice) + " twice");
  if (!header.is_object() || !header.contains("__metadata__") ||
      !header["__metadata__"].is_object()) {
    fail("the header has no metadata: this is no network of ours");
  }
  for (const auto& [name, value] : header["__metadata__"].items()) {
    if (!value.is_string()) fail("the metadata " + in_quotes(name) + " is no string");
    metadata_[name] = value.template get<std::string>();
  }
  if (metadata_["format"] != format_name) fail("this is no network of ours, by its metadata");
  if (metadata_["version"] != format_version) {
    fail("version " + in_quotes(metadata_["version"]) + " of the format is not known");
  }
  std::string blanked(file.substr(0, length_bytes + length));
  const std::string entry = "\"checksum\":\"" + metadata_["checksum"] + "\"";
  const std::size_t place = blanked.find(entry);
  if (place == std::string::npos || metadata_["checksum"].size() != checksum_digits) {
    fail("the header has no checksum");
  }
  blanked.replace(place + entry.size() - checksum_digits - 1, checksum_digits,
                  std::string(checksum_digits, '0'));
  if (checksum_of(blanked) != metadata_["checksum"]) {
    fail("the header is damaged: its checksum is another");
  }

  std::uint64_t at = 0;
  for (const auto& [name, entry_of] : header.items()) {
    if (name == "__metadata__") continue;
    BundleArray array;
    try {
      array.type = entry_of.at("dtype").template get<std::string>();
      const auto shape = entry_of.at("shape").template get<std::vector<std::uint64_t>>();
      const auto offsets = entry_of.at("data_offsets").template get<std::array<std::uint64_t, 2>>();
      if (shape.size() != 1) fail("the array " + name + " has not one dimension");
      array.elements = shape.front();
      array.begin = offsets[0];
      array.end = offsets[1];
    } catch (const ordered_json::exception&) {
      fail("the array " + in_quotes(name) + " is not described as the format asks");
    }
    const StoredType* type = stored_type(array.type);
    if (type == nullptr)
      fail("the array " + name + " has the unknown type " + in_quotes(array.type));
    if (array.begin != at || array.end < array.begin ||
        array.end - array.begin !=
            checked_multiply(array.elements, type->bytes, "bytes of an array")) {
      fail("the array " + name + " does not follow the one before it, or is not of its size");
    }
    at = array.end;
    array.checksum = metadata_["checksum:" + name];
    arrays_[name] = std::move(array);
  }
  if (at != data_.size()) {
    fail("the arrays take " + std::to_string(at) + " bytes and the file has " +
         std::to_string(data_.size()) + " for them");
  }
}

template <NetworkValue T>
void BundleSource<T>::require_arrays() {
  const auto metadata = [&](const char* name) {
    const auto found = metadata_.find(name);
    if (found == metadata_.end()) fail(std::string("the metadata lacks ") + name);
    return found->second;
  };
  const std::string widths = metadata("widths");
  for (std::string_view rest = widths; !rest.empty();) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const auto width = parsed<Index>(rest.substr(0, comma));
    if (!width || *width > GrB_INDEX_MAX) fail("the metadata \"widths\" is no list of numbers");
    widths_.push_back(*width);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  const auto depth_named = parsed<std::size_t>(metadata("depth"));
  if (widths_.empty() || !depth_named || *depth_named + 1 != widths_.size()) {
    fail("the metadata \"depth\" and \"widths\" do not agree");
  }
  if (const std::string cap = metadata("cap"); cap != "none") {
    cap_ = parsed<T>(cap);
    if (!cap_) fail("the cap " + in_quotes(cap) + " is no number of the type asked for");
  }
  std::set<std::string> wanted;
  for (std::size_t l = 0; l < depth(); ++l) {
    for (const char* what : {"indptr", "indices", "values", "bias"}) {
      wanted.insert(layer_array(l, what));
    }
  }
  for (std::size_t r = 0; has_keys() && r <= depth(); ++r) {
    wanted.insert(key_array(r, "bytes"));
    wanted.insert(key_array(r, "offsets"));
  }
  for (const std::string& name : wanted) {
    if (!arrays_.contains(name)) fail("the array " + name + " is missing");
  }
  for (const auto& [name, array] : arrays_) {
    if (wanted.contains(name)) continue;
    if (!name.starts_with("padding.")) {
      fail("the array " + in_quotes(name) + " is not one of a network");
    }
    if (bytes_of(name).find_first_not_of('\0') != std::string_view::npos) {
      fail("the array " + name + " must be zeros");
    }
  }
}

template <NetworkValue T>
std::string_view BundleSource<T>::bytes_of(const std::string& name) const {
  const BundleArray& array = arrays_.at(name);
  const std::string_view bytes = data_.substr(array.begin, array.end - array.begin);
  if (checksum_of(bytes) != array.checksum) {
    fail("the array " + name + " is damaged: its checksum is another");
  }
  return bytes;
}

template <NetworkValue T>
std::vector<Index> BundleSource<T>::numbers(const std::string& name, Index limit) const {
  const BundleArray& array = arrays_.at(name);
  const StoredType& type = *stored_type(array.type);
  if (type.of_values) fail("the array " + name + " must be of an unsigned type");
  const std::string_view bytes = bytes_of(name);
  std::vector<Index> numbers(array.elements);
  for (Index i = 0; i < numbers.size(); ++i) {
    numbers[i] = little_endian(bytes.data() + i * type.bytes, type.bytes);
    if (numbers[i] > limit) {
      fail("element " + std::to_string(i) + " of the array " + name + " is " +
           std::to_string(numbers[i]) + ", above " + std::to_string(limit));
    }
  }
  return numbers;
}

template <NetworkValue T>
std::vector<T> BundleSource<T>::values(const std::string& name, Index count) const {
  const BundleArray& array = arrays_.at(name);
  const StoredType& type = *stored_type(array.type);
  if (!type.of_values) fail("the array " + name + " must be of a type for values");
  if (array.elements != count && array.elements != 1) {
    fail("the array " + name + " has " + std::to_string(array.elements) + " elements for " +
         std::to_string(count));
  }
  const std::string_view bytes = bytes_of(name);
  std::vector<T> values;
  values.reserve(count);
  for (Index i = 0; i < array.elements; ++i) {
    const std::uint64_t bits = little_endian(bytes.data() + i * type.bytes, type.bytes);
    if (std::is_same_v<T, std::int64_t> && type.of_values == ElementType::int64) {
      values.push_back(static_cast<T>(bits));
      continue;
    }
    const double value = decoded(*type.of_values, bits);
    // The greatest int64 is no double: as one it would be 2^63, which int64 does not hold.
    const bool held = std::is_integral_v<T>
                          ? holds(sizeof(T) == 4 ? ElementType::int32 : ElementType::int64, value)
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

template <NetworkValue T>
std::shared_ptr<const Layer<T>> BundleSource<T>::layer(std::size_t index) const {
  Compressed<T> W;
  W.orientation = Orientation::by_column;
  W.rows = widths_.at(index + 1);
  W.columns = widths_.at(index);
  W.indices = numbers(layer_array(index, "indices"), std::max<Index>(W.rows, 1) - 1);
  W.offsets = numbers(layer_array(index, "indptr"), W.indices.size());
  if (W.offsets.size() == 1 && W.columns > 0) {
    const Index each = W.offsets.front();
    W.offsets.resize(W.columns + 1);
    for (Index i = 0; i <= W.columns; ++i) {
      W.offsets[i] = checked_multiply(each, i, "entries of a layer");
    }
  }
  if (W.offsets.size() != W.columns + 1 || W.offsets.back() != W.indices.size()) {
    fail("the offsets of layer " + std::to_string(index) + " do not fit its shape and indices");
  }
  W.values = values(layer_array(index, "values"), W.indices.size());
  std::vector<T> bias = values(layer_array(index, "bias"), W.rows);
  try {
    return std::make_shared<const Layer<T>>(W, std::move(bias), cap_);
  } catch (const Error& error) {
    fail("layer " + std::to_string(index) + ": " + error.what());
  }
}

template <NetworkValue T>
KeySet BundleSource<T>::keys(std::size_t rank) const {
  if (!has_keys()) return KeySet::numbered(widths_.at(rank));
  const std::string_view bytes = bytes_of(key_array(rank, "bytes"));
  const std::vector<Index> offsets = numbers(key_array(rank, "offsets"), bytes.size());
  if (offsets.size() != widths_.at(rank) + 1 || offsets.front() != 0 ||
      offsets.back() != bytes.size() || !std::is_sorted(offsets.begin(), offsets.end())) {
    fail("the keys of rank " + std::to_string(rank) + " do not fit its width");
  }
  std::vector<std::string_view> keys;
  for (Index i = 0; i + 1 < offsets.size(); ++i) {
    keys.push_back(bytes.substr(offsets[i], offsets[i + 1] - offsets[i]));
    if (i > 0 && keys[i - 1] >= keys[i]) {
      fail("the keys of rank " + std::to_string(rank) + " do not ascend");
    }
  }
  return KeySet(keys);
}

template <NetworkValue T>
Network<T> read_bundle_network(const std::string& path) {
  BundleSource<T> source(path);
  std::vector<std::shared_ptr<const Layer<T>>> layers;
  std::vector<KeySet> keys{source.keys(0)};
  for (std::size_t l = 0; l < source.depth(); ++l) {
    layers.push_back(source.layer(l));
    keys.push_back(source.keys(l + 1));
  }
  return Network<T>(std::move(layers), std::move(keys));
}

ElementType bundle_value_type(const std::string& path) {
  const BundleSource<double> source(path);
  const auto named = source.metadata().find("value_type");
  if (named == source.metadata().end()) {
    throw ParseError(path, 0, 0, "the metadata lacks value_type");
  }
  try {
    return element_type_from_name(named->second);
  } catch (const Error& error) {
    throw ParseError(path, 0, 0, error.what());
  }
}

#define OSCILLON_INSTANTIATE_BUNDLE(T) \
  template class BundleSource<T>;      \
  template Network<T> read_bundle_network(const std::string&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_BUNDLE)
#undef OSCILLON_INSTANTIATE_BUNDLE

}  // namespace oscillon
