// A Challenge problem run and checked, as `oscillon challenge run` does it: inference, the
// categories and digests of the answer, some samples worked out a second and a third way, and the
// truth.
#pragma once

#include <optional>
#include <vector>

#include "oscillon/inference/inference.hpp"
#include "oscillon/verify/challenge/check.hpp"

namespace oscillon::challenge {

// Some samples of an answer, worked out again.
struct Verification {
  std::vector<Index> samples;             // that were looked at, ascending
  std::optional<Index> loops_differ;      // the first of them for which plain loops give other bits
  bool by_semiring = false;               // plan `semiring` was asked too
  std::optional<Index> semiring_differs;  // the first for which it gives others
  bool agrees() const { return !loops_differ && !semiring_differs; }
};

// Works `wanted` samples of the batch out again, or all: half of them alive in Y as far as there
// are so many, both halves spread over the batch; in plain loops and, with `by_semiring`, by plan
// `semiring` too. Throws as infer() does.
template <NetworkValue T>
Verification verify(const LayerSource<T>& source, const SampleBatch<T>& Y0, const Matrix<T>& Y,
                    Index wanted, bool by_semiring, const InferenceOptions& options);

struct RunRequest {
  InferenceOptions inference;
  Index verified = 0;        // samples to work out again
  bool by_semiring = false;  // by plan `semiring` too
  std::optional<Result> truth;
};

struct RunReport {
  Profile profile;
  MemoryPlan memory;
  Result result;
  std::optional<Verification> verification;  // where some were to be verified
  std::optional<Check> check;                // where there is a truth

  bool passed() const {
    return (!verification || verification->agrees()) && (!check || check->passed());
  }
};

// Runs the network on the batch, and checks the answer as far as that is asked for. Throws as
// infer() does.
template <NetworkValue T>
RunReport run(const LayerSource<T>& source, const SampleBatch<T>& Y0, const RunRequest& request);

#define OSCILLON_EXTERN_RUN(T)                                                                 \
  extern template Verification verify(const LayerSource<T>&, const SampleBatch<T>&,            \
                                      const Matrix<T>&, Index, bool, const InferenceOptions&); \
  extern template RunReport run(const LayerSource<T>&, const SampleBatch<T>&, const RunRequest&);
OSCILLON_EXTERN_RUN(float)
OSCILLON_EXTERN_RUN(double)
#undef OSCILLON_EXTERN_RUN

}  // namespace oscillon::challenge
