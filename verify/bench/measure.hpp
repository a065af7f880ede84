// Timing: what is measured several times, and its median and spread.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "engine/base/clock.hpp"

namespace oscillon::bench {

// The least value that at least a share `q` of all do not exceed; 0 < q <= 1.
inline double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  const auto count = static_cast<double>(values.size());
  return values[static_cast<std::size_t>(std::max(std::ceil(q * count), 1.0)) - 1];
}

struct Times {
  std::string name;
  std::vector<double> seconds;

  template <class Run>
  void time(Run&& run) {
    const Stopwatch watch;
    run();
    seconds.push_back(watch.seconds());
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
