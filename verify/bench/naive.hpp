// The naive way, for comparison only: the whole batch at once, each step one GraphBLAS call with
// all threads, as a plain reading of the Challenge's rules suggests (and as LAGraph's demo does
// it): W Y over plus-times, the bias by a diagonal over min-plus, entries above 0 selected, the cap
// by min.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "oscillon/network/layer.hpp"

namespace oscillon::bench {

// Y_L of the samples in the columns of Y0. Sums may be added up in any order.
template <NetworkValue T>
Matrix<T> infer_naive(const std::vector<std::shared_ptr<const Layer<T>>>& layers,
                      const Matrix<T>& Y0);

extern template Matrix<float> infer_naive(const std::vector<std::shared_ptr<const Layer<float>>>&,
                                          const Matrix<float>&);
extern template Matrix<double> infer_naive(const std::vector<std::shared_ptr<const Layer<double>>>&,
                                           const Matrix<double>&);

// Reading as a first attempt does it: a line at a time by fscanf, each entry set on its own. Rows
// of the file are rows of the matrix. Throws Error(cannot_open), and Error(bad_data) for a line
// that is not `row column value`.
Matrix<float> read_naive(const std::string& path, Index rows, Index columns);

}  // namespace oscillon::bench
