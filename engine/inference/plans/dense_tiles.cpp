// Plan `dense_tiles`: the same layer on tiles that are full. Every neuron of every sample is
// stored, a missing entry as the number 0, and the samples of a neuron lie side by side, so that
// GraphBLAS adds up whole rows of samples at a time: Z += W Y with Z and Y full and W sparse.
//
// The numbers are those of plan `semiring`, bit for bit: adding a product with 0 changes no sum,
// and each sum runs over ascending inputs before the bias is added. A neuron that has no entry
// before the bias is 0 here and would wake by a positive bias, so the plan is for layers without
// one, or with one for every sample.
#include <algorithm>

#include "engine/base/caches.hpp"
#include "engine/inference/plans/plan.hpp"
#include "oscillon/algebra/semiring.hpp"

namespace oscillon::plans {

namespace {

template <NetworkValue T>
Matrix<T> rows_of(const Matrix<T>& matrix) {
  Matrix<T> made = Matrix<T>::from_compressed(matrix.compressed(Orientation::by_row));
  made.keep_sparse();
  made.finish();
  return made;
}

// The values of a block as a full matrix, which takes their memory over; what fills the block's
// rows up counts as samples.
template <NetworkValue T>
Matrix<T> taken_over(Block<T>& block) {
  const Index rows = block.rows();
  const Index columns = block.stride();
  const Index bytes = block.bytes();
  Matrix<T> Y(rows, columns, Orientation::by_row);
  void* values = block.release();
  const GrB_Info info = GxB_Matrix_pack_FullR(Y.handle(), &values, bytes, false, nullptr);
  if (info != GrB_SUCCESS) std::free(values);
  check(info, "pack a full tile", {Y.handle()});
  return Y;
}

// And back, the first `columns` of which are samples.
template <NetworkValue T>
void give_back(Matrix<T>& Y, Index columns, Block<T>& block) {
  void* values = nullptr;
  Index bytes = 0;
  const Index rows = Y.rows();
  const Index stride = Y.columns();
  check(GxB_Matrix_unpack_FullR(Y.handle(), &values, &bytes, nullptr, nullptr),
        "unpack a full tile", {Y.handle()});
  block.adopt(static_cast<T*>(values), rows, stride, columns);
}

template <NetworkValue T>
bool suits(const Layer<T>& layer, const Surroundings&) {
  const LayerRules<T>& rules = layer.rules();
  return layer.inputs() > 0 && layer.outputs() > 0 && rules.product == Product::plus_times &&
         rules.activation.common() && rules.cap.common() &&
         (layer.bias_rules_agree() || rules.bias_on == BiasOn::every_sample);
}

template <NetworkValue T>
class DenseTilesStage : public Stage<T> {
 public:
  explicit DenseTilesStage(std::shared_ptr<const Layer<T>> layer);

  void advance(Tile<T>& tile, const Expectation& expected, Workspace<T>&) const override;
  Index rows() const override { return layer_->outputs(); }

 private:
  Matrix<T> answer(const Matrix<T>& Y, double reach) const;
  void clamp(Matrix<T>& Y, Matrix<T>& spare, bool capped) const;

  std::shared_ptr<const Layer<T>> layer_;
  std::shared_ptr<const ZeroRows> zeros_;  // all rows, behind no ReLU
  Matrix<T> weights_;                      // by row
  Matrix<T> bias_;                         // b on a diagonal, by row
};

}  // namespace

template <NetworkValue T>
DenseTilesStage<T>::DenseTilesStage(std::shared_ptr<const Layer<T>> layer)
    : layer_(std::move(layer)),
      weights_(rows_of(layer_->weights())),
      bias_(rows_of(Matrix<T>::diagonal(layer_->bias()))) {
  if (!layer_->bounds().rectifies) {
    zeros_ = std::make_shared<const ZeroRows>(layer_->outputs(), std::uint8_t{1});
  }
}

template <NetworkValue T>
void DenseTilesStage<T>::advance(Tile<T>& tile, const Expectation& expected, Workspace<T>&) const {
  if (tile.samples.empty()) {  // GraphBLAS packs no empty matrix
    tile.block.reshape(layer_->outputs(), 0);
    return;
  }
  const Matrix<T> Y = taken_over(tile.block);
  Matrix<T> next = answer(Y, expected.reach);
  const Index samples = tile.samples.size();
  give_back(next, samples, tile.block);
  tile.classes = nullptr;
  tile.zeros = zeros_;
  tile.magnitudes.least = 0;
  tile.entries.assign(samples, zeros_ ? tile.block.rows() : 0);
  for (Index i = 0; !zeros_ && i < tile.block.rows(); ++i) {
    const T* const row = tile.block.row(i);
    for (Index j = 0; j < samples; ++j) tile.entries[j] += row[j] != T(0);
  }
}

template <NetworkValue T>
Matrix<T> DenseTilesStage<T>::answer(const Matrix<T>& Y, double reach) const {
  using G = GraphblasType<T>;
  const Index outputs = weights_.rows();
  const Index samples = Y.columns();

  // Z = W Y, over plus-times, from 0 on.
  Matrix<T> Z(outputs, samples, Orientation::by_row);
  check(G::assign_scalar(Z.handle(), nullptr, nullptr, T(0), GrB_ALL, outputs, GrB_ALL, samples,
                         nullptr),
        "fill a tile", {Z.handle()});
  check(GrB_mxm(Z.handle(), nullptr, G::plus(), PlusTimes::graphblas<T>(), weights_.handle(),
                Y.handle(), nullptr),
        "W Y", {Z.handle(), weights_.handle(), Y.handle()});

  // Y = Z (x) B, over max-plus: the product of b on a diagonal with Z.
  Matrix<T> next(outputs, samples, Orientation::by_row);
  check(GrB_mxm(next.handle(), nullptr, nullptr, MaxPlus::graphblas<T>(), bias_.handle(),
                Z.handle(), nullptr),
        "add the bias", {next.handle(), bias_.handle(), Z.handle()});

  // Y = Y (+) 0, and min(Y, ymax). A failure leaves `next` undefined, and it is dropped.
  if (layer_->bounds().rectifies) clamp(next, Z, reach > layer_->bounds().ceiling);
  next.finish();
  return next;
}

// For floating-point numbers the maximum and the minimum are a call of fmax and fmin for each in
// GraphBLAS, while comparing, adding and multiplying run in vectors: with P = (Y > 0) and
// Q = (Y > ymax), 1 or 0 each, the answer is Y (P - Q) + ymax Q, where no operation rounds.
template <NetworkValue T>
void DenseTilesStage<T>::clamp(Matrix<T>& Y, Matrix<T>& spare, bool capped) const {
  using G = GraphblasType<T>;
  const T cap = layer_->rules().cap[0].value_or(T(0));
  const auto apply = [](Matrix<T>& to, GrB_BinaryOp op, const Matrix<T>& from, T with) {
    check(G::apply_second(to.handle(), nullptr, nullptr, op, from.handle(), with, nullptr),
          "ReLU and cap", {to.handle(), from.handle()});
  };
  const auto combine = [](Matrix<T>& to, GrB_BinaryOp op, const Matrix<T>& with) {
    check(GrB_Matrix_eWiseMult_BinaryOp(to.handle(), nullptr, nullptr, op, to.handle(),
                                        with.handle(), nullptr),
          "ReLU and cap", {to.handle(), with.handle()});
  };
  if constexpr (std::is_integral_v<T>) {
    apply(Y, G::max(), Y, T(0));
    if (capped) apply(Y, G::min(), Y, cap);
    return;
  }
  Matrix<T>& P = spare;
  apply(P, G::is_greater(), Y, T(0));
  if (!capped) {
    combine(Y, G::times(), P);
    return;
  }
  Matrix<T> Q(Y.rows(), Y.columns(), Orientation::by_row);
  apply(Q, G::is_greater(), Y, cap);
  combine(P, G::minus(), Q);
  combine(Y, G::times(), P);
  apply(Q, G::times(), Q, cap);
  combine(Y, G::plus(), Q);
}

// A tile takes a quarter of the second-level cache: more than one is in work.
template <NetworkValue T>
Index samples_of_a_tile(const Work<T>& work, Index) {
  constexpr Index least = 16;
  constexpr Index most = 256;
  return std::clamp<Index>(caches().second_level / 4 / (work.widest() * sizeof(T)), least, most);
}

template <NetworkValue T>
PlanRow<T> dense_tiles_plan() {
  return {.form = Form::block,
          .suits = suits<T>,
          .cost = [](const Work<T>&) { return never; },
          .prepare = [](std::shared_ptr<const Layer<T>> layer,
                        const Neighbours<T>&) -> std::shared_ptr<const Stage<T>> {
            return std::make_shared<DenseTilesStage<T>>(std::move(layer));
          },
          .samples_of_a_tile = samples_of_a_tile<T>};
}

#define OSCILLON_INSTANTIATE_PLAN(T) template PlanRow<T> dense_tiles_plan<T>();
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_PLAN)
#undef OSCILLON_INSTANTIATE_PLAN

}  // namespace oscillon::plans
