// A team of OpenMP threads that takes tasks one by one and carries an exception out.
#pragma once

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>

namespace oscillon {

// The number of threads a request stands for: itself, or all that OpenMP offers when it is 0.
inline int thread_count(int requested) {
  return requested > 0 ? requested : std::max(1, omp_get_max_threads());
}

// Threads for a step over `elements` elements: all (0), or one where starting a team would cost
// more.
inline int threads_for(std::size_t elements) {
  return elements < 10'000 ? 1 : 0;
}

// Runs task(i) for i = 0 … count - 1 on up to `threads` threads (0: all), each index once, in no
// particular order. An exception must not leave an OpenMP region, so the one with the lowest index
// is kept, no further tasks are begun, and it is thrown again here.
template <class Task>
void run_tasks(std::size_t count, int threads, Task&& task) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  std::size_t failed_index = count;
  const auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        task(i);
      } catch (...) {
        const std::lock_guard<std::mutex> lock(mutex);
        if (i < failed_index) {
          failed_index = i;
          failure = std::current_exception();
        }
        next = count;
      }
    }
  };
  const int team = static_cast<int>(std::min<std::size_t>(thread_count(threads), count));
  if (team <= 1) {
    work();
  } else {
#pragma omp parallel num_threads(team)
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace oscillon
