#include <charconv>
#include <functional>
#include <nlohmann/json.hpp>
#include <span>

#include "engine/base/checksum.hpp"
#include "engine/io/atomic_file.hpp"
#include "engine/io/bundle.hpp"
#include "engine/io/bundle_format.hpp"
#include "engine/io/npy.hpp"

namespace oscillon {

namespace {

using nlohmann::ordered_json;
using namespace bundle_format;

std::string_view stored_name(ElementType type) {
  return std::find_if(stored_types.begin(), stored_types.end(),
                      [&](const StoredType& stored) { return stored.of_values == type; })
      ->name;
}

std::string_view unsigned_type(Index greatest) {
  return greatest <= 0xFFFF ? "U16" : greatest <= 0xFFFFFFFF ? "U32" : "U64";
}

// Whether one element can stand for all: there are some, and they are equal.
template <class Values>
bool all_equal(const Values& values) {
  return !values.empty() &&
         std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
}

// Writes the arrays behind the room that the header will take, and the header last: its offsets and
// checksums are known only then, and a layer may be costly to make twice.
class Writer {
 public:
  Writer(const std::string& path, std::size_t most_arrays) : file_(path) {
    // A name, a type, a shape, offsets and a checksum, of an array and of its padding.
    room_ = (4096 + 2 * most_arrays * 240 + alignment) / alignment * alignment - length_bytes;
    file_.append(std::string(length_bytes + room_, ' '));
  }

  std::map<std::string, std::string>& metadata() { return metadata_; }

  void add(const std::string& name, std::string_view type, std::uint64_t elements,
           std::string_view bytes) {
    if (const std::uint64_t beyond = at_ % alignment; beyond != 0) {
      const std::string zeros(alignment - beyond, '\0');
      put("padding." + std::to_string(paddings_++), "U8", zeros.size(), zeros);
    }
    put(name, type, elements, bytes);
  }

  void add_numbers(const std::string& name, const std::vector<Index>& numbers, Index greatest) {
    const std::string_view type = unsigned_type(greatest);
    std::string bytes;
    bytes.reserve(numbers.size() * stored_type(type)->bytes);
    for (const Index number : numbers) {
      append_little_endian(bytes, number, stored_type(type)->bytes);
    }
    add(name, type, numbers.size(), bytes);
  }

  template <NetworkValue T>
  void add_values(const std::string& name, std::span<const T> values, ElementType store) {
    const std::size_t count = all_equal(values) ? 1 : values.size();
    std::string bytes;
    bytes.reserve(count * bytes_of(store));
    for (const T value : values.first(count)) {
      if constexpr (std::is_integral_v<T>) {
        append_little_endian(bytes, encoded_whole(store, value), bytes_of(store));
      } else {
        append_little_endian(bytes, encoded(store, static_cast<double>(value)), bytes_of(store));
      }
    }
    add(name, stored_name(store), count, bytes);
  }

  void commit() {
    ordered_json header;
    header["__metadata__"] = metadata_;
    header["__metadata__"]["checksum"] = std::string(checksum_digits, '0');
    for (const auto& [name, array] : arrays_) {
      header["__metadata__"]["checksum:" + name] = array.checksum;
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
    const std::string entry = "\"checksum\":\"";
    const std::size_t place = whole.find(entry) + entry.size();
    whole.replace(place, checksum_digits, checksum_of(whole));
    file_.write_at(0, whole);
    file_.commit();
  }

 private:
  void put(const std::string& name, std::string_view type, std::uint64_t elements,
           std::string_view bytes) {
    arrays_.emplace_back(name, BundleArray{std::string(type), elements, at_, at_ + bytes.size(),
                                           checksum_of(bytes)});
    file_.append(bytes);
    at_ += bytes.size();
  }

  AtomicFile file_;
  std::size_t room_ = 0;
  std::uint64_t at_ = 0;
  std::size_t paddings_ = 0;
  std::map<std::string, std::string> metadata_;
  std::vector<std::pair<std::string, BundleArray>> arrays_;
};

template <NetworkValue T>
constexpr ElementType element_of = std::is_same_v<T, float>    ? ElementType::fp32
                                   : std::is_same_v<T, double> ? ElementType::fp64
                                   : sizeof(T) == 4            ? ElementType::int32
                                                               : ElementType::int64;

template <class Number>
std::string shortest(Number value) {
  char digits[64];
  return std::string(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

}  // namespace

template <NetworkValue T>
void write_bundle(const std::string& path, const LayerSource<T>& source,
                  const BundleOptions& options) {
  const std::size_t depth = source.depth();
  if (options.keys != nullptr && options.keys->size() != depth + 1) {
    throw Error(Fault::usage, "there must be keys for each rank of neurons");
  }
  const ElementType store = options.store.value_or(element_of<T>);
  Writer writer(path, 4 * depth + 2 * (depth + 1));
  std::string widths = std::to_string(source.inputs());
  std::optional<T> cap;
  for (std::size_t l = 0; l < depth; ++l) {
    const std::shared_ptr<const Layer<T>> layer = source.layer(l);
    if (l > 0 && layer->rules().cap[0] != cap) {
      throw Error(Fault::bad_data, "the layers differ in their cap, which a bundle has one of");
    }
    cap = layer->rules().cap[0];
    widths += "," + std::to_string(layer->outputs());
    const Compressed<T> W = layer->weights().compressed(Orientation::by_column);
    std::vector<Index> entries_a_row;
    for (Index i = 0; i < W.columns; ++i) entries_a_row.push_back(W.offsets[i + 1] - W.offsets[i]);
    const Index one = all_equal(entries_a_row) ? entries_a_row.front() : W.size();
    writer.add_numbers(layer_array(l, "indptr"),
                       all_equal(entries_a_row) ? std::vector<Index>{one} : W.offsets, one);
    writer.add_numbers(layer_array(l, "indices"), W.indices, std::max<Index>(W.rows, 1) - 1);
    writer.add_values<T>(layer_array(l, "values"), W.values, store);
    writer.add_values<T>(layer_array(l, "bias"), layer->bias(), store);
  }
  if (options.keys != nullptr) {
    for (std::size_t r = 0; r <= depth; ++r) {
      const KeySet& keys = (*options.keys)[r];
      std::string bytes;
      std::vector<Index> offsets{0};
      for (Index i = 0; i < keys.size(); ++i) {
        bytes += keys[i];
        offsets.push_back(bytes.size());
      }
      writer.add(key_array(r, "bytes"), "U8", bytes.size(), bytes);
      writer.add_numbers(key_array(r, "offsets"), offsets, bytes.size());
    }
  }
  writer.metadata() = options.metadata;
  writer.metadata().insert_or_assign("format", format_name);
  writer.metadata().insert_or_assign("version", format_version);
  writer.metadata().insert_or_assign("value_type", name_of(store));
  writer.metadata().insert_or_assign("depth", std::to_string(depth));
  writer.metadata().insert_or_assign("widths", widths);
  writer.metadata().insert_or_assign("cap", cap ? shortest(*cap) : "none");
  writer.commit();
}

#define OSCILLON_INSTANTIATE_BUNDLE_WRITER(T) \
  template void write_bundle(const std::string&, const LayerSource<T>&, const BundleOptions&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_BUNDLE_WRITER)
#undef OSCILLON_INSTANTIATE_BUNDLE_WRITER

}  // namespace oscillon
