// The profile of a run, as a table for people and as a record for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "oscillon/inference/inference.hpp"

namespace oscillon::cli {

// One line a layer: seconds, stored entries, live samples.
std::string profile_table(const Profile& profile);

nlohmann::json profile_record(const Profile& profile);

}  // namespace oscillon::cli
