// The one place that logs. The logger is called `oscillon` and writes to stderr; its level comes
// from the environment variable OSCILLON_LOG (trace, debug, info, warn, error, off) and is `off`
// without it, so that a linked library stays silent.
#pragma once

#include <string_view>

namespace oscillon::log {

void debug(std::string_view message);

// Whether anybody reads it: for messages that take work to put together.
bool is_debugging();

}  // namespace oscillon::log
