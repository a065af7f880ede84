// Layers one after another, the next ones being fetched while the current ones are worked on.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "oscillon/network/layer_source.hpp"

namespace oscillon::run {

// About what a layer takes in memory, and again for a plan of it; without a matrix.
template <NetworkValue T>
std::size_t bytes_of(const Layer<T>& layer) {
  return 2 * (layer.rows().bytes() + layer.outputs() * sizeof(T));
}

template <NetworkValue T>
class LayerQueue {
 public:
  // From layer `first` on; layers that wait to be taken hold at most `most_bytes`, or are one. A
  // source whose layers stand in memory needs no queue and gets no thread.
  LayerQueue(const LayerSource<T>& source, std::size_t first, std::size_t most_bytes)
      : source_(source), next_(first), most_bytes_(most_bytes) {
    if (!source.in_memory() && first < source.depth()) {
      fetcher_ = std::jthread([this](const std::stop_token& stop) { fetch(stop); });
    }
  }
  ~LayerQueue() {
    fetcher_.request_stop();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
  }
  LayerQueue(const LayerQueue&) = delete;
  LayerQueue& operator=(const LayerQueue&) = delete;

  // The next layer. Throws what the source threw in its place.
  std::shared_ptr<const Layer<T>> take() {
    if (!fetcher_.joinable()) return source_.layer(next_++);
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return !waiting_.empty() || failure_; });
    if (waiting_.empty()) std::rethrow_exception(failure_);
    auto layer = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= bytes_of(*layer);
    changed_.notify_all();
    return layer;
  }

 private:
  void fetch(const std::stop_token& stop) {
    try {
      for (; next_ < source_.depth() && !stop.stop_requested(); ++next_) {
        auto layer = source_.layer(next_);
        std::unique_lock<std::mutex> lock(mutex_);
        waiting_bytes_ += bytes_of(*layer);
        waiting_.push_back(std::move(layer));
        changed_.notify_all();
        changed_.wait(lock,
                      [&] { return stopped_ || waiting_.empty() || waiting_bytes_ < most_bytes_; });
      }
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex_);
      failure_ = std::current_exception();
      changed_.notify_all();
    }
  }

  const LayerSource<T>& source_;
  std::size_t next_;
  std::size_t most_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<const Layer<T>>> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool stopped_ = false;
  std::exception_ptr failure_;
  std::jthread fetcher_;  // the last member: it uses the others
};

}  // namespace oscillon::run
