// Running somebody else's program: with an end to its time, and nothing of it left behind.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

namespace oscillon::conformance {

struct ProcessResult {
  int code = 0;    // of the exit; 128 + signal when a signal ended it
  int signal = 0;  // 0: it ended by itself
  bool timed_out = false;
  std::string last_words;  // the end of what it wrote to stdout and stderr, in one line
  double seconds = 0;
};

// Runs a command of /bin/sh in a process group of its own, which is killed whole when the time is
// over or a stop is requested. Throws Error(io) when no process can be started, Error(interrupted)
// on a stop.
ProcessResult run_shell(const std::string& command, std::chrono::milliseconds timeout,
                        const std::stop_token& stop = {});

}  // namespace oscillon::conformance
