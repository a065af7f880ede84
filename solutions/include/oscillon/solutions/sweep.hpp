// P_d(r) and P_fa(r) by inference: every perturbation at every r goes through the engine as a
// sample of its own, in large batches, and is held against the theory. Source: the paper, section
// VI and figure 10.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oscillon/inference/inference.hpp"
#include "oscillon/solutions/perturbation.hpp"

namespace oscillon {

enum class Perturbed {
  correct,  // features that the category has: 0 deletes one, 1 leaves it as it is
  wrong,    // features that it does not have: 0 leaves out, 1 adds one
};

// Which perturbations to look at; empty lists stand for all.
struct PerturbationChoice {
  Perturbed kind = Perturbed::correct;
  std::size_t together = 1;       // features perturbed at once, all to the same r
  std::vector<Index> categories;  // positions, ascending
  std::vector<Index> features;    // positions, ascending
  Index sample = 0;               // so many of them at random; 0: all
  std::uint64_t seed = 1;
};

// In the order of categories, then features. Throws Error(usage) when there is none, or more than 4
// million before the sample is drawn.
std::vector<Perturbation> perturbations(const PerturbationTheory& theory,
                                        const PerturbationChoice& choice);

// Counts of cases at one r.
struct SweepPoint {
  mpq_class r;
  Index detected = 0, false_alarms = 0;                      // by inference
  Index predicted_detected = 0, predicted_false_alarms = 0;  // by theory
};

struct SweepCase {
  Perturbation shown;
  std::vector<Outcome> outcomes;                // by inference, at each r
  std::optional<DetectionThreshold> threshold;  // of correct features
};

struct Sweep {
  std::vector<SweepPoint> points;
  std::vector<SweepCase> cases;
  Index differing = 0;           // points of cases at which inference and theory differ
  Index unexplained = 0;         // those among them that rounding does not explain
  std::string first_difference;  // the first unexplained one, by key, or else the first; or empty
  Profile inference;             // seconds and samples of all batches together
  double theory_seconds = 0;

  double detection(std::size_t point) const { return share(points[point].detected); }
  double false_alarm(std::size_t point) const { return share(points[point].false_alarms); }
  double share(Index count) const {
    return static_cast<double>(count) / static_cast<double>(cases.size());
  }
};

// Over integers the inference is exact: everything is scaled by the common denominator of beta and
// r. Over floating point it rounds, and at an exact tie may decide either way.
// Throws Error(usage) when r is empty or negative.
template <NetworkValue T>
Sweep sweep(const PerturbationTheory& theory, std::vector<Perturbation> cases,
            const std::vector<mpq_class>& r, const InferenceOptions& options = {});

#define OSCILLON_EXTERN_SWEEP(T)                                                       \
  extern template Sweep sweep<T>(const PerturbationTheory&, std::vector<Perturbation>, \
                                 const std::vector<mpq_class>&, const InferenceOptions&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_SWEEP)
#undef OSCILLON_EXTERN_SWEEP

}  // namespace oscillon
