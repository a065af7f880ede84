#include "verify/cli/profile_table.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace oscillon::cli {

std::string profile_table(const Profile& profile) {
  std::string text =
      " layer      seconds         entries    live samples  plan         tile  neurons computed  "
      "samples\n";
  char line[160];
  for (std::size_t l = 0; l < profile.layers.size(); ++l) {
    const LayerProfile& layer = profile.layers[l];
    std::snprintf(line, sizeof line, "%6zu %12.6f %15llu %15llu  %-11s %5llu %17llu %8llu\n", l + 1,
                  layer.seconds, static_cast<unsigned long long>(layer.entries),
                  static_cast<unsigned long long>(layer.live_samples),
                  std::string(name_of(layer.plan)).c_str(),
                  static_cast<unsigned long long>(layer.tile),
                  static_cast<unsigned long long>(layer.neurons_computed),
                  static_cast<unsigned long long>(layer.samples_computed));
    text += line;
  }
  std::snprintf(line, sizeof line, "%d thread%s; seconds are summed over threads\n",
                profile.threads, profile.threads == 1 ? "" : "s");
  return text + line;
}

nlohmann::json profile_record(const Profile& profile) {
  nlohmann::json layers = nlohmann::json::array();
  for (const LayerProfile& layer : profile.layers) {
    layers.push_back({{"seconds", layer.seconds},
                      {"entries", layer.entries},
                      {"live_samples", layer.live_samples},
                      {"plan", name_of(layer.plan)},
                      {"tile", layer.tile},
                      {"neurons_computed", layer.neurons_computed},
                      {"samples_computed", layer.samples_computed}});
  }
  return {{"threads", profile.threads},
          {"samples", profile.samples},
          {"edges", profile.edges},
          {"layer_source_seconds", profile.layer_source_seconds},
          {"resumed_at", profile.resumed_at},
          {"seconds", profile.seconds},
          {"edges_per_second", profile.rate()},
          {"layers", layers}};
}

}  // namespace oscillon::cli
