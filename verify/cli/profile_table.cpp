#include "verify/cli/profile_table.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace oscillon::cli {

std::string profile_table(const Profile& profile) {
  std::string text = " layer      seconds         entries    live samples\n";
  char line[128];
  for (std::size_t l = 0; l < profile.layers.size(); ++l) {
    const LayerProfile& layer = profile.layers[l];
    std::snprintf(line, sizeof line, "%6zu %12.6f %15llu %15llu\n", l + 1, layer.seconds,
                  static_cast<unsigned long long>(layer.entries),
                  static_cast<unsigned long long>(layer.live_samples));
    text += line;
  }
  std::snprintf(line, sizeof line,
                "plan %s, %d thread%s, tiles of %llu samples; seconds are summed over threads\n",
                std::string(name_of(profile.plan)).c_str(), profile.threads,
                profile.threads == 1 ? "" : "s", static_cast<unsigned long long>(profile.tile));
  return text + line;
}

nlohmann::json profile_record(const Profile& profile) {
  nlohmann::json layers = nlohmann::json::array();
  for (const LayerProfile& layer : profile.layers) {
    layers.push_back({{"seconds", layer.seconds},
                      {"entries", layer.entries},
                      {"live_samples", layer.live_samples}});
  }
  return {{"plan", name_of(profile.plan)},
          {"threads", profile.threads},
          {"tile", profile.tile},
          {"samples", profile.samples},
          {"edges", profile.edges},
          {"seconds", profile.seconds},
          {"edges_per_second", profile.rate()},
          {"layers", layers}};
}

}  // namespace oscillon::cli
