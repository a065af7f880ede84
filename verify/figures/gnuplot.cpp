#include "verify/figures/gnuplot.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>

#include "engine/io/atomic_file.hpp"
#include "oscillon/base/error.hpp"
#include "verify/conformance/process.hpp"

namespace oscillon::figures {

namespace {

std::string extension_of(const std::string& path) {
  return std::filesystem::path(path).extension().string();
}

}  // namespace

Gnuplot::Gnuplot(const std::string& path, int width, int height) : path_(path) {
  const std::string extension = extension_of(path);
  if (extension != ".svg" && extension != ".png") {
    throw Error(Fault::usage,
                "figures are drawn as .svg or .png, and " + in_quotes(path) + " is neither");
  }
  require_creatable(path);
  // Of the terminals for .png the one with dashed lines.
  script_ = std::string("set terminal ") + (extension == ".png" ? "pngcairo" : "svg") + " size " +
            std::to_string(width) + "," + std::to_string(height) + " noenhanced\n";
}

void Gnuplot::data(std::string_view name, std::string_view text) {
  script_.append("$").append(name).append(" << END_OF_DATA\n").append(text);
  if (!text.empty() && text.back() != '\n') script_ += '\n';
  script_ += "END_OF_DATA\n";
}

void Gnuplot::draw(std::string_view script) {
  const std::string part = path_ + "." + std::to_string(getpid()) + ".part";
  const std::string whole = script_ + "set output " + gnuplot_string(part) + "\n" +
                            std::string(script) + "\nunset output\n";
  const auto fail = [&](const std::string& why) {
    unlink(part.c_str());
    throw Error(Fault::io, "cannot draw " + path_ + ": " + why);
  };
  // The script goes in by a file: gnuplot may end before it has read a pipe.
  std::string script_path = "/tmp/oscillon-" + std::string(6, 'X');  // as mkstemp wants it
  const int descriptor = mkstemp(script_path.data());
  const bool is_written = descriptor >= 0 && write(descriptor, whole.data(), whole.size()) ==
                                                 static_cast<ssize_t>(whole.size());
  if (descriptor >= 0) close(descriptor);
  conformance::ProcessResult result;
  if (is_written) {
    constexpr std::chrono::minutes patience{10};
    result = conformance::run_shell("exec gnuplot " + script_path, patience);
  }
  unlink(script_path.c_str());
  if (!is_written) fail("the script cannot be written");
  if (result.code == 127) fail("there is no gnuplot; install it (Debian: gnuplot-nox)");
  if (result.code != 0 || !std::filesystem::exists(part))
    fail("gnuplot failed: " + result.last_words);
  if (std::rename(part.c_str(), path_.c_str()) != 0) fail(std::strerror(errno));
}

std::string gnuplot_string(std::string_view text) {
  // Single quotes: in double ones gnuplot would run what stands between backticks.
  std::string made = "'";
  for (const char c : text) {
    if (c == '\'') made += '\'';
    made += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  }
  return made + "'";
}

std::string gnuplot_label(std::string_view text) {
  std::string made;
  for (const char c : text) made.append(c == '%' ? 2 : 1, c);
  return gnuplot_string(made);
}

}  // namespace oscillon::figures
