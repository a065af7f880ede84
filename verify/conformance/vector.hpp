// A test vector: a network, samples to feed it, and what must come out, in exact rationals.
//
// The truth comes from the plain-loop oracle over rationals. Two kinds of vectors stand for two
// kinds of promise. An exact one has values k / 2^m only, so chosen that every sum, in any order,
// is a number of the precision: an engine must match it bit for bit. A bounded one has others, such
// as -0.3, rounded to the precision first; each entry then carries a bound on how far any order of
// rounding sums in that precision, or a wider one, can lead.
#pragma once

#include <gmpxx.h>

#include <optional>
#include <string>
#include <vector>

#include "oscillon/base/value_type.hpp"
#include "oscillon/verify/oracle/plain_loops.hpp"

namespace oscillon::conformance {

using ExactLayer = oracle::PlainLayer<mpq_class>;
using ExactSample = oracle::PlainSample<mpq_class>;

struct TestVector {
  std::string name;    // "cap-each-layer"
  unsigned level = 1;  // 1: a layer or two that can be done by hand … 4: deep, wide, real
  std::string about;   // what it tells, in one sentence
  BiasOn bias_on = BiasOn::stored;
  bool exact = true;
  bool must_be_refused = false;  // its first weight stands in the file twice
  std::vector<ExactLayer> layers;
  std::vector<ExactSample> samples;
};

// A vector as it is at one precision.
struct PreparedVector {
  ValueType precision = ValueType::fp32;
  std::vector<ExactLayer> layers;  // as stored
  std::vector<ExactSample> samples;
  std::vector<ExactSample> expected;
  std::vector<std::vector<double>> bounds;  // of each sample and output; empty for an exact vector
};

// The vector at this precision; nothing when it does not suit: an exact one whose values or sums
// the precision does not hold; a bounded one for integers, or when rounding leaves open whether a
// neuron has an entry.
std::optional<PreparedVector> prepare(const TestVector& vector, ValueType precision);

}  // namespace oscillon::conformance
