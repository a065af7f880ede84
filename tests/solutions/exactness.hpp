// A problem proved in every way there is.
#pragma once

#include <doctest/doctest.h>

#include "oscillon/solutions/problem.hpp"

namespace oscillon::testing {

// By inference layered and collapsed, and by theory.
template <NetworkValue T>
void check_exact(Problem<T> problem) {
  const Exactness layered = is_exact(problem);
  CHECK_MESSAGE(layered.exact, layered.difference);
  const Theory by_theory = theory(problem);
  CHECK_MESSAGE(by_theory.exact(), by_theory.reason);
  Problem<T> single = collapsed(problem);
  const Exactness iterated = is_exact(single);
  CHECK_MESSAGE(iterated.exact, iterated.difference);
}

}  // namespace oscillon::testing
