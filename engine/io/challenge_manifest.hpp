// A manifest: manifest.json beside the files of a problem, which tells their sizes and checksums
// and how they were made. Files that are cut, changed or have changed places are found by it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "engine/io/input_file.hpp"

namespace oscillon::challenge {

struct Manifest {
  std::string made_by;                     // JSON; how the files were made
  std::map<std::string, FileFacts> files;  // by their names in the folder

  // What a file is to be. Throws Error(bad_data) for one that the manifest does not name.
  const FileFacts& facts(const std::string& folder, const std::string& name) const;
};

// Where a folder has its manifest, if it has one.
std::string manifest_path(const std::string& folder);

// Throws ParseError for what is no such manifest. Without one in the folder, none.
std::optional<Manifest> read_manifest(const std::string& folder);

void write_manifest(const std::string& folder, const Manifest& manifest);

// Removes one from before, while its folder is written anew.
void remove_manifest(const std::string& folder);

}  // namespace oscillon::challenge
