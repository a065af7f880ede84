#include "engine/io/challenge_manifest.hpp"

#include <nlohmann/json.hpp>

#include "engine/io/atomic_file.hpp"
#include "oscillon/base/error.hpp"

namespace oscillon::challenge {

namespace {

constexpr const char* format_name = "oscillon challenge manifest 1";

}  // namespace

std::string manifest_path(const std::string& folder) {
  return folder + "/manifest.json";
}

const FileFacts& Manifest::facts(const std::string& folder, const std::string& name) const {
  const auto found = files.find(name);
  if (found != files.end()) return found->second;
  throw Error(Fault::bad_data, manifest_path(folder) + " does not name " + name +
                                   ": the file is not of this problem");
}

std::optional<Manifest> read_manifest(const std::string& folder) {
  const std::string path = manifest_path(folder);
  if (!file_exists(path)) return std::nullopt;
  const InputFile file(path);
  try {
    const auto record = nlohmann::json::parse(file.text());
    if (record.at("format") != format_name) throw ParseError(path, 0, 0, "is no such manifest");
    Manifest manifest;
    manifest.made_by = record.at("made_by").dump();
    for (const auto& [name, facts] : record.at("files").items()) {
      manifest.files[name] = {facts.at("bytes"), facts.at("xxh3_128")};
    }
    return manifest;
  } catch (const nlohmann::json::exception& error) {
    throw ParseError(path, 0, 0, std::string("is no such manifest: ") + error.what());
  }
}

void write_manifest(const std::string& folder, const Manifest& manifest) {
  nlohmann::ordered_json record{{"format", format_name},
                                {"made_by", nlohmann::ordered_json::parse(manifest.made_by)},
                                {"files", nlohmann::ordered_json::object()}};
  for (const auto& [name, facts] : manifest.files) {
    record["files"][name] = {{"bytes", facts.bytes}, {"xxh3_128", facts.checksum}};
  }
  write_file(manifest_path(folder), record.dump(1) + "\n");
}

void remove_manifest(const std::string& folder) {
  remove_file(manifest_path(folder));
}

}  // namespace oscillon::challenge
