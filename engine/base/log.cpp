#include "engine/base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <memory>

namespace oscillon::log {

namespace {

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("oscillon",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    const char* level = std::getenv("OSCILLON_LOG");
    made->set_level(level != nullptr ? spdlog::level::from_str(level) : spdlog::level::off);
    return made;
  }();
  return *instance;
}

}  // namespace

void debug(std::string_view message) {
  logger().debug(message);
}

bool is_debugging() {
  return logger().should_log(spdlog::level::debug);
}

}  // namespace oscillon::log
