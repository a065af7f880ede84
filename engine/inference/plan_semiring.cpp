#include "engine/inference/plan_semiring.hpp"

#include <cmath>
#include <string>

#include "oscillon/algebra/semiring.hpp"

namespace oscillon {

namespace {

template <NetworkValue T>
Matrix<T> sparse_columns(Index rows, Index columns) {
  Matrix<T> made(rows, columns, Orientation::by_column);
  made.keep_sparse();
  return made;
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

}  // namespace

template <NetworkValue T>
SemiringPlan<T>::SemiringPlan(std::shared_ptr<const Layer<T>> layer, BiasOn bias_on)
    : layer_(std::move(layer)), bias_on_(bias_on) {
  const auto b = layer_->bias();
  if (bias_on_ == BiasOn::stored) {
    bias_ = Matrix<T>::diagonal(b);
  } else {
    Triples<T> column;
    for (Index i = 0; i < b.size(); ++i) column.add(i, 0, b[i]);
    bias_ = Matrix<T>::build(b.size(), 1, column, Collision::none, Orientation::by_column);
  }
  bias_.keep_sparse();
  bias_.finish();
}

template <NetworkValue T>
void SemiringPlan<T>::add_bias(Matrix<T>& Z, const Matrix<T>& Y) const {
  using G = GraphblasType<T>;
  if (bias_on_ == BiasOn::stored) {
    // Z (x) B over max-plus, B having the pattern of Z: the product of b on a diagonal with Z.
    Matrix<T> biased = sparse_columns<T>(Z.rows(), Z.columns());
    check(GrB_mxm(biased.handle(), nullptr, nullptr, MaxPlus::graphblas<T>(), bias_.handle(),
                  Z.handle(), nullptr),
          "add the bias", {biased.handle(), bias_.handle(), Z.handle()});
    Z = std::move(biased);
    return;
  }
  // B = b |1^T Y|_0, then Z + B over the union of the patterns: where W Y has no entry it counts as
  // 0.
  Matrix<T> ones(1, Y.rows(), Orientation::by_column);
  check(G::assign_scalar(ones.handle(), nullptr, nullptr, T(1), GrB_ALL, 1, GrB_ALL, Y.rows(),
                         nullptr),
        "fill a row of ones", {ones.handle()});
  Matrix<T> live(1, Y.columns(), Orientation::by_column);
  check(GrB_mxm(live.handle(), nullptr, nullptr, G::any_pair(), ones.handle(), Y.handle(), nullptr),
        "find the live samples", {live.handle(), Y.handle()});
  Matrix<T> B(Z.rows(), Z.columns(), Orientation::by_column);
  check(GrB_mxm(B.handle(), nullptr, nullptr, PlusTimes::graphblas<T>(), bias_.handle(),
                live.handle(), nullptr),
        "spread the bias", {B.handle(), bias_.handle(), live.handle()});
  Matrix<T> biased = sparse_columns<T>(Z.rows(), Z.columns());
  check(GrB_Matrix_eWiseAdd_BinaryOp(biased.handle(), nullptr, nullptr, G::plus(), Z.handle(),
                                     B.handle(), nullptr),
        "add the bias", {biased.handle(), Z.handle(), B.handle()});
  Z = std::move(biased);
}

template <NetworkValue T>
Matrix<T> SemiringPlan<T>::operator()(const Matrix<T>& Y, bool watch) const {
  using G = GraphblasType<T>;
  const Matrix<T>& W = layer_->weights();

  // Z = W Y, over plus-times. Gustavson's method adds up each entry over the k of the column of Y
  // as they are stored, and they are sorted: the order of a sum depends on neuron and sample alone.
  Matrix<T> Z = sparse_columns<T>(W.rows(), Y.columns());
  check(GrB_mxm(Z.handle(), nullptr, nullptr, PlusTimes::graphblas<T>(), W.handle(), Y.handle(),
                sorted_product(ProductMethod::gustavson)),
        "W Y", {Z.handle(), W.handle(), Y.handle()});

  // Z = Z (x) B, over max-plus.
  add_bias(Z, Y);
  if (watch) require_finite(Z);

  // Y = Z (+) 0: the greater of Z and 0, of which the zeros are not stored.
  Matrix<T> next = sparse_columns<T>(W.rows(), Y.columns());
  check(G::select(next.handle(), nullptr, nullptr, G::value_greater(), Z.handle(), T(0), nullptr),
        "ReLU", {next.handle(), Z.handle()});

  // Y = min(Y, ymax). A failure leaves `next` undefined, and it is dropped.
  if (layer_->cap()) {
    check(G::apply_second(next.handle(), nullptr, nullptr, G::min(), next.handle(), *layer_->cap(),
                          nullptr),
          "cap", {next.handle()});
  }
  next.finish();
  return next;
}

#define OSCILLON_INSTANTIATE_PLAN(T) template class SemiringPlan<T>;
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_PLAN)
#undef OSCILLON_INSTANTIATE_PLAN

}  // namespace oscillon
