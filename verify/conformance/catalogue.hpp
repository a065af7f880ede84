// The test vectors: from two neurons that can be done by hand to deep, wide and real networks.
#pragma once

#include <vector>

#include "verify/conformance/vector.hpp"

namespace oscillon::conformance {

// Small ones, each about one rule, in numbers that a reader can follow.
std::vector<TestVector> vectors_by_hand();

// Larger ones, made by a generator or from exact solutions.
std::vector<TestVector> vectors_made();

// All of them, by level. Their names are distinct.
std::vector<TestVector> test_vectors();

}  // namespace oscillon::conformance
