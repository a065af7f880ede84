// Drawing through the program gnuplot.
#pragma once

#include <string>
#include <string_view>

namespace oscillon::figures {

// A figure that appears under its name complete, or not at all.
class Gnuplot {
 public:
  // `path` ends in .svg or .png; else Error(usage). Throws Error(cannot_create) when no file can be
  // made there.
  explicit Gnuplot(const std::string& path, int width = 800, int height = 600);

  // A block of data that the script calls $name: points, a line each.
  void data(std::string_view name, std::string_view text);

  // Runs gnuplot with `script`. Throws Error(io) when gnuplot is not there or does not draw.
  void draw(std::string_view script);

 private:
  std::string path_;
  std::string script_;
};

// Text as a string of gnuplot's.
std::string gnuplot_string(std::string_view text);

// The same for a label at a tic, where gnuplot would take a % for a format.
std::string gnuplot_label(std::string_view text);

}  // namespace oscillon::figures
