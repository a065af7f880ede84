// Inference through Eigen, for comparison only: its product of a sparse with a dense matrix over
// the whole batch, then bias, ReLU and cap in one expression.
#pragma once

#include <memory>
#include <vector>

#include "oscillon/network/layer.hpp"

namespace oscillon::bench {

// Whether the program was built with Eigen.
bool has_eigen();

// Y_L of the samples in the columns of Y0, and the seconds that it took without the conversion of
// the network and of the samples from and to matrices. Throws Error(usage) without Eigen.
template <NetworkValue T>
Matrix<T> infer_eigen(const std::vector<std::shared_ptr<const Layer<T>>>& layers,
                      const Matrix<T>& Y0, double& seconds);

extern template Matrix<float> infer_eigen(const std::vector<std::shared_ptr<const Layer<float>>>&,
                                          const Matrix<float>&, double&);
extern template Matrix<double> infer_eigen(const std::vector<std::shared_ptr<const Layer<double>>>&,
                                           const Matrix<double>&, double&);

}  // namespace oscillon::bench
