#include "engine/inference/plan_fused.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#define XXH_INLINE_ALL
#include <xxhash.h>

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
fused::Kernel<T> fused_kernel() {
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

template <class Number>
std::uint64_t hash_of(std::span<const Number> numbers, std::uint64_t seed) {
  return XXH3_64bits_withSeed(numbers.data(), numbers.size_bytes(), seed);
}

template <class Number>
bool same_bits(std::span<const Number> a, std::span<const Number> b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

// Things numbered in the order in which they are first seen.
class FirstSeen {
 public:
  explicit FirstSeen(std::size_t most) : places_(std::bit_ceil(2 * most + 1), none) {}

  std::uint32_t count() const { return static_cast<std::uint32_t>(hashes_.size()); }

  // The number of the thing with this hash, for which is(number) holds; count() and a new one when
  // there is none.
  template <class Is>
  std::uint32_t find_or_add(std::uint64_t hash, Is&& is) {
    const std::size_t mask = places_.size() - 1;
    std::size_t place = hash & mask;
    for (; places_[place] != none; place = (place + 1) & mask) {
      const std::uint32_t number = places_[place];
      if (hashes_[number] == hash && is(number)) return number;
    }
    places_[place] = count();
    hashes_.push_back(hash);
    return places_[place];
  }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  std::vector<std::uint32_t> places_;
  std::vector<std::uint64_t> hashes_;
};

// Lists of inputs, each once, numbered in the order in which they are first seen.
class InputLists {
 public:
  explicit InputLists(std::size_t most) : seen_(most) {}

  std::uint32_t number_of(std::span<const std::uint32_t> inputs) {
    const std::uint32_t known = seen_.count();
    const std::uint32_t number = seen_.find_or_add(
        hash_of(inputs, 0),
        [&](std::uint32_t candidate) { return same_bits((*this)[candidate], inputs); });
    if (number == known) {
      inputs_.insert(inputs_.end(), inputs.begin(), inputs.end());
      begins_.push_back(inputs_.size());
    }
    return number;
  }

  std::span<const std::uint32_t> operator[](std::uint32_t number) const {
    return std::span(inputs_).subspan(begins_[number], begins_[number + 1] - begins_[number]);
  }

  std::uint32_t count() const { return seen_.count(); }

 private:
  FirstSeen seen_;
  std::vector<std::uint32_t> inputs_;
  std::vector<std::size_t> begins_{0};
};

constexpr Index nobody = ~Index{0};
constexpr std::size_t most_rows_of_a_group = 8;

// A row of a block of outputs.
struct Row {
  std::uint32_t list;     // of its inputs
  Index output;           // that it is made from, or `nobody` for those that are not read
  std::uint32_t neurons;  // how many outputs it stands for
};

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
  constexpr Index most = std::numeric_limits<std::uint32_t>::max();
  return layer.inputs() <= most && layer.outputs() <= most && !layer.bounds().wakes;
}

template <NetworkValue T>
FusedPlan<T>::FusedPlan(std::shared_ptr<const Layer<T>> layer,
                        std::shared_ptr<const NeuronClasses> inputs, bool reduce,
                        const Layer<T>* reader)
    : layer_(std::move(layer)), input_classes_(std::move(inputs)), reduce_(reduce) {
  const Index input_rows =
      input_classes_ ? input_classes_->sizes.size() : static_cast<Index>(layer_->inputs());
  if (input_rows > Index{1} << 16) inputs_.template emplace<1>();
  // A positive bias of the reader could wake a sample that lives in nothing but these neurons.
  const bool drop_unread = reduce_ && reader != nullptr && suits(*reader);
  take_rows(drop_unread ? reader->rows().unread() : std::span<const Index>{});
}

template <NetworkValue T>
void FusedPlan<T>::take_rows(std::span<const Index> unread) {
  const WeightRows<T>& weights = layer_->rows();
  const auto b = layer_->bias();
  const Index outputs = weights.outputs();
  const auto edges_of = [&](Index i, auto all) {
    return all.subspan(weights.offsets()[i], weights.offsets()[i + 1] - weights.offsets()[i]);
  };
  const auto weights_of = [&](Index i) {
    return weights.one_value() ? std::span<const T>{} : edges_of(i, weights.values());
  };

  InputLists lists(outputs + 1);
  FirstSeen kinds(outputs);
  std::vector<Row> rows;  // of each kind
  std::vector<std::uint32_t> row_of(outputs);
  std::vector<std::uint32_t> inputs;
  const auto take = [&](Index i, Index output) {
    const std::uint32_t list = lists.number_of(inputs);
    const auto is_equal = [&](const Row& row) {
      if (row.output == nobody || output == nobody) return row.output == output;
      return row.list == list && same_bits(b.subspan(row.output, 1), b.subspan(output, 1)) &&
             same_bits(weights_of(row.output), weights_of(output));
    };
    const std::uint64_t hash =
        output == nobody ? 0 : hash_of(weights_of(i), hash_of(b.subspan(i, 1), list));
    row_of[i] = static_cast<std::uint32_t>(rows.size());
    if (reduce_) {
      row_of[i] = kinds.find_or_add(hash, [&](std::uint32_t kind) { return is_equal(rows[kind]); });
    }
    if (row_of[i] == rows.size()) rows.push_back({list, output, 0});
    ++rows[row_of[i]].neurons;
  };
  auto skipped = unread.begin();
  weights.visit_inputs([&](const auto all) {
    for (Index i = 0; i < outputs; ++i) {
      if (skipped != unread.end() && *skipped == i) {
        ++skipped;
        inputs.clear();
        take(i, nobody);
        continue;
      }
      const auto own = edges_of(i, all);
      inputs.resize(own.size());
      if (input_classes_) {
        const std::uint32_t* const class_of = input_classes_->of.data();
        std::transform(own.begin(), own.end(), inputs.begin(),
                       [&](auto input) { return class_of[input]; });
      } else {
        std::copy(own.begin(), own.end(), inputs.begin());
      }
      take(i, i);
    }
  });

  // Those with the inputs of list 0, then those of list 1, …
  std::vector<std::uint32_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t x, std::uint32_t y) { return rows[x].list < rows[y].list; });
  const bool shared = lists.count() < rows.size();
  one_weight_ = weights.one_value() && !shared;
  if (one_weight_) weights_.push_back(weights.values().front());
  least_bias_ = std::numeric_limits<double>::infinity();
  for (std::size_t at = 0; at < order.size();) {
    const auto list = lists[rows[order[at]].list];
    std::size_t alike = 1;
    while (at + alike < order.size() && alike < most_rows_of_a_group &&
           rows[order[at + alike]].list == rows[order[at]].list) {
      ++alike;
    }
    alike = std::bit_floor(alike);
    groups_.push_back({static_cast<std::uint32_t>(alike), static_cast<std::uint32_t>(list.size())});
    std::visit(
        [&]<class I>(std::vector<I>& into) {
          for (const std::uint32_t input : list) into.push_back(static_cast<I>(input));
        },
        inputs_);
    if (!one_weight_) {
      for (std::size_t p = 0; p < list.size(); ++p) {
        for (std::size_t r = at; r < at + alike; ++r) {
          const Index output = rows[order[r]].output;
          weights_.push_back(weights.one_value() ? weights.values().front()
                                                 : weights_of(output)[p]);
        }
      }
    }
    for (std::size_t r = at; r < at + alike; ++r) {
      const Index output = rows[order[r]].output;
      bias_.push_back(output == nobody ? T(-1) : b[output]);  // which leaves 0
      if (output == nobody) continue;
      least_bias_ = std::min(least_bias_, std::abs(static_cast<double>(b[output])));
    }
    at += alike;
  }
  std::visit([](auto& own) { own.resize(own.size() + fused::edges_ahead, 0); }, inputs_);
  if (!reduce_ && !shared) return;

  auto classes = std::make_shared<NeuronClasses>();
  std::vector<std::uint32_t> place(rows.size());
  for (std::uint32_t at = 0; at < order.size(); ++at) {
    place[order[at]] = at;
    classes->sizes.push_back(rows[order[at]].neurons);
  }
  for (const std::uint32_t row : row_of) classes->of.push_back(place[row]);
  classes_ = std::move(classes);
}

// Scaling the sum gives the same bits when scaling is exact: no sum may leave T for being larger
// than the scaled one, and no term may be so small that its bits would be lost. (A sum of terms
// that are multiples of some unit is one too, or is rounded to one, however small it gets.)
template <NetworkValue T>
bool FusedPlan<T>::may_sum_first(const Magnitudes& magnitudes) const {
  if (!reduce_ || !one_weight_ || !scales_exactly<T>(weights_.front())) return false;
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
void FusedPlan<T>::operator()(const Block<T>& Y, const Magnitudes& magnitudes, Block<T>& next,
                              Entries& entries) const {
  next.reshape(rows(), Y.columns());
  entries.assign(next.stride() / Block<T>::lanes, {});
  fused::Work<T> work{};
  work.groups = groups_.data();
  work.group_count = groups_.size();
  work.wide_inputs = inputs_.index() == 1;
  work.inputs =
      std::visit([](const auto& inputs) -> const void* { return inputs.data(); }, inputs_);
  work.weights = weights_.data();
  work.one_weight = one_weight_;
  work.sum_first = may_sum_first(magnitudes);
  work.bias = bias_.data();
  work.cap = layer_->cap().value_or(std::numeric_limits<T>::max());
  work.sizes = classes_ ? classes_->sizes.data() : nullptr;
  work.Y = Y.row(0);
  work.next = next.row(0);
  work.stride = Y.stride();
  work.entries = entries.data()->counts;
  fused_kernel<T>()(work);
}

#define OSCILLON_INSTANTIATE_PLAN(T) template class FusedPlan<T>;
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_PLAN)
#undef OSCILLON_INSTANTIATE_PLAN

}  // namespace oscillon
