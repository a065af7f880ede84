#include "engine/inference/run/checkpoint.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "engine/base/log.hpp"
#include "engine/inference/tiles/pack.hpp"
#include "engine/io/array_file.hpp"
#include "engine/io/atomic_file.hpp"
#include "engine/io/input_file.hpp"

namespace oscillon::run {

namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 1> format_versions{"3"};
constexpr io::ArrayFileFormat file_format{"oscillon checkpoint", "checkpoint", format_versions};

std::string path_of(const CheckpointIdentity& identity, std::size_t generation) {
  return identity.folder + "/checkpoint-" + std::to_string(generation % 2);
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

// A number as text that gives its bits back.
std::string exact_text(double number) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof text, number).ptr};
}

class Restored {
 public:
  explicit Restored(const std::string& path) : file_(path, file_format) {}

  bool is_of(const CheckpointIdentity& identity, std::string_view value_type) const {
    return text("network") == identity.network && text("inputs") == identity.inputs &&
           text("value_type") == value_type && text("depth") == std::to_string(identity.depth);
  }

  std::size_t layer() const { return number("layer"); }

  template <NetworkValue T>
  Checkpoint<T> checkpoint(std::size_t depth, Index batch_samples) const;

 private:
  const std::string& text(const std::string& name) const {
    const auto found = file_.metadata().find(name);
    if (found == file_.metadata().end()) file_.fail("the header does not tell " + in_quotes(name));
    return found->second;
  }

  std::uint64_t number(const std::string& name) const { return number_as<std::uint64_t>(name); }

  template <class Number>
  Number number_as(const std::string& name) const {
    const std::string& digits = text(name);
    Number value{};
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (fault != std::errc() || end != digits.data() + digits.size()) {
      file_.fail("the header's " + in_quotes(name) + " is no such number");
    }
    return value;
  }

  std::vector<Index> numbers(const std::string& name, Index limit) const {
    if (!file_.has(name)) file_.fail("there is no array " + in_quotes(name));
    return file_.numbers(name, limit);
  }

  io::ArrayFile file_;
};

template <NetworkValue T>
Checkpoint<T> Restored::checkpoint(std::size_t depth, Index batch_samples) const {
  Checkpoint<T> made;
  made.generation = number("generation");
  made.layer = layer();
  if (made.layer == 0 || made.layer > depth) {
    file_.fail("it is before layer " + std::to_string(made.layer) + " of " + std::to_string(depth));
  }
  try {
    made.profile = profile_of(json::parse(text("profile")), depth);
  } catch (const std::exception& error) {
    file_.fail(std::string("the profile is malformed: ") + error.what());
  }
  tiles::Samples<T>& samples = made.samples;
  samples.neurons = number("neurons");
  const Index last = batch_samples > 0 ? batch_samples - 1 : 0;
  tiles::Tile<T> tile;
  tile.samples = numbers("samples", last);
  tile.copies = numbers("copies", batch_samples);
  const auto pairs = numbers("twins", last);
  if (tile.copies.size() != tile.samples.size() || pairs.size() % 2 != 0 ||
      tile.samples.size() > batch_samples) {
    file_.fail("the arrays of samples do not fit together");
  }
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    samples.twins.push_back({pairs[i], pairs[i + 1]});
  }
  Compressed<T> columns;
  columns.orientation = Orientation::by_column;
  columns.rows = samples.neurons;
  columns.columns = tile.samples.size();
  columns.indices = numbers("indices", samples.neurons);
  columns.offsets = numbers("offsets", columns.indices.size());
  if (!file_.has("values")) file_.fail("there is no array \"values\"");
  columns.values = file_.values<T>("values", columns.indices.size());
  try {
    tile.Y = Matrix<T>::from_compressed(columns);
  } catch (const Error& error) {
    file_.fail(error.what());
  }
  tile.Y.keep_sparse();
  tile.Y.finish();
  tile.magnitudes = {number_as<double>("greatest"), number_as<double>("least")};
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
  const io::Metadata metadata{{"network", identity.network},
                              {"inputs", identity.inputs},
                              {"depth", std::to_string(identity.depth)},
                              {"value_type", std::string(GraphblasType<T>::name)},
                              {"generation", std::to_string(generation)},
                              {"layer", std::to_string(layer)},
                              {"neurons", std::to_string(samples.neurons)},
                              {"greatest", exact_text(all.magnitudes.greatest)},
                              {"least", exact_text(count > 0 ? all.magnitudes.least : 0)},
                              {"profile", profile_record(profile, layer).dump()}};
  make_folder(identity.folder);
  constexpr std::size_t arrays = 6;
  io::ArrayFileWriter file(path_of(identity, generation), arrays, io::bytes_in_header(metadata));
  file.add_numbers("samples", all.samples, identity.samples);
  file.add_numbers("copies", all.copies, identity.samples);
  file.add_numbers("twins", pairs, identity.samples);
  file.add_numbers("offsets", columns.offsets, columns.indices.size());
  file.add_numbers("indices", columns.indices, samples.neurons);
  file.template add_values<T>("values", columns.values, value_type_of<T>());
  file.commit(file_format.name, format_versions.front(), metadata);
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
      const Restored restored(path);
      if (!restored.is_of(identity, GraphblasType<T>::name)) {
        of_another_run = true;
        continue;
      }
      if (newest && newest->layer > restored.layer()) continue;
      newest = restored.checkpoint<T>(identity.depth, identity.samples);
    } catch (const ParseError& error) {
      damage = error.what();
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
