// Plan `semiring`: one layer as the paper writes it, Y <- W Y (x) B (+) 0, where W Y is over the
// semiring plus-times and (x), (+) are those of max-plus; and the same with the other rules that a
// layer may have. The plan suits every layer.
#include <cmath>
#include <limits>
#include <string>

#include "engine/inference/plans/plan.hpp"
#include "oscillon/algebra/semiring.hpp"

namespace oscillon::plans {

namespace {

template <NetworkValue T>
Matrix<T> sparse_columns(Index rows, Index columns) {
  Matrix<T> made(rows, columns, Orientation::by_column);
  made.keep_sparse();
  return made;
}

// Whether a layer gives values to every neuron of a sample.
template <NetworkValue T>
bool fills_samples(const Layer<T>& layer) {
  const BiasOn rule = layer.rules().bias_on;
  return (rule == BiasOn::live_samples || rule == BiasOn::every_sample) &&
         !layer.bias_rules_agree();
}

template <NetworkValue T>
void require_finite(const Matrix<T>& Z) {
  if constexpr (std::is_floating_point_v<T>) {
    const Compressed<T> arrays = Z.compressed(Orientation::by_column);
    for (Index column = 0; column < arrays.columns; ++column) {
      for (Index p = arrays.offsets[column]; p < arrays.offsets[column + 1]; ++p) {
        if (!std::isfinite(arrays.values[p])) {
          throw NotFinite{arrays.indices[p], column};
        }
      }
    }
  }
}

template <NetworkValue T>
class SemiringStage : public Stage<T> {
 public:
  explicit SemiringStage(std::shared_ptr<const Layer<T>> layer);

  void advance(Tile<T>& tile, const Expectation& expected, Workspace<T>&) const override {
    tile.Y = answer(tile.Y, expected.watch);
    tile.magnitudes.least = 0;
  }
  Index rows() const override { return layer_->outputs(); }

 private:
  Matrix<T> answer(const Matrix<T>& Y, bool watch) const;
  Matrix<T> product(const Matrix<T>& Y) const;
  void add_bias(Matrix<T>& Z, const Matrix<T>& Y) const;
  Matrix<T> activated(Matrix<T> V) const;
  Matrix<T> capped(Matrix<T> Y) const;

  std::shared_ptr<const Layer<T>> layer_;
  Matrix<T> bias_;  // stored, nonzero: b on a diagonal; live_samples, every_sample: as a column
  Matrix<T> kept_;  // 1 on the diagonal of the rows without ReLU, where not all are alike
  Matrix<T> caps_;  // the cap of each row on a diagonal, where not all are alike
};

template <NetworkValue T>
SemiringStage<T>::SemiringStage(std::shared_ptr<const Layer<T>> layer) : layer_(std::move(layer)) {
  const auto b = layer_->bias();
  const LayerRules<T>& rules = layer_->rules();
  const auto on_diagonal = [](std::span<const T> values) {
    Matrix<T> made = Matrix<T>::diagonal(values);
    made.keep_sparse();
    made.finish();
    return made;
  };
  if (rules.bias_on == BiasOn::stored || rules.bias_on == BiasOn::nonzero) {
    bias_ = on_diagonal(b);
  } else {
    Triples<T> column;
    for (Index i = 0; i < b.size(); ++i) column.add(i, 0, b[i]);
    bias_ = Matrix<T>::build(b.size(), 1, column, Collision::none, Orientation::by_column);
    bias_.keep_sparse();
    bias_.finish();
  }
  if (!rules.activation.common()) {
    Triples<T> rows;
    for (Index i = 0; i < b.size(); ++i) {
      if (rules.activation[i] == Activation::none) rows.add(i, i, T(1));
    }
    kept_ = Matrix<T>::build(b.size(), b.size(), rows, Collision::none, Orientation::by_column);
    kept_.keep_sparse();
    kept_.finish();
  }
  if (!rules.cap.common()) {
    std::vector<T> caps;
    for (Index i = 0; i < b.size(); ++i) {
      caps.push_back(rules.cap[i].value_or(std::numeric_limits<T>::max()));
    }
    caps_ = on_diagonal(caps);
  }
}

// Z = W Y, over the layer's semiring. Gustavson's method adds up each entry over the k of the
// column of Y as they are stored, and they are sorted: the order of a sum depends on neuron and
// sample alone.
template <NetworkValue T>
Matrix<T> SemiringStage<T>::product(const Matrix<T>& Y) const {
  using G = GraphblasType<T>;
  const Matrix<T>& W = layer_->weights();
  const bool adds = layer_->rules().product == Product::plus_times;
  const GrB_Semiring semiring = adds ? PlusTimes::graphblas<T>() : MaxPlus::graphblas<T>();
  Matrix<T> Z = sparse_columns<T>(W.rows(), Y.columns());
  const auto multiply = [&](const Matrix<T>& inputs) {
    check(GrB_mxm(Z.handle(), nullptr, nullptr, semiring, W.handle(), inputs.handle(),
                  sorted_product(ProductMethod::gustavson)),
          "W Y", {Z.handle(), W.handle(), inputs.handle()});
  };
  if (adds || layer_->rules().bias_on != BiasOn::every_sample) {
    multiply(Y);
    return Z;
  }
  // What is missing is the number 0, which a maximum is not indifferent to.
  Matrix<T> zeros(Y.rows(), Y.columns(), Orientation::by_column);
  check(G::assign_scalar(zeros.handle(), nullptr, nullptr, T(0), GrB_ALL, Y.rows(), GrB_ALL,
                         Y.columns(), nullptr),
        "fill a tile", {zeros.handle()});
  Matrix<T> filled = sparse_columns<T>(Y.rows(), Y.columns());
  check(GrB_Matrix_eWiseAdd_BinaryOp(filled.handle(), nullptr, nullptr, G::second(), zeros.handle(),
                                     Y.handle(), nullptr),
        "fill a tile", {filled.handle(), zeros.handle(), Y.handle()});
  multiply(filled);
  return Z;
}

template <NetworkValue T>
void SemiringStage<T>::add_bias(Matrix<T>& Z, const Matrix<T>& Y) const {
  using G = GraphblasType<T>;
  const BiasOn rule = layer_->rules().bias_on;
  Matrix<T> biased = sparse_columns<T>(Z.rows(), Z.columns());
  if (rule == BiasOn::stored || rule == BiasOn::nonzero) {
    if (rule == BiasOn::nonzero) {
      check(
          G::select(Z.handle(), nullptr, nullptr, G::value_not_equal(), Z.handle(), T(0), nullptr),
          "drop sums of 0", {Z.handle()});
    }
    // Z (x) B over max-plus, B having the pattern of Z: the product of b on a diagonal with Z.
    check(GrB_mxm(biased.handle(), nullptr, nullptr, MaxPlus::graphblas<T>(), bias_.handle(),
                  Z.handle(), nullptr),
          "add the bias", {biased.handle(), bias_.handle(), Z.handle()});
    Z = std::move(biased);
    return;
  }
  // B = b |1^T Y|_0, or b 1^T for every sample; then Z + B over the union of the patterns: where
  // W Y has no entry it counts as 0.
  const auto ones = [](Index length) {
    Matrix<T> row(1, length, Orientation::by_column);
    check(G::assign_scalar(row.handle(), nullptr, nullptr, T(1), GrB_ALL, 1, GrB_ALL, length,
                           nullptr),
          "fill a row of ones", {row.handle()});
    return row;
  };
  Matrix<T> samples(1, Y.columns(), Orientation::by_column);
  if (rule == BiasOn::every_sample) {
    samples = ones(Y.columns());
  } else {
    const Matrix<T> neurons = ones(Y.rows());
    check(GrB_mxm(samples.handle(), nullptr, nullptr, G::any_pair(), neurons.handle(), Y.handle(),
                  nullptr),
          "find the live samples", {samples.handle(), Y.handle()});
  }
  Matrix<T> B(Z.rows(), Z.columns(), Orientation::by_column);
  check(GrB_mxm(B.handle(), nullptr, nullptr, PlusTimes::graphblas<T>(), bias_.handle(),
                samples.handle(), nullptr),
        "spread the bias", {B.handle(), bias_.handle(), samples.handle()});
  check(GrB_Matrix_eWiseAdd_BinaryOp(biased.handle(), nullptr, nullptr, G::plus(), Z.handle(),
                                     B.handle(), nullptr),
        "add the bias", {biased.handle(), Z.handle(), B.handle()});
  Z = std::move(biased);
}

// Y = V (+) 0 over max-plus, the greater of V and 0, of which the zeros are not stored; or V as it
// is.
template <NetworkValue T>
Matrix<T> SemiringStage<T>::activated(Matrix<T> V) const {
  using G = GraphblasType<T>;
  const LayerRules<T>& rules = layer_->rules();
  const auto select = [](const Matrix<T>& from, GrB_IndexUnaryOp op) {
    Matrix<T> made = sparse_columns<T>(from.rows(), from.columns());
    check(G::select(made.handle(), nullptr, nullptr, op, from.handle(), T(0), nullptr), "ReLU",
          {made.handle(), from.handle()});
    return made;
  };
  const bool drops_zeros = rules.bias_on == BiasOn::nonzero;
  const std::optional<Activation> common = rules.activation.common();
  if (common == Activation::relu) return select(V, G::value_greater());
  if (common == Activation::none)
    return drops_zeros ? select(V, G::value_not_equal()) : std::move(V);
  Matrix<T> kept = sparse_columns<T>(V.rows(), V.columns());
  check(GrB_mxm(kept.handle(), nullptr, nullptr, PlusTimes::graphblas<T>(), kept_.handle(),
                V.handle(), nullptr),
        "rows without ReLU", {kept.handle(), kept_.handle(), V.handle()});
  if (drops_zeros) kept = select(kept, G::value_not_equal());
  const Matrix<T> rectified = select(V, G::value_greater());
  Matrix<T> both = sparse_columns<T>(V.rows(), V.columns());
  check(GrB_Matrix_eWiseAdd_BinaryOp(both.handle(), nullptr, nullptr, G::first(),
                                     rectified.handle(), kept.handle(), nullptr),
        "ReLU", {both.handle(), rectified.handle(), kept.handle()});
  return both;
}

// Y = min(Y, ymax).
template <NetworkValue T>
Matrix<T> SemiringStage<T>::capped(Matrix<T> Y) const {
  using G = GraphblasType<T>;
  const auto common = layer_->rules().cap.common();
  if (common && !*common) return Y;
  Matrix<T> made = sparse_columns<T>(Y.rows(), Y.columns());
  if (common) {
    check(G::apply_second(made.handle(), nullptr, nullptr, G::min(), Y.handle(), **common, nullptr),
          "cap", {made.handle(), Y.handle()});
  } else {
    check(GrB_mxm(made.handle(), nullptr, nullptr, MaxMin::graphblas<T>(), caps_.handle(),
                  Y.handle(), nullptr),
          "cap", {made.handle(), caps_.handle(), Y.handle()});
  }
  return made;
}

template <NetworkValue T>
Matrix<T> SemiringStage<T>::answer(const Matrix<T>& Y, bool watch) const {
  Matrix<T> Z = product(Y);
  add_bias(Z, Y);
  if (watch) require_finite(Z);
  Matrix<T> next = capped(activated(std::move(Z)));
  next.finish();
  return next;
}

// A tile has at most this many samples and, as far as can be foreseen, entries.
constexpr Index most_samples = 256;
constexpr double most_entries = 1 << 23;

// As many samples as keep W Y within bounds, were every entry to meet as many weights as there are
// in the mean.
template <NetworkValue T>
Index samples_of_a_tile(const Work<T>& work, Index) {
  double entries = static_cast<double>(work.alive.entries) /
                   static_cast<double>(std::max<Index>(work.alive.live_samples, 1));
  double most = 1;
  for (const auto& layer : work.layers) {
    const auto inputs = static_cast<double>(std::max<Index>(layer->inputs(), 1));
    const auto outputs = static_cast<double>(layer->outputs());
    entries = std::min(outputs, entries * static_cast<double>(layer->edges()) / inputs);
    if (fills_samples(*layer)) entries = outputs;
    most = std::max(most, entries);
  }
  return std::clamp<Index>(static_cast<Index>(most_entries / most), 1, most_samples);
}

template <NetworkValue T>
double cost(const Work<T>& work) {
  double entries = static_cast<double>(work.alive.entries);
  for (const auto& layer : work.layers) {
    if (!fills_samples(*layer)) continue;
    entries = std::max(
        entries, static_cast<double>(work.alive.columns) * static_cast<double>(layer->outputs()));
  }
  return entries;
}

}  // namespace

template <NetworkValue T>
PlanRow<T> semiring_plan() {
  return {.form = Form::sparse,
          .suits = [](const Layer<T>&, const Surroundings&) { return true; },
          .cost = cost<T>,
          .prepare = [](std::shared_ptr<const Layer<T>> layer,
                        const Neighbours<T>&) -> std::shared_ptr<const Stage<T>> {
            return std::make_shared<SemiringStage<T>>(std::move(layer));
          },
          .samples_of_a_tile = samples_of_a_tile<T>};
}

#define OSCILLON_INSTANTIATE_PLAN(T) template PlanRow<T> semiring_plan<T>();
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_PLAN)
#undef OSCILLON_INSTANTIATE_PLAN

}  // namespace oscillon::plans
