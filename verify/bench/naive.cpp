#include "verify/bench/naive.hpp"

#include <cstdio>
#include <memory>

#include "oscillon/algebra/semiring.hpp"

namespace oscillon::bench {

template <NetworkValue T>
Matrix<T> infer_naive(const std::vector<std::shared_ptr<const Layer<T>>>& layers,
                      const Matrix<T>& Y0) {
  using G = GraphblasType<T>;
  Matrix<T> Y = Y0.clone();
  for (const auto& layer : layers) {
    const Matrix<T> D = Matrix<T>::diagonal(layer->bias());
    Matrix<T> Z(layer->outputs(), Y.columns(), Orientation::by_column);
    check(GrB_mxm(Z.handle(), nullptr, nullptr, PlusTimes::graphblas<T>(),
                  layer->weights().handle(), Y.handle(), nullptr),
          "W Y", {Z.handle(), layer->weights().handle(), Y.handle()});
    check(GrB_mxm(Z.handle(), nullptr, nullptr, MinPlus::graphblas<T>(), D.handle(), Z.handle(),
                  nullptr),
          "add the bias", {Z.handle()});
    check(G::select(Z.handle(), nullptr, nullptr, G::value_greater(), Z.handle(), T(0), nullptr),
          "ReLU", {Z.handle()});
    if (const auto cap = *layer->rules().cap.common()) {
      check(G::apply_second(Z.handle(), nullptr, nullptr, G::min(), Z.handle(), *cap, nullptr),
            "cap", {Z.handle()});
    }
    Y = std::move(Z);
  }
  Y.finish();
  return Y;
}

template Matrix<float> infer_naive(const std::vector<std::shared_ptr<const Layer<float>>>&,
                                   const Matrix<float>&);
template Matrix<double> infer_naive(const std::vector<std::shared_ptr<const Layer<double>>>&,
                                    const Matrix<double>&);

Matrix<float> read_naive(const std::string& path, Index rows, Index columns) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "r"), std::fclose);
  if (!file) throw Error(Fault::cannot_open, "cannot open " + path);
  Matrix<float> matrix(rows, columns, Orientation::by_row);
  unsigned long long row = 0;
  unsigned long long column = 0;
  float value = 0;
  int fields = 0;
  while ((fields = std::fscanf(file.get(), "%llu%llu%f", &row, &column, &value)) == 3) {
    check(GrB_Matrix_setElement_FP32(matrix.handle(), value, row - 1, column - 1), "set an entry",
          {matrix.handle()});
  }
  if (fields != EOF) throw Error(Fault::bad_data, path + " has a line that is no entry");
  matrix.finish();
  return matrix;
}

}  // namespace oscillon::bench
