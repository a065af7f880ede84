#include "verify/conformance/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/base/clock.hpp"
#include "oscillon/base/error.hpp"

namespace oscillon::conformance {

namespace {

constexpr std::size_t most_last_words = 400;
constexpr int poll_milliseconds = 20;

[[noreturn]] void become_shell(const char* command, int output) {
  setpgid(0, 0);
  // The signals that stop this program are blocked in all its threads; the other takes them again.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execl("/bin/sh", "sh", "-c", command, static_cast<char*>(nullptr));
  _exit(127);
}

// The end of an output, as one line.
std::string one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  if (text.size() > most_last_words) text = "… " + text.substr(text.size() - most_last_words);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = c == '\n' ? '|' : ' ';
  }
  return text;
}

}  // namespace

ProcessResult run_shell(const std::string& command, std::chrono::milliseconds timeout,
                        const std::stop_token& stop) {
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) {
    throw Error(Fault::io, std::string("no process can be started: ") + std::strerror(errno));
  }
  const Stopwatch watch;
  const pid_t child = fork();
  if (child == 0) become_shell(command.c_str(), pipe_ends[1]);
  close(pipe_ends[1]);
  if (child < 0) {
    close(pipe_ends[0]);
    throw Error(Fault::io, std::string("no process can be started: ") + std::strerror(errno));
  }
  setpgid(child, child);
  fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK);

  ProcessResult result;
  std::string output;
  int status = 0;
  bool ended = false, stopped = false;
  const auto drain = [&] {
    char buffer[4096];
    for (ssize_t got; (got = read(pipe_ends[0], buffer, sizeof buffer)) > 0;) {
      output.append(buffer, static_cast<std::size_t>(got));
      if (output.size() > 8 * most_last_words) output.erase(0, output.size() - 2 * most_last_words);
    }
  };
  while (!ended) {
    pollfd waiting{pipe_ends[0], POLLIN, 0};
    poll(&waiting, 1, poll_milliseconds);
    drain();
    ended = waitpid(child, &status, WNOHANG) == child;
    if (ended) break;
    // One that has closed its output is waited for without it.
    if ((waiting.revents & POLLHUP) != 0) usleep(1000 * poll_milliseconds / 10);
    result.timed_out = watch.seconds() > std::chrono::duration<double>(timeout).count();
    stopped = stop.stop_requested();
    if (!result.timed_out && !stopped) continue;
    kill(-child, SIGKILL);
    waitpid(child, &status, 0);
    ended = true;
  }
  kill(-child, SIGKILL);  // whatever it has left running
  drain();
  close(pipe_ends[0]);
  if (stopped) throw Error(Fault::interrupted, "the process was stopped");
  result.seconds = watch.seconds();
  result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + result.signal;
  result.last_words = one_line(std::move(output));
  return result;
}

}  // namespace oscillon::conformance
