#include "engine/inference/plan_dense_tiles.hpp"

#include <algorithm>

#include "oscillon/algebra/semiring.hpp"

namespace oscillon {

namespace {

template <NetworkValue T>
Matrix<T> rows_of(const Matrix<T>& matrix) {
  Matrix<T> made = Matrix<T>::from_compressed(matrix.compressed(Orientation::by_row));
  made.keep_sparse();
  made.finish();
  return made;
}

}  // namespace

template <NetworkValue T>
bool DenseTilesPlan<T>::suits(const Layer<T>& layer) {
  return layer.bias_rules_agree() && layer.rules().cap.common();
}

template <NetworkValue T>
DenseTilesPlan<T>::DenseTilesPlan(std::shared_ptr<const Layer<T>> layer)
    : layer_(std::move(layer)),
      weights_(rows_of(layer_->weights())),
      bias_(rows_of(Matrix<T>::diagonal(layer_->bias()))) {}

template <NetworkValue T>
Matrix<T> DenseTilesPlan<T>::operator()(const Matrix<T>& Y, double reach) const {
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
  clamp(next, Z, reach > layer_->bounds().ceiling);
  next.finish();
  return next;
}

// For floating-point numbers the maximum and the minimum are a call of fmax and fmin for each in
// GraphBLAS, while comparing, adding and multiplying run in vectors: with P = (Y > 0) and
// Q = (Y > ymax), 1 or 0 each, the answer is Y (P - Q) + ymax Q, where no operation rounds.
template <NetworkValue T>
void DenseTilesPlan<T>::clamp(Matrix<T>& Y, Matrix<T>& spare, bool capped) const {
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

#define OSCILLON_INSTANTIATE_PLAN(T) template class DenseTilesPlan<T>;
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_PLAN)
#undef OSCILLON_INSTANTIATE_PLAN

}  // namespace oscillon
