// The inputs of a large batch in little memory: for each sample the neurons that have an entry, and
// their values. 60,000 samples of 65,536 features, 392 million entries of value 1, take 0.8 GB here
// and 4.7 GB as a matrix.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "oscillon/algebra/matrix.hpp"

namespace oscillon {

template <NetworkValue T>
class SampleBatch {
 public:
  // No sample yet, of `neurons` neurons each.
  explicit SampleBatch(Index neurons = 0);

  // The samples in the columns of Y0 (neurons x samples).
  explicit SampleBatch(const Matrix<T>& Y0);
  explicit SampleBatch(const Compressed<T>& Y0);  // by column

  void reserve(Index samples, Index entries);

  // One more sample: its neurons, ascending, and their values; or one value for all of them.
  // Throws ShapeError when the lengths differ, KeyError when the neurons do not ascend within
  // the batch's.
  void append(std::span<const Index> neurons, std::span<const T> values);
  void append(std::span<const std::uint32_t> neurons, std::span<const T> values);

  // More neurons of the last sample, beyond those that it has.
  void extend_last(std::span<const std::uint32_t> neurons, std::span<const T> values);

  Index neurons() const { return neurons_; }
  Index samples() const { return offsets_.size() - 1; }
  Index entries() const { return offsets_.back(); }
  std::size_t bytes() const;  // of memory that it holds

  // Samples first … last - 1, by column.
  Compressed<T> columns(Index first, Index last) const;

  // All of them.
  Matrix<T> matrix() const;

  // How many entries a sample has.
  Index entries_of(Index sample) const { return offsets_[sample + 1] - offsets_[sample]; }

  // Calls visit(neuron, value) for the entries of a sample, by ascending neuron.
  template <class Visit>
  void for_each_entry(Index sample, Visit&& visit) const {
    const bool one_value = values_.size() != entries();
    std::visit(
        [&](const auto& indices) {
          for (Index p = offsets_[sample]; p < offsets_[sample + 1]; ++p) {
            visit(Index{indices[p]}, values_[one_value ? 0 : p]);
          }
        },
        indices_);
  }

  // The distinct values, or all of them: enough to see what values there are.
  std::span<const T> values() const { return values_; }

  // Throws Error(bad_data), naming neuron and sample, for a value that is not finite.
  void require_finite() const;

  // Of shape, neurons and values: XXH3 with 128 bits, in hexadecimal digits.
  std::string checksum() const;

 private:
  template <class Number>
  void add(std::span<const Number> neurons, std::span<const T> values);

  Index neurons_;
  std::vector<Index> offsets_{0};
  // The smallest type that holds a neuron's number.
  std::variant<std::vector<std::uint16_t>, std::vector<std::uint32_t>, std::vector<Index>> indices_;
  std::vector<T> values_;  // one, as long as all are equal
};

#define OSCILLON_EXTERN_SAMPLE_BATCH(T) extern template class SampleBatch<T>;
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_SAMPLE_BATCH)
#undef OSCILLON_EXTERN_SAMPLE_BATCH

}  // namespace oscillon
