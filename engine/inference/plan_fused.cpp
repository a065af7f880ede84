#include "engine/inference/plan_fused.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "engine/inference/fused_kernel.hpp"

namespace oscillon {

namespace {

enum class Processor { avx512, avx2, portable };

Processor processor() {
#ifdef __x86_64__
  static const Processor known = [] {
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
      return Processor::avx512;
    }
    return __builtin_cpu_supports("avx2") ? Processor::avx2 : Processor::portable;
  }();
  return known;
#else
  return Processor::portable;
#endif
}

template <NetworkValue T>
fused::Kernel<T> kernel() {
  switch (processor()) {
    case Processor::avx512:
      return fused::kernel_avx512<T>();
    case Processor::avx2:
      return fused::kernel_avx2<T>();
    case Processor::portable:
      break;
  }
  return fused::kernel_portable<T>();
}

template <NetworkValue T>
std::uint64_t bits_of(T value) {
  if constexpr (sizeof(T) == sizeof(std::uint32_t)) {
    return std::bit_cast<std::uint32_t>(value);
  } else {
    return std::bit_cast<std::uint64_t>(value);
  }
}

// Whether multiplying by this number is exact, overflow and underflow aside.
template <NetworkValue T>
bool scales_exactly(T weight) {
  if constexpr (std::is_integral_v<T>) {
    return true;
  } else {
    int exponent = 0;
    return std::abs(std::frexp(weight, &exponent)) == T(0.5);
  }
}

std::uint32_t class_of(const NeuronClasses* classes, Index neuron) {
  return classes == nullptr ? static_cast<std::uint32_t>(neuron) : classes->of[neuron];
}

}  // namespace

std::string_view fused_kernel_name() {
  switch (processor()) {
    case Processor::avx512:
      return "avx512";
    case Processor::avx2:
      return "avx2";
    case Processor::portable:
      break;
  }
  return "portable";
}

template <NetworkValue T>
bool FusedPlan<T>::suits(const Layer<T>& layer) {
  const auto b = layer.bias();
  constexpr Index most = std::numeric_limits<std::uint32_t>::max();
  return layer.inputs() <= most && layer.outputs() <= most &&
         std::none_of(b.begin(), b.end(), [](T value) { return value > T(0); });
}

template <NetworkValue T>
FusedPlan<T>::FusedPlan(std::shared_ptr<const Layer<T>> layer,
                        std::shared_ptr<const NeuronClasses> classes, bool reduce)
    : layer_(std::move(layer)), reduce_(reduce) {
  const Compressed<T> columns = layer_->weights().compressed(Orientation::by_column);
  const bool one_weight =
      !columns.values.empty() && std::adjacent_find(columns.values.begin(), columns.values.end(),
                                                    std::not_equal_to<>()) == columns.values.end();
  if (one_weight) weights_.push_back(columns.values.front());
  if (reduce_) {
    take_equal_rows_once(columns, classes.get());
  } else {
    take_rows(columns, classes.get());
  }
  least_bias_ = std::numeric_limits<double>::infinity();
  for (const T b : bias_) {
    least_bias_ = std::min(least_bias_, std::abs(static_cast<double>(b)));
  }
}

// Every row on its own.
template <NetworkValue T>
void FusedPlan<T>::take_rows(const Compressed<T>& columns, const NeuronClasses* inputs) {
  const auto b = layer_->bias();
  bias_.assign(b.begin(), b.end());
  begins_.assign(columns.rows + 1, 0);
  for (const Index row : columns.indices) ++begins_[row + 1];
  std::partial_sum(begins_.begin(), begins_.end(), begins_.begin());
  std::vector<std::size_t> place(begins_.begin(), begins_.end() - 1);
  const bool one_weight = weights_.size() == 1 && !columns.values.empty();
  inputs_.resize(columns.size());
  if (!one_weight) weights_.resize(columns.size());
  for (Index k = 0; k < columns.columns; ++k) {
    const std::uint32_t input = class_of(inputs, k);
    for (Index p = columns.offsets[k]; p < columns.offsets[k + 1]; ++p) {
      const std::size_t at = place[columns.indices[p]]++;
      inputs_[at] = input;
      if (!one_weight) weights_[at] = columns.values[p];
    }
  }
}

// Rows with equal inputs, weights and bias once. The columns are passed over three times, each time
// from the first to the last entry: to hash the rows, to take the first row of each hash, and to
// compare every row with the one taken for it.
template <NetworkValue T>
void FusedPlan<T>::take_equal_rows_once(const Compressed<T>& columns, const NeuronClasses* inputs) {
  const Index outputs = columns.rows;
  const bool one_weight = weights_.size() == 1;
  const auto b = layer_->bias();
  const auto for_each_entry = [&](auto&& visit) {
    for (Index k = 0; k < columns.columns; ++k) {
      const std::uint32_t input = class_of(inputs, k);
      for (Index p = columns.offsets[k]; p < columns.offsets[k + 1]; ++p) {
        visit(columns.indices[p], input, columns.values[p]);
      }
    }
  };

  std::vector<std::uint64_t> hash(outputs);
  std::vector<std::uint32_t> degree(outputs, 0);
  for (Index i = 0; i < outputs; ++i) hash[i] = hashed(0, bits_of(b[i]));
  if (one_weight) {
    for_each_entry([&](Index i, std::uint32_t input, T) {
      hash[i] = hashed(hash[i], input);
      ++degree[i];
    });
  } else {
    for_each_entry([&](Index i, std::uint32_t input, T weight) {
      hash[i] = hashed(hashed(hash[i], input), bits_of(weight));
      ++degree[i];
    });
  }

  auto classes = std::make_shared<NeuronClasses>();
  classes->of.resize(outputs);
  std::vector<Index> first;  // row of each class
  std::unordered_map<std::uint64_t, std::uint32_t> class_of_hash;
  const auto take = [&](Index i) {
    const auto made = static_cast<std::uint32_t>(first.size());
    first.push_back(i);
    classes->sizes.push_back(0);
    return made;
  };
  for (Index i = 0; i < outputs; ++i) {
    const auto [found, is_new] =
        class_of_hash.try_emplace(hash[i], static_cast<std::uint32_t>(first.size()));
    if (is_new) {
      take(i);
    } else if (degree[first[found->second]] != degree[i] ||
               bits_of(b[first[found->second]]) != bits_of(b[i])) {
      classes->of[i] = take(i);  // equal hashes of different rows
      continue;
    }
    classes->of[i] = found->second;
  }

  const auto lay_out = [&] {
    begins_.assign(1, 0);
    bias_.clear();
    for (const Index row : first) {
      begins_.push_back(begins_.back() + degree[row]);
      bias_.push_back(b[row]);
    }
    inputs_.resize(begins_.back());
    if (!one_weight) weights_.resize(begins_.back());
    std::vector<std::size_t> place(begins_.begin(), begins_.end() - 1);
    for_each_entry([&](Index i, std::uint32_t input, T weight) {
      const std::uint32_t c = classes->of[i];
      if (first[c] != i) return;
      inputs_[place[c]] = input;
      if (!one_weight) weights_[place[c]] = weight;
      ++place[c];
    });
  };
  lay_out();

  std::vector<std::uint32_t> seen(outputs, 0);
  std::vector<std::uint8_t> differs(outputs, 0);
  for_each_entry([&](Index i, std::uint32_t input, T weight) {
    const std::size_t at = begins_[classes->of[i]] + seen[i]++;
    differs[i] |= inputs_[at] != input || (!one_weight && bits_of(weights_[at]) != bits_of(weight));
  });
  bool some_differ = false;
  for (Index i = 0; i < outputs; ++i) {
    if (differs[i] == 0) continue;
    classes->of[i] = take(i);
    some_differ = true;
  }
  if (some_differ) lay_out();
  for (Index i = 0; i < outputs; ++i) ++classes->sizes[classes->of[i]];
  classes_ = std::move(classes);
}

// Scaling the sum gives the same bits when scaling is exact: no sum may leave T for being larger
// than the scaled one, and no term may be so small that its bits would be lost. (A sum of terms
// that are multiples of some unit is one too, or is rounded to one, however small it gets.)
template <NetworkValue T>
bool FusedPlan<T>::may_sum_first(const Magnitudes& magnitudes) const {
  if (!reduce_ || weights_.size() != 1 || !scales_exactly<T>(weights_.front())) return false;
  const double weight = std::abs(static_cast<double>(weights_.front()));
  if (weight == 0) return false;
  const double greatest = layer_->bounds().gain / weight * magnitudes.greatest;
  if (!(greatest < 0.99 * static_cast<double>(std::numeric_limits<T>::max()))) return false;
  if constexpr (std::is_integral_v<T>) return true;
  return magnitudes.least * std::min(weight, 1.0) >=
         static_cast<double>(std::numeric_limits<T>::min());
}

// y = z + b, b not 0, is a multiple of half the unit in the last place of b, or greater than half
// of b.
template <NetworkValue T>
double FusedPlan<T>::least_after(const Magnitudes& magnitudes) const {
  if constexpr (std::is_integral_v<T>) return 1;
  double least = least_bias_ * std::ldexp(1.0, -std::numeric_limits<T>::digits - 1);
  if (layer_->cap()) least = std::min(least, static_cast<double>(*layer_->cap()));
  return std::isfinite(least) ? least : magnitudes.least;
}

template <NetworkValue T>
void FusedPlan<T>::operator()(const Block<T>& Y, const Magnitudes& magnitudes,
                              Block<T>& next) const {
  next.reshape(rows(), Y.columns());
  fused::Work<T> work{};
  work.rows = rows();
  work.begins = begins_.data();
  work.inputs = inputs_.data();
  work.weights = weights_.data();
  work.one_weight = weights_.size() == 1;
  work.sum_first = may_sum_first(magnitudes);
  work.bias = bias_.data();
  work.capped = layer_->cap().has_value();
  work.cap = layer_->cap().value_or(T(0));
  work.Y = Y.row(0);
  work.next = next.row(0);
  work.stride = Y.stride();
  kernel<T>()(work);
}

#define OSCILLON_INSTANTIATE_PLAN(T) template class FusedPlan<T>;
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_PLAN)
#undef OSCILLON_INSTANTIATE_PLAN

}  // namespace oscillon
