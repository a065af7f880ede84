// The one clock: seconds since some moment.
#pragma once

#include <chrono>

namespace oscillon {

class Stopwatch {
 public:
  // Since it was made, or set back.
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  void restart() { start_ = std::chrono::steady_clock::now(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace oscillon
