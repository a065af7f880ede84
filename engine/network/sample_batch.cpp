#include "oscillon/network/sample_batch.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "engine/base/checksum.hpp"

namespace oscillon {

template <NetworkValue T>
SampleBatch<T>::SampleBatch(Index neurons) : neurons_(neurons) {
  if (neurons > Index{1} << 32) {
    indices_.template emplace<2>();
  } else if (neurons > Index{1} << 16) {
    indices_.template emplace<1>();
  }
}

template <NetworkValue T>
SampleBatch<T>::SampleBatch(const Matrix<T>& Y0)
    : SampleBatch(Y0.compressed(Orientation::by_column)) {}

template <NetworkValue T>
SampleBatch<T>::SampleBatch(const Compressed<T>& arrays) : SampleBatch(arrays.rows) {
  reserve(arrays.columns, arrays.size());
  for (Index j = 0; j < arrays.columns; ++j) {
    const Index begin = arrays.offsets[j];
    const Index count = arrays.offsets[j + 1] - begin;
    append(std::span(arrays.indices).subspan(begin, count),
           std::span<const T>(arrays.values).subspan(begin, count));
  }
}

template <NetworkValue T>
void SampleBatch<T>::reserve(Index samples, Index entries) {
  offsets_.reserve(samples + 1);
  std::visit([&](auto& indices) { indices.reserve(entries); }, indices_);
}

template <NetworkValue T>
void SampleBatch<T>::append(std::span<const Index> neurons, std::span<const T> values) {
  add(neurons, values);
  offsets_.push_back(offsets_.back() + neurons.size());
}

template <NetworkValue T>
void SampleBatch<T>::append(std::span<const std::uint32_t> neurons, std::span<const T> values) {
  add(neurons, values);
  offsets_.push_back(offsets_.back() + neurons.size());
}

template <NetworkValue T>
void SampleBatch<T>::extend_last(std::span<const std::uint32_t> neurons,
                                 std::span<const T> values) {
  const Index begin = offsets_[samples() - 1];
  const Index end = offsets_.back();
  const Index last =
      begin == end || neurons.empty()
          ? 0
          : std::visit([&](const auto& held) { return Index{held[end - 1]}; }, indices_);
  if (begin != end && !neurons.empty() && neurons.front() <= last) {
    throw KeyError("the neurons of sample " + std::to_string(samples() - 1) + " must ascend");
  }
  add(neurons, values);
  offsets_.back() += neurons.size();
}

// The neurons and values of one sample, or of a part of one, at the end.
template <NetworkValue T>
template <class Number>
void SampleBatch<T>::add(std::span<const Number> neurons, std::span<const T> values) {
  if (values.size() != neurons.size() && values.size() != 1) {
    throw ShapeError("sample " + std::to_string(samples()) + " has " +
                     std::to_string(neurons.size()) + " neurons and " +
                     std::to_string(values.size()) + " values");
  }
  if (neurons.empty()) return;
  if (std::adjacent_find(neurons.begin(), neurons.end(), std::greater_equal<>()) != neurons.end() ||
      neurons.back() >= neurons_) {
    throw KeyError("the neurons of sample " + std::to_string(samples()) +
                   " must ascend and be below " + std::to_string(neurons_));
  }
  if (values_.empty()) values_.push_back(values.front());
  const Index held =
      std::visit([](const auto& indices) { return Index{indices.size()}; }, indices_);
  const bool one_value = values_.size() == 1 && std::all_of(values.begin(), values.end(),
                                                            [&](T v) { return v == values_[0]; });
  if (!one_value) {
    if (values_.size() == 1) values_.assign(held, T(values_[0]));
    if (values.size() == 1) {
      values_.insert(values_.end(), neurons.size(), values[0]);
    } else {
      values_.insert(values_.end(), values.begin(), values.end());
    }
  }
  std::visit(
      [&]<class I>(std::vector<I>& indices) {
        for (const Number neuron : neurons) indices.push_back(static_cast<I>(neuron));
      },
      indices_);
}

template <NetworkValue T>
std::size_t SampleBatch<T>::bytes() const {
  const std::size_t indices = std::visit(
      []<class I>(const std::vector<I>& held) { return held.capacity() * sizeof(I); }, indices_);
  return indices + offsets_.capacity() * sizeof(Index) + values_.capacity() * sizeof(T);
}

template <NetworkValue T>
Compressed<T> SampleBatch<T>::columns(Index first, Index last) const {
  Compressed<T> made;
  made.orientation = Orientation::by_column;
  made.rows = neurons_;
  made.columns = last - first;
  const Index begin = offsets_[first];
  const Index count = offsets_[last] - begin;
  made.offsets.resize(last - first + 1);
  for (Index j = first; j <= last; ++j) made.offsets[j - first] = offsets_[j] - begin;
  std::visit(
      [&](const auto& indices) {
        const auto from = indices.begin() + static_cast<std::ptrdiff_t>(begin);
        made.indices.assign(from, from + static_cast<std::ptrdiff_t>(count));
      },
      indices_);
  if (values_.size() == entries()) {
    const auto from = values_.begin() + static_cast<std::ptrdiff_t>(begin);
    made.values.assign(from, from + static_cast<std::ptrdiff_t>(count));
  } else {
    made.values.assign(count, values_.front());
  }
  return made;
}

template <NetworkValue T>
Matrix<T> SampleBatch<T>::matrix() const {
  return Matrix<T>::from_compressed(columns(0, samples()));
}

template <NetworkValue T>
void SampleBatch<T>::require_finite() const {
  if constexpr (std::is_floating_point_v<T>) {
    const auto finite = [](T value) { return std::isfinite(value); };
    if (std::all_of(values_.begin(), values_.end(), finite)) return;
    for (Index sample = 0; sample < samples(); ++sample) {
      for_each_entry(sample, [&](Index neuron, T value) {
        if (finite(value)) return;
        throw Error(Fault::bad_data, "the input of neuron " + std::to_string(neuron) +
                                         " for sample " + std::to_string(sample) +
                                         " (counted from 0) is not finite");
      });
    }
  }
}

template <NetworkValue T>
std::string SampleBatch<T>::checksum() const {
  Checksum checksum;
  const auto add = [&](const auto& array) {
    checksum.add({reinterpret_cast<const char*>(array.data()), array.size() * sizeof(array[0])});
  };
  add(std::array<Index, 2>{neurons_, values_.size()});
  add(offsets_);
  std::visit(add, indices_);
  add(values_);
  return checksum.hex();
}

#define OSCILLON_INSTANTIATE_SAMPLE_BATCH(T) template class SampleBatch<T>;
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_SAMPLE_BATCH)
#undef OSCILLON_INSTANTIATE_SAMPLE_BATCH

}  // namespace oscillon
