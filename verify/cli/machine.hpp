// What a timing was taken on, and the limits of that machine.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "verify/bench/roofline.hpp"

namespace oscillon::cli {

// Processor, caches, versions and commit.
nlohmann::ordered_json machine_record();
std::string machine_text();

nlohmann::ordered_json roofline_record(const bench::Roofline& limits);
std::string roofline_text(const bench::Roofline& limits);

}  // namespace oscillon::cli
