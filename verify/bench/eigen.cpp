#include "verify/bench/eigen.hpp"

#include "engine/base/clock.hpp"

#ifdef OSCILLON_WITH_EIGEN
#include <Eigen/SparseCore>
#endif

namespace oscillon::bench {

#ifdef OSCILLON_WITH_EIGEN

bool has_eigen() {
  return true;
}

template <NetworkValue T>
Matrix<T> infer_eigen(const std::vector<std::shared_ptr<const Layer<T>>>& layers,
                      const Matrix<T>& Y0, double& seconds) {
  using Sparse = Eigen::SparseMatrix<T, Eigen::RowMajor, std::int64_t>;
  using Dense = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto entries_of = [](const Matrix<T>& matrix) {
    const Triples<T> from = matrix.triples();
    std::vector<Eigen::Triplet<T, std::int64_t>> made;
    for (std::size_t i = 0; i < from.size(); ++i) {
      made.emplace_back(from.rows[i], from.columns[i], from.values[i]);
    }
    return made;
  };
  const auto size = [](Index count) { return static_cast<Eigen::Index>(count); };
  Dense Y = Dense::Zero(size(Y0.rows()), size(Y0.columns()));
  for (const auto& entry : entries_of(Y0)) Y(entry.row(), entry.col()) = entry.value();
  std::vector<Sparse> weights;
  for (const auto& layer : layers) {
    Sparse& W = weights.emplace_back(size(layer->outputs()), size(layer->inputs()));
    const auto entries = entries_of(layer->weights());
    W.setFromTriplets(entries.begin(), entries.end());
  }
  const Stopwatch watch;
  Dense Z;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const auto& layer = layers[l];
    Z.noalias() = weights[l] * Y;
    const Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>> bias(layer->bias().data(),
                                                                    size(layer->outputs()));
    auto biased = Z.array().colwise() + bias;
    if (const auto cap = *layer->rules().cap.common()) {
      Y = biased.max(T(0)).min(*cap).matrix();
    } else {
      Y = biased.max(T(0)).matrix();
    }
  }
  seconds = watch.seconds();
  Compressed<T> answer;
  answer.rows = static_cast<Index>(Y.rows());
  answer.columns = static_cast<Index>(Y.cols());
  for (Eigen::Index i = 0; i < Y.rows(); ++i) {
    for (Eigen::Index j = 0; j < Y.cols(); ++j) {
      if (Y(i, j) == T(0)) continue;
      answer.indices.push_back(static_cast<Index>(j));
      answer.values.push_back(Y(i, j));
    }
    answer.offsets.push_back(answer.indices.size());
  }
  return Matrix<T>::from_compressed(answer);
}

#else

bool has_eigen() {
  return false;
}

template <NetworkValue T>
Matrix<T> infer_eigen(const std::vector<std::shared_ptr<const Layer<T>>>&, const Matrix<T>&,
                      double&) {
  throw Error(Fault::usage, "this program was built without Eigen (Debian: libeigen3-dev)");
}

#endif

template Matrix<float> infer_eigen(const std::vector<std::shared_ptr<const Layer<float>>>&,
                                   const Matrix<float>&, double&);
template Matrix<double> infer_eigen(const std::vector<std::shared_ptr<const Layer<double>>>&,
                                    const Matrix<double>&, double&);

}  // namespace oscillon::bench
