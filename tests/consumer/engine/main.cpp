// A host that uses the engine alone, beside a header of its own called engine/algebra/matrix.hpp,
// and the macro I of complex.h.
#include "engine/algebra/matrix.hpp"

#include <complex.h>

#include <iostream>
#include <oscillon/algebra/matrix.hpp>
#include <oscillon/network/weight_rows.hpp>

#ifndef I
#error "the host's macro I is gone"
#endif

int main() {
  const oscillon::Matrix<float> matrix(host_rows, 3);
  std::cout << matrix.rows() << " x " << matrix.columns() << '\n';
}
