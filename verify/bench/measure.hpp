// Timing: what is measured several times, and its median and spread.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace oscillon::bench {

struct Times {
  std::string name;
  std::vector<double> seconds;

  template <class Run>
  void time(Run&& run) {
    const auto start = std::chrono::steady_clock::now();
    run();
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }

  double median() const {
    std::vector<double> sorted = seconds;
    std::sort(sorted.begin(), sorted.end());
    const std::size_t middle = sorted.size() / 2;
    return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
  double least() const { return *std::min_element(seconds.begin(), seconds.end()); }
  double most() const { return *std::max_element(seconds.begin(), seconds.end()); }
};

}  // namespace oscillon::bench
