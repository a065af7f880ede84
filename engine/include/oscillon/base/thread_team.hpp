// A team of OpenMP threads that takes tasks one by one and carries an exception out.
#pragma once

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <string>
#include <type_traits>

#include "oscillon/base/error.hpp"

namespace oscillon {

// The number of threads a request stands for: itself, or all that OpenMP offers when it is 0.
// Throws Error(usage) for fewer than 0.
inline int thread_count(int requested) {
  if (requested < 0) {
    throw Error(Fault::usage, "the number of threads must be 0, for all there are, or more, not " +
                                  std::to_string(requested));
  }
  return requested > 0 ? requested : std::max(1, omp_get_max_threads());
}

// Threads for a step over `elements` elements: all (0), or one where starting a team would cost
// more.
inline int threads_for(std::size_t elements) {
  return elements < 10'000 ? 1 : 0;
}

// Runs task(i), or task(i, worker), for i = 0 … count - 1 on up to `threads` threads (0: all), each
// index once, in no particular order. `worker` is below the number of threads and not that of
// another task that runs at the same time: it tells tasks whose memory to work in. OpenMP's own
// number of a thread does not, for the team may be asked for from within a host's threads. An
// exception must not leave an OpenMP region, so the one with the lowest index is kept, no further
// tasks are begun, and it is thrown again here.
template <class Task>
void run_tasks(std::size_t count, int threads, Task&& task) {
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> workers{0};
  std::mutex mutex;
  std::exception_ptr failure;
  std::size_t failed_index = count;
  const auto work = [&] {
    [[maybe_unused]] const std::size_t worker = workers++;
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        if constexpr (std::is_invocable_v<Task&, std::size_t, std::size_t>) {
          task(i, worker);
        } else {
          task(i);
        }
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
