// What an engine would answer that broke one rule: the plain loops again, with a fault in them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oscillon/base/value_type.hpp"
#include "oscillon/verify/oracle/plain_loops.hpp"

namespace oscillon::conformance {

// A test vector as it stands on the disk; doubles hold its values exactly.
struct StoredVector {
  std::string name;
  ValueType precision = ValueType::fp32;
  BiasOn bias_on = BiasOn::stored;
  bool exact = true;
  bool must_be_refused = false;
  std::vector<oracle::PlainLayer<double>> layers;
  std::vector<oracle::PlainSample<double>> samples;
  std::vector<std::vector<double>>
      expected;                             // of each sample and output; 0 where there is no entry
  std::vector<std::vector<double>> bounds;  // likewise; empty for an exact vector
  std::size_t outputs() const { return layers.back().outputs.size(); }
};

// Scores of samples x outputs, and how far each may be off.
struct Answer {
  std::vector<std::vector<double>> values;
  std::vector<std::vector<double>> slack;
};

// A way to be wrong.
struct RuleBreak {
  std::string name;  // "missing-cap"
  std::string says;  // "the cap is not applied"

  // The answer of an engine with this fault; nothing where it cannot be told, as for the transpose
  // of weights that are not square.
  std::optional<Answer> (*answer)(const StoredVector& vector);
};

const std::vector<RuleBreak>& rule_breaks();

// For the vectors that must be refused: what an engine gives that sums, or keeps the first or the
// last of, entries that stand twice.
std::optional<std::string> duplicate_rule(const StoredVector& vector,
                                          const std::vector<std::vector<double>>& values);

}  // namespace oscillon::conformance
