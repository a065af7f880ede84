#include "oscillon/verify/challenge/run.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "verify/oracle/from_engine.hpp"

namespace oscillon::challenge {

namespace {

// `wanted` samples, or all: half of them survivors as far as there are so many, the others dead,
// both spread over the batch.
std::vector<Index> samples_to_verify(Index wanted, Index samples, const std::vector<Index>& alive) {
  std::vector<Index> all(samples), dead, chosen;
  std::iota(all.begin(), all.end(), Index{0});
  std::set_difference(all.begin(), all.end(), alive.begin(), alive.end(), std::back_inserter(dead));
  const auto spread = [&](Index count, const std::vector<Index>& from) {
    for (Index i = 0; i < count; ++i) chosen.push_back(from[i * from.size() / count]);
  };
  wanted = std::min(wanted, samples);
  const Index dead_count =
      std::min<Index>(wanted - std::min<Index>((wanted + 1) / 2, alive.size()), dead.size());
  spread(dead_count, dead);
  spread(wanted - dead_count, alive);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

// Samples of a batch as a matrix of their own.
template <NetworkValue T>
Matrix<T> chosen_samples(const SampleBatch<T>& batch, const std::vector<Index>& chosen) {
  SampleBatch<T> made(batch.neurons());
  for (const Index sample : chosen) {
    const Compressed<T> one = batch.columns(sample, sample + 1);
    made.append(one.indices, one.values);
  }
  return made.matrix();
}

// The first column in which two matrices by column differ in what they store.
template <NetworkValue T>
std::optional<Index> first_difference(const Matrix<T>& A, const Matrix<T>& B) {
  const auto a = A.compressed(Orientation::by_column);
  const auto b = B.compressed(Orientation::by_column);
  const auto of = [](const Compressed<T>& from, const auto& array, Index column) {
    return std::vector(array.begin() + static_cast<std::ptrdiff_t>(from.offsets[column]),
                       array.begin() + static_cast<std::ptrdiff_t>(from.offsets[column + 1]));
  };
  for (Index j = 0; j < a.columns; ++j) {
    if (of(a, a.indices, j) != of(b, b.indices, j) || of(a, a.values, j) != of(b, b.values, j)) {
      return j;
    }
  }
  return std::nullopt;
}

}  // namespace

template <NetworkValue T>
Verification verify(const LayerSource<T>& source, const SampleBatch<T>& Y0, const Matrix<T>& Y,
                    Index wanted, bool by_semiring, const InferenceOptions& options) {
  Verification made;
  made.samples = samples_to_verify(wanted, Y0.samples(), categories_of(Y));
  made.by_semiring = by_semiring;
  const Matrix<T> inputs = chosen_samples(Y0, made.samples);
  const Matrix<T> answer = chosen_samples(SampleBatch<T>(Y), made.samples);
  std::vector<Index> all(made.samples.size());
  std::iota(all.begin(), all.end(), Index{0});
  if (const auto wrong = oracle::first_disagreement(source, inputs, answer, all)) {
    made.loops_differ = made.samples[*wrong];
  }
  if (by_semiring) {
    InferenceOptions semiring;
    semiring.plan = Plan::semiring;
    semiring.threads = options.threads;
    semiring.stop = options.stop;
    if (const auto wrong = first_difference(infer(source, inputs, semiring).Y, answer)) {
      made.semiring_differs = made.samples[*wrong];
    }
  }
  return made;
}

template <NetworkValue T>
RunReport run(const LayerSource<T>& source, const SampleBatch<T>& Y0, const RunRequest& request) {
  RunReport report;
  report.memory = plan_memory(source, Y0, request.inference);
  Inference<T> answer = infer(source, Y0, request.inference);
  report.profile = std::move(answer.profile);
  report.result = result_of(answer.Y);
  if (request.verified > 0) {
    report.verification =
        verify(source, Y0, answer.Y, request.verified, request.by_semiring, request.inference);
  }
  if (request.truth) report.check = check_result(report.result, *request.truth);
  return report;
}

#define OSCILLON_INSTANTIATE_RUN(T)                                                            \
  template Verification verify(const LayerSource<T>&, const SampleBatch<T>&, const Matrix<T>&, \
                               Index, bool, const InferenceOptions&);                          \
  template RunReport run(const LayerSource<T>&, const SampleBatch<T>&, const RunRequest&);
OSCILLON_INSTANTIATE_RUN(float)
OSCILLON_INSTANTIATE_RUN(double)
#undef OSCILLON_INSTANTIATE_RUN

}  // namespace oscillon::challenge
