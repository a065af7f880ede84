// A host that uses the engine alone, beside a header of its own called engine/algebra/matrix.hpp.
#include "engine/algebra/matrix.hpp"

#include <iostream>
#include <oscillon/algebra/matrix.hpp>

int main() {
  const oscillon::Matrix<float> matrix(host_rows, 3);
  std::cout << matrix.rows() << " x " << matrix.columns() << '\n';
}
