// Samples side by side in plain memory.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "oscillon/algebra/matrix.hpp"
#include "oscillon/base/checked.hpp"

namespace oscillon::tiles {

// One step of hashing: every bit of the old hash and of the new word counts.
inline std::uint64_t hashed(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9E3779B97F4A7C15;
  return hash ^ hash >> 32;
}

// Neurons of one rank that have the same value in every sample, because they have the same inputs,
// weights and bias; they are kept as one row of a block.
struct NeuronClasses {
  std::vector<std::uint32_t> of;     // neuron -> class
  std::vector<std::uint32_t> sizes;  // class -> neurons in it
};

// Rows of samples: row r holds the value of neuron, or class, r for each sample. A row begins at a
// multiple of 64 bytes and is filled up with zeros, so that a vector of any width can pass over it.
template <NetworkValue T>
class Block {
 public:
  static constexpr std::size_t alignment = 64;
  static constexpr Index lanes = alignment / sizeof(T);

  Block() = default;
  Block(Index rows, Index columns) { reshape(rows, columns); }
  Block(Block&& other) noexcept { swap(other); }
  Block& operator=(Block&& other) noexcept {
    swap(other);
    return *this;
  }

  // Room for so many rows and samples; what the values are is open. Memory is kept when there is
  // enough of it. What is not `padded` takes less, and no vector can pass over it.
  void reshape(Index rows, Index columns, bool padded = true) {
    rows_ = rows;
    columns_ = columns;
    stride_ = padded ? (columns + lanes - 1) / lanes * lanes : columns;
    is_padded_ = stride_ % lanes == 0;
    const Index wanted = checked_multiply(rows_, stride_, "values of a tile");
    if (wanted <= capacity_) return;
    values_.reset();
    capacity_ = 0;
    const Index bytes = checked_multiply(wanted, sizeof(T), "bytes of a tile");
    void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (memory == nullptr) throw std::bad_alloc();
    values_.reset(static_cast<T*>(memory));
    capacity_ = wanted;
  }

  void fill_with_zeros() {
    if (rows_ * stride_ > 0) std::memset(values_.get(), 0, rows_ * stride_ * sizeof(T));
  }

  // Hands the memory over, to be freed by std::free, and is empty then.
  T* release() {
    T* const memory = values_.release();
    *this = Block();
    return memory;
  }

  // Takes memory over that std::free frees, filled row after row. No vector can pass over it, for
  // it may begin anywhere.
  void adopt(T* memory, Index rows, Index stride, Index columns) {
    values_.reset(memory);
    rows_ = rows;
    columns_ = columns;
    stride_ = stride;
    capacity_ = rows * stride;
    is_padded_ = false;
  }

  // Asks for all values, in order, which is faster than to wait for each when it is needed.
  void prefetch() const {
    for (Index at = 0; at < rows_ * stride_; at += lanes) __builtin_prefetch(values_.get() + at);
  }

  Index rows() const { return rows_; }
  Index columns() const { return columns_; }
  Index stride() const { return stride_; }
  std::size_t bytes() const { return capacity_ * sizeof(T); }
  bool is_padded() const { return is_padded_; }

  T* row(Index r) { return values_.get() + r * stride_; }
  const T* row(Index r) const { return values_.get() + r * stride_; }

  void swap(Block& other) noexcept {
    std::swap(values_, other.values_);
    std::swap(rows_, other.rows_);
    std::swap(columns_, other.columns_);
    std::swap(stride_, other.stride_);
    std::swap(capacity_, other.capacity_);
    std::swap(is_padded_, other.is_padded_);
  }

 private:
  struct Free {
    void operator()(T* memory) const { std::free(memory); }
  };
  std::unique_ptr<T, Free> values_;
  Index rows_ = 0;
  Index columns_ = 0;
  Index stride_ = 0;
  Index capacity_ = 0;
  bool is_padded_ = true;
};

}  // namespace oscillon::tiles
