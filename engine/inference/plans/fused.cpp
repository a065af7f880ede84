// Plan `fused`: product, bias, activation and cap in one pass over a block of samples, in vectors
// across the samples. The weights are taken from the layer once, into a compact form.
//
// The numbers are those of plan `semiring`, bit for bit: each sum runs over ascending inputs, the
// products of missing entries add 0, and multiplication and addition round apart. What is missing
// is 0 in a block, so the plan is for rules that can tell what is there from values: `every_sample`
// and `nonzero` always can; `live_samples` once the dead are left out; `stored` where what is
// missing gets nothing, or where no 0 among the inputs is an entry, and then a sum of 0 is there if
// one of its inputs is not 0.
//
// Rows that have the same inputs stand together: what is read of the samples serves several of
// them.
//
// Three reductions change no bit of what later layers read. Equal rows, with the same bias, inputs
// of the same classes in the same order, and the same weights, are computed once: they are found by
// hashing and compared in full. Neurons that nobody reads are left at 0. Where all weights are one
// number by which multiplying is exact (a power of two, or whole numbers), the sum is scaled
// instead of its terms.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <variant>

#include "engine/inference/plans/fused_rows.hpp"
#include "engine/inference/plans/plan.hpp"

namespace oscillon::plans {

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

// Whether the plan gives a layer's answer where a 0 may be an entry of the inputs, and where dead
// samples are kept.
template <NetworkValue T>
bool suits(const Layer<T>& layer, const Surroundings& where) {
  constexpr Index most = std::numeric_limits<std::int32_t>::max();  // as counts are kept
  const LayerRules<T>& rules = layer.rules();
  if (layer.inputs() > most || layer.outputs() > most) return false;
  if (rules.product != Product::plus_times) return false;
  if (layer.bias_rules_agree()) return true;
  switch (rules.bias_on) {
    case BiasOn::every_sample:
    case BiasOn::nonzero:
      return true;
    case BiasOn::live_samples:
      return !where.keeps_dead;
    case BiasOn::stored:
      return layer.bounds().rectifies && !where.zeros_are_entries;
  }
  return false;
}

template <NetworkValue T>
class FusedStage : public Stage<T> {
 public:
  FusedStage(std::shared_ptr<const Layer<T>> layer, const Neighbours<T>& neighbours);

  void advance(Tile<T>& tile, const Expectation& expected, Workspace<T>& workspace) const override;
  Index rows() const override { return rules_.size(); }
  std::shared_ptr<const NeuronClasses> input_classes() const override { return input_classes_; }
  std::shared_ptr<const NeuronClasses> classes() const override { return classes_; }
  bool needs_live_columns() const override {
    return layer_->rules().bias_on == BiasOn::live_samples && !layer_->bias_rules_agree();
  }

 private:
  void lay_out(const FoundRows& found, std::span<const std::uint32_t> order);
  kernels::RowRule<T> rule_of(const BlockRow& row) const;
  bool may_sum_first(const Magnitudes& magnitudes) const;
  double least_after(const Magnitudes& magnitudes) const;

  std::shared_ptr<const Layer<T>> layer_;
  std::shared_ptr<const NeuronClasses> input_classes_;
  std::shared_ptr<const NeuronClasses> classes_;
  std::shared_ptr<const ZeroRows> zeros_;
  bool reduce_;
  std::vector<kernels::RowGroup> groups_;
  std::variant<std::vector<std::uint16_t>, std::vector<std::uint32_t>> inputs_;
  std::vector<T> weights_;  // as the kernel wants them
  bool one_weight_ = false;
  kernels::BiasAt bias_at_ = kernels::BiasAt::everywhere;
  std::vector<kernels::RowRule<T>> rules_;  // of each row
  double least_bias_ = 0;                   // in size
};

}  // namespace

template <NetworkValue T>
FusedStage<T>::FusedStage(std::shared_ptr<const Layer<T>> layer, const Neighbours<T>& neighbours)
    : layer_(std::move(layer)), input_classes_(neighbours.inputs), reduce_(neighbours.reduce) {
  const Index input_rows =
      input_classes_ ? input_classes_->sizes.size() : static_cast<Index>(layer_->inputs());
  if (input_rows > Index{1} << 16) inputs_.template emplace<1>();
  const Layer<T>* const reader = neighbours.reader;
  // A reader that adds its bias to every neuron of a live sample could wake one that lives in
  // nothing but neurons without a reader.
  const bool drop_unread =
      reduce_ && reader != nullptr &&
      (reader->bias_rules_agree() || reader->rules().bias_on != BiasOn::live_samples);
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
  if (!layer_->bias_rules_agree() && layer_->rules().bias_on == BiasOn::nonzero) {
    bias_at_ = kernels::BiasAt::nonzero_sums;
  } else if (!layer_->bias_rules_agree() && layer_->rules().bias_on == BiasOn::stored) {
    bias_at_ = kernels::BiasAt::fed;
  }
  const auto is_entry = [](const kernels::RowRule<T>& rule) { return rule.zero_is_entry; };
  if (std::any_of(rules_.begin(), rules_.end(), is_entry)) {
    ZeroRows marks;
    for (const kernels::RowRule<T>& rule : rules_) marks.push_back(is_entry(rule) ? 1 : 0);
    zeros_ = std::make_shared<const ZeroRows>(std::move(marks));
  }
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
void FusedStage<T>::lay_out(const FoundRows& found, std::span<const std::uint32_t> order) {
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
      rules_.push_back(rule_of(found.rows[order[at + r]]));
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
  std::visit([](auto& own) { own.resize(own.size() + kernels::edges_ahead, 0); }, inputs_);
}

template <NetworkValue T>
kernels::RowRule<T> FusedStage<T>::rule_of(const BlockRow& row) const {
  constexpr T greatest = std::numeric_limits<T>::max();
  if (row.output == BlockRow::nobody) return {T(0), T(0), T(0), row.neurons, false};
  const LayerRules<T>& rules = layer_->rules();
  const bool rectifies = rules.activation[row.output] == Activation::relu;
  return {layer_->bias()[row.output], rectifies ? T(0) : std::numeric_limits<T>::lowest(),
          rules.cap[row.output].value_or(greatest), row.neurons,
          !rectifies && rules.bias_on != BiasOn::nonzero};
}

// Scaling the sum gives the same bits when scaling is exact: no sum may leave T for being larger
// than the scaled one, and no term may be so small that its bits would be lost. (A sum of terms
// that are multiples of some unit is one too, or is rounded to one, however small it gets.)
template <NetworkValue T>
bool FusedStage<T>::may_sum_first(const Magnitudes& magnitudes) const {
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
double FusedStage<T>::least_after(const Magnitudes& magnitudes) const {
  if constexpr (std::is_integral_v<T>) return 1;
  double least = least_bias_ * std::ldexp(1.0, -std::numeric_limits<T>::digits - 1);
  least = std::min(least, layer_->bounds().ceiling);
  return std::isfinite(least) ? least : magnitudes.least;
}

template <NetworkValue T>
void FusedStage<T>::advance(Tile<T>& tile, const Expectation&, Workspace<T>& workspace) const {
  constexpr Index lanes = Block<T>::lanes;
  const Block<T>& Y = tile.block;
  Block<T>& next = workspace.spare;
  next.reshape(rows(), Y.columns());
  workspace.counts.assign(next.stride() / lanes, {});
  if (!workspace.counts.empty()) {
    kernels::Work<T> work{};
    work.groups = groups_.data();
    work.group_count = groups_.size();
    work.wide_inputs = inputs_.index() == 1;
    work.inputs =
        std::visit([](const auto& inputs) -> const void* { return inputs.data(); }, inputs_);
    work.weights = weights_.data();
    work.one_weight = one_weight_;
    work.sum_first = may_sum_first(tile.magnitudes);
    work.rules = rules_.data();
    work.bias_at = bias_at_;
    work.Y = Y.row(0);
    work.next = next.row(0);
    work.stride = Y.stride();
    work.entries = workspace.counts.data()->counts;
    kernels::chosen<T>().run_layer(work);
  }
  std::swap(tile.block, next);
  tile.classes = classes_;
  tile.zeros = zeros_;
  tile.magnitudes.least = least_after(tile.magnitudes);
  for (Index j = 0; j < tile.samples.size(); ++j) {
    tile.entries[j] = static_cast<Index>(workspace.counts[j / lanes].counts[j % lanes]);
  }
}

template <NetworkValue T>
double cost(const Work<T>& work) {
  // One that is as narrow as can be and still takes too much memory is not chosen.
  constexpr double most_block_bytes = 64.0 * (1 << 20);
  if (static_cast<double>(work.widest()) * Block<T>::lanes * sizeof(T) > most_block_bytes) {
    return never;
  }
  // Of the neurons that are read: what is sparse for lying among many others makes as much work.
  const Layer<T>& first = *work.layers.front();
  return block_density * static_cast<double>(work.alive.live_samples) *
         static_cast<double>(first.inputs() - first.rows().unread().size());
}

template <NetworkValue T>
PlanRow<T> fused_plan() {
  return {
      .form = Form::block,
      .suits = suits<T>,
      .cost = cost<T>,
      .prepare = [](std::shared_ptr<const Layer<T>> layer,
                    const Neighbours<T>& neighbours) -> std::shared_ptr<const Stage<T>> {
        return std::make_shared<FusedStage<T>>(std::move(layer), neighbours);
      },
      .samples_of_a_tile = [](const Work<T>&, Index rows) { return samples_of_a_block<T>(rows); }};
}

#define OSCILLON_INSTANTIATE_PLAN(T) template PlanRow<T> fused_plan<T>();
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_PLAN)
#undef OSCILLON_INSTANTIATE_PLAN

}  // namespace oscillon::plans
