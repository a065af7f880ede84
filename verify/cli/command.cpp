#include "verify/cli/command.hpp"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <set>
#include <thread>

#include "engine/io/atomic_file.hpp"

namespace oscillon::cli {

int exit_code(Fault fault) {
  switch (fault) {
    case Fault::usage:
      return 2;
    case Fault::bad_data:
      return 65;
    case Fault::cannot_open:
      return 66;
    case Fault::internal:
      return 70;
    case Fault::out_of_memory:
      return 71;
    case Fault::cannot_create:
      return 73;
    case Fault::io:
      return 74;
    case Fault::interrupted:
      return 75;
  }
  return 70;
}

CLI::Validator whole_number(Index least, Index most) {
  const auto check = [=](std::string& text) -> std::string {
    Index value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < least ||
        value > most) {
      return in_quotes(text) + " is not a whole number from " + std::to_string(least) + " to " +
             std::to_string(most);
    }
    text = std::to_string(value);  // CLI11 would take a leading 0 for octal
    return "";
  };
  return CLI::Validator(check, "");
}

CLI::Validator finite_number() {
  const auto check = [](std::string& text) -> std::string {
    float value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool good = !text.empty() && error == std::errc() && end == text.data() + text.size() &&
                      std::isfinite(value);
    return good ? "" : in_quotes(text) + " is not a finite number";
  };
  return CLI::Validator(check, "");
}

CLI::Validator some_path() {
  return CLI::Validator(
      [](std::string& text) { return std::string(text.empty() ? "the path is empty" : ""); }, "");
}

void require_distinct(const std::string& output, const std::vector<std::string>& inputs) {
  for (const std::string& input : inputs) {
    std::error_code ignored;
    if (output == input || std::filesystem::equivalent(output, input, ignored)) {
      throw Error(Fault::usage, "the output " + output + " is the input " + input);
    }
  }
}

void require_outputs(const std::vector<std::string>& outputs,
                     const std::vector<std::string>& inputs) {
  std::set<std::filesystem::path> seen;
  for (const std::string& output : outputs) {
    if (output.empty()) continue;
    require_distinct(output, inputs);
    require_creatable(output);
    if (!seen.insert(std::filesystem::weakly_canonical(output)).second) {
      throw Error(Fault::usage, "two outputs are to go to " + output);
    }
  }
}

void add_threads_option(CLI::App& app, CommonOptions& options) {
  app.add_option("--threads", options.threads, "Threads to use; 0 takes all cores")
      ->check(whole_number(0, 1024))
      ->capture_default_str();
}

void add_precision_option(CLI::App& app, CommonOptions& options) {
  app.add_option("--precision", options.precision,
                 "Value type of weights and sums: fp32, fp64, int32 or int64" +
                     std::string(options.precision.empty() ? "; default: the file's own" : ""))
      ->capture_default_str();
}

CLI::Option* add_json_option(CLI::App& app, CommonOptions& options) {
  return app.add_flag("--json", options.json, "Print a JSON record instead of text");
}

void add_tile_option(CLI::App& app, EngineOptions& options) {
  app.add_option("--tile", options.tile, "Samples a tile; 0 leaves the choice to the plan")
      ->check(whole_number(0, most_samples))
      ->capture_default_str();
}

void add_reduce_option(CLI::App& app, EngineOptions& options) {
  app.add_flag("!--no-reduce", options.reduce,
               "Compute equal neurons, equal samples and neurons that nobody reads each on its own "
               "(plan fused)");
}

void add_engine_options(CLI::App& app, EngineOptions& options) {
  app.add_flag("--profile", options.profile, "Print seconds, entries and live samples per layer");
  app.add_option("--plan", options.plan, "How layers are worked out: " + plan_list())
      ->capture_default_str();
  add_reduce_option(app, options);
  app.add_option("--memory-limit", options.memory_limit,
                 "The most memory that inference may hold, such as 12GiB; 0: no limit")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  add_precision_option(app, options);
  add_tile_option(app, options);
  add_threads_option(app, options);
}

void add_example(CLI::App& app, std::string_view example) {
  app.footer("Example:\n  " + std::string(example));
}

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw Error(Fault::io, "cannot write to the standard output");
  }
}

std::string number(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return text;
}

std::string grouped(Index value) {
  std::string digits = std::to_string(value);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

ProgressBar::ProgressBar() : terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void ProgressBar::show(const Progress& progress) {
  show(progress.layers_done, progress.layers, "layer",
       grouped(progress.live_samples) + " live, " + number(progress.edges_per_second, 2) +
           " edges/s, ",
       progress.seconds);
}

void ProgressBar::show(std::size_t done, std::size_t all, const char* what, const std::string& more,
                       double seconds) {
  if (!terminal_ || seconds < 2) return;
  shown_ = true;
  const double share = all == 0 ? 1 : double(done) / double(all);
  const int width = 30;
  const int filled = static_cast<int>(share * width);
  const double left = share > 0 ? seconds * (1 - share) / share : 0;
  std::fprintf(stderr, "\r[%s%s] %s %zu of %zu, %s%.0f s left\033[K",
               std::string(static_cast<std::size_t>(filled), '#').c_str(),
               std::string(static_cast<std::size_t>(width - filled), '.').c_str(), what, done, all,
               more.c_str(), left);
}

std::stop_token stop_on_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::stop_source source;
  std::thread([source, signals]() mutable {
    int signal = 0;
    sigwait(&signals, &signal);
    source.request_stop();
    // A signal to the process and to its group comes twice; that is one request.
    const timespec moment{0, 300'000'000};
    nanosleep(&moment, nullptr);
    const timespec none{0, 0};
    while (sigtimedwait(&signals, nullptr, &none) > 0) continue;
    sigwait(&signals, &signal);
    _exit(exit_code(Fault::interrupted));
  }).detach();
  return source.get_token();
}

InferenceOptions inference_options(const EngineOptions& options, ProgressBar& bar,
                                   const std::stop_token& stop) {
  InferenceOptions inference;
  inference.threads = options.threads;
  inference.tile = options.tile;
  inference.plan = plan_from_name(options.plan);
  inference.reduce = options.reduce;
  inference.memory_limit = options.memory_limit;
  inference.stop = stop;
  inference.on_progress = [&bar](const Progress& progress) { bar.show(progress); };
  return inference;
}

}  // namespace oscillon::cli
