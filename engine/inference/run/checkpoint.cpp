#include "engine/inference/run/checkpoint.hpp"

#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/base/checksum.hpp"
#include "engine/base/log.hpp"
#include "engine/inference/tiles/pack.hpp"
#include "engine/io/atomic_file.hpp"
#include "engine/io/input_file.hpp"
#include "engine/io/npy.hpp"

namespace oscillon::run {

namespace {

using nlohmann::json;

constexpr std::size_t length_bytes = 8;
constexpr std::size_t checksum_digits = 32;

std::string path_of(const CheckpointIdentity& identity, std::size_t generation) {
  return identity.folder + "/checkpoint-" + std::to_string(generation % 2);
}

template <NetworkValue T>
json identity_record(const CheckpointIdentity& identity) {
  return {{"format", "oscillon checkpoint 2"},
          {"network", identity.network},
          {"value_type", GraphblasType<T>::name},
          {"inputs", identity.inputs},
          {"depth", identity.depth}};
}

json profile_record(const Profile& profile, std::size_t layers) {
  json record{{"samples", profile.samples},
              {"edges", profile.edges},
              {"seconds", profile.seconds},
              {"layer_source_seconds", profile.layer_source_seconds},
              {"layers", json::array()}};
  for (std::size_t l = 0; l < layers; ++l) {
    const LayerProfile& layer = profile.layers[l];
    record["layers"].push_back({name_of(layer.plan), layer.tile, layer.seconds, layer.entries,
                                layer.live_samples, layer.neurons_computed,
                                layer.samples_computed});
  }
  return record;
}

Profile profile_of(const json& record, std::size_t depth) {
  Profile profile;
  profile.samples = record.at("samples");
  profile.edges = record.at("edges");
  profile.seconds = record.at("seconds");
  profile.layer_source_seconds = record.at("layer_source_seconds");
  profile.layers.resize(depth);
  for (std::size_t l = 0; l < record.at("layers").size(); ++l) {
    const json& from = record.at("layers")[l];
    profile.layers.at(l) = {plan_from_name(from.at(0).get<std::string>()),
                            from.at(1),
                            from.at(2),
                            from.at(3),
                            from.at(4),
                            from.at(5),
                            from.at(6)};
  }
  return profile;
}

// Appends to a file and to the checksum of all that is appended.
class Writer {
 public:
  explicit Writer(const std::string& path) : file_(path) {}

  void add(std::string_view bytes) {
    file_.append(bytes);
    checksum_.add(bytes);
  }
  template <class Element>
  void add_array(const std::vector<Element>& array) {
    add({reinterpret_cast<const char*>(array.data()), array.size() * sizeof(Element)});
  }
  void commit() {
    file_.append(checksum_.hex());
    file_.commit();
  }

 private:
  AtomicFile file_;
  Checksum checksum_;
};

// A checkpoint file whose checksum is right.
class Reader {
 public:
  explicit Reader(const std::string& path) : file_(path), left_(file_.text()) {
    if (left_.size() < length_bytes + checksum_digits) fail();
    const auto digits = left_.substr(left_.size() - checksum_digits);
    left_.remove_suffix(checksum_digits);
    if (checksum_of(left_) != digits) fail();
    std::uint64_t length = 0;
    std::memcpy(&length, left_.data(), length_bytes);
    left_.remove_prefix(length_bytes);
    header_ = json::parse(take(length));
  }

  const json& header() const { return header_; }

  template <class Element>
  std::vector<Element> array(const char* name) {
    const std::size_t count = header_.at("lengths").at(name);
    const std::string_view bytes = take(checked_multiply(count, sizeof(Element), name));
    std::vector<Element> made(count);
    if (count > 0) std::memcpy(made.data(), bytes.data(), bytes.size());
    return made;
  }

 private:
  [[noreturn]] void fail() const {
    throw ParseError(file_.path(), 0, 0, "the checkpoint is damaged or cut short");
  }
  std::string_view take(std::uint64_t bytes) {
    if (bytes > left_.size()) fail();
    const std::string_view taken = left_.substr(0, bytes);
    left_.remove_prefix(bytes);
    return taken;
  }

  InputFile file_;
  std::string_view left_;
  json header_;
};

template <NetworkValue T>
Checkpoint<T> restored(Reader& reader) {
  const json& header = reader.header();
  Checkpoint<T> made;
  made.generation = header.at("generation");
  made.layer = header.at("layer");
  tiles::Samples<T>& samples = made.samples;
  samples.neurons = header.at("neurons");
  made.profile = profile_of(header.at("profile"), header.at("identity").at("depth"));
  tiles::Tile<T> tile;
  tile.samples = reader.array<Index>("samples");
  tile.copies = reader.array<Index>("copies");
  const auto twins = reader.array<Index>("twins");
  for (std::size_t i = 0; i + 1 < twins.size(); i += 2) {
    samples.twins.push_back({twins[i], twins[i + 1]});
  }
  Compressed<T> columns;
  columns.orientation = Orientation::by_column;
  columns.rows = samples.neurons;
  columns.columns = tile.samples.size();
  columns.offsets = reader.array<Index>("offsets");
  columns.indices = reader.array<Index>("indices");
  columns.values = reader.array<T>("values");
  tile.Y = Matrix<T>::from_compressed(columns);
  tile.Y.keep_sparse();
  tile.Y.finish();
  tile.magnitudes = {header.at("greatest"), header.at("least")};
  samples.alive = tiles::count(tile, true);
  samples.tiles.push_back(std::move(tile));
  return made;
}

}  // namespace

template <NetworkValue T>
void write_checkpoint(const CheckpointIdentity& identity, std::size_t generation, std::size_t layer,
                      bool keeps_dead, tiles::Samples<T>& samples, const Profile& profile) {
  std::vector<tiles::LiveSamples<T>> live;
  for (tiles::Tile<T>& tile : samples.tiles) live.push_back(live_samples(tile, keeps_dead));
  Index count = 0;
  for (const auto& source : live) count += source.columns.size();
  std::vector<tiles::Tile<T>> packed =
      pack(live, samples.neurons, std::max<Index>(count, 1), tiles::Form::sparse, nullptr, 1);
  const tiles::Tile<T>& all = packed.front();
  const Compressed<T> columns = all.Y.compressed(Orientation::by_column);
  std::vector<Index> pairs;
  for (const tiles::Twin& twin : samples.twins) {
    pairs.push_back(twin.sample);
    pairs.push_back(twin.equal_to);
  }

  const json header{{"identity", identity_record<T>(identity)},
                    {"generation", generation},
                    {"layer", layer},
                    {"neurons", samples.neurons},
                    {"greatest", all.magnitudes.greatest},
                    {"least", count > 0 ? all.magnitudes.least : 0},
                    {"profile", profile_record(profile, layer)},
                    {"lengths",
                     {{"samples", all.samples.size()},
                      {"copies", all.copies.size()},
                      {"twins", pairs.size()},
                      {"offsets", columns.offsets.size()},
                      {"indices", columns.indices.size()},
                      {"values", columns.values.size()}}}};
  const std::string text = header.dump();
  make_folder(identity.folder);
  Writer writer(path_of(identity, generation));
  std::string length;
  append_little_endian(length, text.size(), length_bytes);
  writer.add(length);
  writer.add(text);
  writer.add_array(all.samples);
  writer.add_array(all.copies);
  writer.add_array(pairs);
  writer.add_array(columns.offsets);
  writer.add_array(columns.indices);
  writer.add_array(columns.values);
  writer.commit();
}

template <NetworkValue T>
std::optional<Checkpoint<T>> read_checkpoint(const CheckpointIdentity& identity) {
  std::optional<Checkpoint<T>> newest;
  std::optional<std::string> damage;
  bool of_another_run = false;
  for (std::size_t generation = 0; generation < 2; ++generation) {
    const std::string path = path_of(identity, generation);
    if (!file_exists(path)) continue;
    try {
      Reader reader(path);
      if (reader.header().at("identity") != identity_record<T>(identity)) {
        of_another_run = true;
        continue;
      }
      if (newest && newest->layer > reader.header().at("layer").get<std::size_t>()) continue;
      newest = restored<T>(reader);
    } catch (const ParseError& error) {
      damage = error.what();
    } catch (const json::exception& error) {
      damage = path + ": error: the checkpoint's header is malformed: " + error.what();
    }
  }
  if (newest) {
    if (damage) log::debug("an older checkpoint is taken: " + *damage);
    return newest;
  }
  if (of_another_run) {
    throw Error(Fault::usage,
                "the checkpoints in " + identity.folder +
                    " are of another run: other inputs, layers, precision or options");
  }
  if (damage) throw Error(Fault::bad_data, *damage);
  return std::nullopt;
}

#define OSCILLON_INSTANTIATE_CHECKPOINT(T)                                                  \
  template void write_checkpoint(const CheckpointIdentity&, std::size_t, std::size_t, bool, \
                                 tiles::Samples<T>&, const Profile&);                       \
  template std::optional<Checkpoint<T>> read_checkpoint(const CheckpointIdentity&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_CHECKPOINT)
#undef OSCILLON_INSTANTIATE_CHECKPOINT

}  // namespace oscillon::run
