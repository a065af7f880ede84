// What inference is told about checkpoints.
#pragma once

#include <string>

namespace oscillon {

struct CheckpointOptions {
  std::string folder;         // where to write checkpoints; empty: none are written
  double every_seconds = 60;  // of work between two checkpoints
  bool resume = false;        // from the newest checkpoint in the folder, if there is one
};

}  // namespace oscillon
