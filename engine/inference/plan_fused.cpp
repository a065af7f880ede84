#include "engine/inference/plan_fused.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

namespace oscillon {

namespace {

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

constexpr std::size_t most_rows_of_a_group = 8;

}  // namespace

template <NetworkValue T>
bool FusedPlan<T>::suits(const Layer<T>& layer) {
  constexpr Index most = std::numeric_limits<std::int32_t>::max();  // as counts are kept
  return layer.inputs() <= most && layer.outputs() <= most && layer.bias_rules_agree() &&
         layer.rules().cap.common();
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
  const FoundRows found =
      find_rows(*layer_, input_classes_.get(),
                drop_unread ? reader->rows().unread() : std::span<const Index>{}, reduce_);

  // Rows with the same inputs come together, and so do all of one degree: where it changes the
  // processor has to guess how often it loops.
  std::vector<std::uint32_t> order(found.rows.size());
  std::iota(order.begin(), order.end(), 0);
  const auto place_of = [&](std::uint32_t row) {
    const std::uint32_t list = found.rows[row].list;
    return std::pair(found.lists[list].size(), list);
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t x, std::uint32_t y) { return place_of(x) < place_of(y); });
  lay_out(found, order);
  if (!reduce_ && std::is_sorted(order.begin(), order.end())) return;

  auto classes = std::make_shared<NeuronClasses>();
  std::vector<std::uint32_t> place(order.size());
  for (std::uint32_t at = 0; at < order.size(); ++at) {
    place[order[at]] = at;
    classes->sizes.push_back(found.rows[order[at]].neurons);
  }
  for (const std::uint32_t row : found.row_of_output) classes->of.push_back(place[row]);
  classes_ = std::move(classes);
}

// Writes down what the kernel reads: rows in this order, those with the same inputs in groups.
template <NetworkValue T>
void FusedPlan<T>::lay_out(const FoundRows& found, std::span<const std::uint32_t> order) {
  const WeightRows<T>& weights = layer_->rows();
  const auto bias = layer_->bias();
  one_weight_ = weights.one_value() && found.lists.count() == order.size();
  if (one_weight_) {
    weights_.push_back(weights.values().front());
  } else {
    weights_.reserve(weights.edges());
  }
  least_bias_ = std::numeric_limits<double>::infinity();
  for (std::size_t at = 0; at < order.size();) {
    const std::uint32_t number = found.rows[order[at]].list;
    const auto list = found.lists[number];
    std::size_t alike = 1;
    while (at + alike < order.size() && alike < most_rows_of_a_group &&
           found.rows[order[at + alike]].list == number) {
      ++alike;
    }
    alike = std::bit_floor(alike);
    groups_.push_back({static_cast<std::uint32_t>(alike), static_cast<std::uint32_t>(list.size())});
    std::visit([&](auto& into) { into.insert(into.end(), list.begin(), list.end()); }, inputs_);
    const std::size_t first_weight = weights_.size();
    if (!one_weight_) weights_.resize(first_weight + alike * list.size());
    for (std::size_t r = 0; r < alike; ++r) {
      const Index output = found.rows[order[at + r]].output;
      bias_.push_back(output == BlockRow::nobody ? T(-1) : bias[output]);  // which leaves 0
      if (output == BlockRow::nobody) continue;
      least_bias_ = std::min(least_bias_, std::abs(static_cast<double>(bias[output])));
      if (one_weight_) continue;
      const auto own = weights_of(weights, output);
      for (std::size_t p = 0; p < list.size(); ++p) {
        weights_[first_weight + p * alike + r] = own.empty() ? weights.values().front() : own[p];
      }
    }
    at += alike;
  }
  std::visit([](auto& own) { own.resize(own.size() + fused::edges_ahead, 0); }, inputs_);
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
  least = std::min(least, layer_->bounds().ceiling);
  return std::isfinite(least) ? least : magnitudes.least;
}

template <NetworkValue T>
void FusedPlan<T>::operator()(const Block<T>& Y, const Magnitudes& magnitudes, Block<T>& next,
                              Entries& entries) const {
  next.reshape(rows(), Y.columns());
  entries.assign(next.stride() / Block<T>::lanes, {});
  if (entries.empty()) return;
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
  work.cap = layer_->rules().cap[0].value_or(std::numeric_limits<T>::max());
  work.sizes = classes_ ? classes_->sizes.data() : nullptr;
  work.Y = Y.row(0);
  work.next = next.row(0);
  work.stride = Y.stride();
  work.entries = entries.data()->counts;
  fused::kernels<T>().run_layer(work);
}

#define OSCILLON_INSTANTIATE_PLAN(T) template class FusedPlan<T>;
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_PLAN)
#undef OSCILLON_INSTANTIATE_PLAN

}  // namespace oscillon
