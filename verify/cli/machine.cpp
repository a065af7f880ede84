#include "verify/cli/machine.hpp"

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "engine/base/caches.hpp"
#include "engine/inference/kernels/kernels.hpp"
#include "verify/cli/command.hpp"
#include "verify/cli/version.hpp"

namespace oscillon::cli {

namespace {

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    const auto colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos) {
      return line.substr(colon + 2);
    }
  }
  return "unknown processor";
}

}  // namespace

nlohmann::ordered_json machine_record() {
  return {{"processor", processor()},
          {"cores", std::thread::hardware_concurrency()},
          {"first_level_cache", caches().first_level},
          {"second_level_cache", caches().second_level},
          {"third_level_cache", caches().third_level},
          {"vectors", kernels::chosen_name()},
          {"oscillon", version},
          {"commit", commit},
          {"graphblas", graphblas_version()},
          {"compiler", __VERSION__}};
}

std::string machine_text() {
  const auto kibibytes = [](std::size_t bytes) { return grouped(bytes >> 10) + " KiB"; };
  return processor() + ", " + std::to_string(std::thread::hardware_concurrency()) +
         " cores, caches " + kibibytes(caches().first_level) + ", " +
         kibibytes(caches().second_level) + ", " + kibibytes(caches().third_level) + "; " +
         std::string(kernels::chosen_name()) + "; Oscillon " + version + " (" + commit +
         "), GraphBLAS " + graphblas_version() + ", GCC " + __VERSION__ + "\n";
}

nlohmann::ordered_json roofline_record(const bench::Roofline& limits) {
  return {{"threads", limits.threads},
          {"multiply_adds_per_second", limits.multiply_adds},
          {"separate_multiply_adds_per_second", limits.separate},
          {"first_level_bytes_per_second", limits.first_level},
          {"second_level_bytes_per_second", limits.second_level},
          {"memory_bytes_per_second", limits.memory}};
}

std::string roofline_text(const bench::Roofline& limits) {
  char text[400];
  std::snprintf(text, sizeof text,
                "%d thread%s: %.3g multiply-adds/s fused, %.3g rounding apart; read from the "
                "first-level cache %.0f GB/s, second-level %.0f GB/s, memory %.1f GB/s\n",
                limits.threads, limits.threads == 1 ? "" : "s", limits.multiply_adds,
                limits.separate, limits.first_level / 1e9, limits.second_level / 1e9,
                limits.memory / 1e9);
  return text;
}

}  // namespace oscillon::cli
