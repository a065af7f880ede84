#include "engine/inference/plan_dense_tiles.hpp"

#include <algorithm>

#include "engine/algebra/semiring.hpp"

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
  return !layer.bounds().wakes;
}

template <NetworkValue T>
DenseTilesPlan<T>::DenseTilesPlan(std::shared_ptr<const Layer<T>> layer)
    : layer_(std::move(layer)),
      weights_(rows_of(layer_->weights())),
      bias_(rows_of(Matrix<T>::diagonal(layer_->bias()))) {}

template <NetworkValue T>
Matrix<T> DenseTilesPlan<T>::operator()(const Matrix<T>& Y) const {
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
  check(G::apply_second(next.handle(), nullptr, nullptr, G::max(), next.handle(), T(0), nullptr),
        "ReLU", {next.handle()});
  if (layer_->cap()) {
    check(G::apply_second(next.handle(), nullptr, nullptr, G::min(), next.handle(), *layer_->cap(),
                          nullptr),
          "cap", {next.handle()});
  }
  next.finish();
  return next;
}

#define OSCILLON_INSTANTIATE_PLAN(T) template class DenseTilesPlan<T>;
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_PLAN)
#undef OSCILLON_INSTANTIATE_PLAN

}  // namespace oscillon
