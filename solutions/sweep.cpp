#include "oscillon/solutions/sweep.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>
#include <span>

#include "engine/base/clock.hpp"
#include "oscillon/base/thread_team.hpp"
#include "oscillon/solutions/rational.hpp"

namespace oscillon {

namespace {

constexpr double most_perturbations = 1 << 22;
constexpr std::size_t samples_a_batch = std::size_t{1} << 17;

std::string_view name_of(Outcome outcome) {
  return outcome == Outcome::detected      ? "detected"
         : outcome == Outcome::false_alarm ? "a false alarm"
                                           : "silent";
}

// Every ascending choice of `together` out of `candidates`.
void add_choices(Index category, const std::vector<Index>& candidates, std::size_t together,
                 std::vector<Perturbation>& to) {
  if (together > candidates.size()) return;
  std::vector<std::size_t> at(together);
  std::iota(at.begin(), at.end(), std::size_t{0});
  for (;;) {
    to.push_back({category, {}});
    for (const std::size_t i : at) to.back().features.push_back(candidates[i]);
    // The last place that can move on does, and those behind it follow.
    std::size_t place = together;
    while (place > 0 && at[place - 1] == candidates.size() - together + place - 1) --place;
    if (place == 0) return;
    ++at[place - 1];
    for (; place < together; ++place) at[place] = at[place - 1] + 1;
  }
}

// How many these are; a double, since they may be very many.
double count_of_choices(std::size_t candidates, std::size_t together) {
  double count = 1;
  for (std::size_t i = 0; i < together; ++i) {
    count *= static_cast<double>(candidates) - static_cast<double>(i);
    count /= static_cast<double>(i + 1);
  }
  return together > candidates ? 0 : count;
}

// How far rounding in T can carry a score off, for inputs up to `strongest`: a sum of k values, k
// at most the gain, and a bias errs by at most k + 1 roundings of its size, and hands on what it
// was given.
template <NetworkValue T>
mpq_class rounding(const Network<T>& network, const mpq_class& strongest) {
  if constexpr (std::is_integral_v<T>) return 0;
  const double u = static_cast<double>(std::numeric_limits<T>::epsilon());
  double size = std::max(1.0, nearest_double(strongest));
  double error = u * size;
  for (std::size_t l = 0; l < network.depth(); ++l) {
    const double k = network.at(l).bounds().gain;
    error = k * error + (k + 2) * u * (k * size + network.at(l).bounds().offset);
    size *= k;
  }
  return mpq_class(error);
}

// Whether scores within `error` of these can decide so.
bool can_be(Outcome outcome, const mpq_class& own, const mpq_class& rival, const mpq_class& error) {
  switch (outcome) {
    case Outcome::detected:
      return own + error > 0 && own + error > rival - error;
    case Outcome::false_alarm:
      return rival + error > 0 && rival + error >= own - error;
    case Outcome::silent:
      return own - error <= 0 && rival - error <= 0;
  }
  return false;
}

// The batch of some cases at every r: sample (c, k) is column c * r.size() + k.
template <NetworkValue T>
Matrix<T> inputs_of(const PerturbationTheory& theory, std::span<const SweepCase> cases,
                    const std::vector<T>& strengths, T one) {
  Compressed<T> Y0;
  Y0.orientation = Orientation::by_column;
  Y0.rows = theory.features().size();
  Y0.columns = cases.size() * strengths.size();
  for (const SweepCase& of : cases) {
    const std::vector<Index>& own = theory.features_of(of.shown.category);
    const std::vector<Index>& perturbed = of.shown.features;
    std::vector<Index> present;
    std::set_union(own.begin(), own.end(), perturbed.begin(), perturbed.end(),
                   std::back_inserter(present));
    for (const T strength : strengths) {
      for (const Index feature : present) {
        const bool changed = std::binary_search(perturbed.begin(), perturbed.end(), feature);
        if (changed && strength == T(0)) continue;  // deleted: there is no entry
        Y0.indices.push_back(feature);
        Y0.values.push_back(changed ? strength : one);
      }
      Y0.offsets.push_back(Y0.indices.size());
    }
  }
  return Matrix<T>::from_compressed(Y0);
}

// What the column of a sample decides.
template <NetworkValue T>
Outcome decided(const Compressed<T>& Y, Index column, Index category) {
  T own = 0, rival = 0;
  for (Index p = Y.offsets[column]; p < Y.offsets[column + 1]; ++p) {
    T& score = Y.indices[p] == category ? own : rival;
    score = std::max(score, Y.values[p]);
  }
  return own > rival ? Outcome::detected : rival > 0 ? Outcome::false_alarm : Outcome::silent;
}

}  // namespace

std::vector<Perturbation> perturbations(const PerturbationTheory& theory,
                                        const PerturbationChoice& choice) {
  if (choice.together == 0) throw Error(Fault::usage, "no feature is to be perturbed");
  const auto all_or = [](const std::vector<Index>& list, Index count) {
    std::vector<Index> all(list.empty() ? count : 0);
    std::iota(all.begin(), all.end(), Index{0});
    return list.empty() ? all : list;
  };
  const std::vector<Index> features = all_or(choice.features, theory.features().size());
  std::vector<std::pair<Index, std::vector<Index>>> candidates;
  double count = 0;
  for (const Index category : all_or(choice.categories, theory.categories().size())) {
    const std::vector<Index>& own = theory.features_of(category);
    std::vector<Index> changed;
    if (choice.kind == Perturbed::correct) {
      std::set_intersection(features.begin(), features.end(), own.begin(), own.end(),
                            std::back_inserter(changed));
    } else {
      std::set_difference(features.begin(), features.end(), own.begin(), own.end(),
                          std::back_inserter(changed));
    }
    count += count_of_choices(changed.size(), choice.together);
    candidates.emplace_back(category, std::move(changed));
  }
  if (count > most_perturbations) {
    throw Error(Fault::usage,
                "there are more than 4 million perturbations; name categories or "
                "features, or perturb fewer together");
  }
  std::vector<Perturbation> cases;
  for (const auto& [category, changed] : candidates) {
    add_choices(category, changed, choice.together, cases);
  }
  if (cases.empty()) {
    throw Error(Fault::usage,
                "no category has " + std::to_string(choice.together) + " such features to perturb");
  }
  if (choice.sample > 0 && choice.sample < cases.size()) {
    std::vector<Perturbation> drawn;
    std::mt19937_64 random(choice.seed);
    std::sample(cases.begin(), cases.end(), std::back_inserter(drawn), choice.sample, random);
    return drawn;
  }
  return cases;
}

template <NetworkValue T>
Sweep sweep(const PerturbationTheory& theory, std::vector<Perturbation> cases,
            const std::vector<mpq_class>& r, const InferenceOptions& options) {
  if (r.empty() || *std::min_element(r.begin(), r.end()) < 0) {
    throw Error(Fault::usage, "r must have values, none below 0");
  }
  std::int64_t scale = 1;
  std::vector<T> strengths;
  if constexpr (std::is_integral_v<T>) {
    std::vector<mpq_class> all = theory.betas();
    all.insert(all.end(), r.begin(), r.end());
    scale = common_denominator(all);
    for (const mpq_class& value : r) {
      const std::int64_t strength = scaled(value, scale);
      if (std::max(strength, scale) > std::numeric_limits<T>::max()) {
        throw Error(Fault::usage, "r times the common denominator " + std::to_string(scale) +
                                      " does not fit in " + std::string(GraphblasType<T>::name) +
                                      "; take a wider type");
      }
      strengths.push_back(static_cast<T>(strength));
    }
  } else {
    for (const mpq_class& value : r) strengths.push_back(static_cast<T>(nearest_double(value)));
  }
  Network<T> network = theory.network<T>(scale);
  const LayerSource<T>& source = network;
  const mpq_class error = rounding(network, *std::max_element(r.begin(), r.end()));

  Sweep result;
  for (const mpq_class& value : r) result.points.push_back({value, 0, 0, 0, 0});
  for (Perturbation& shown : cases) result.cases.push_back({std::move(shown), {}, std::nullopt});
  result.inference.threads = thread_count(options.threads);
  result.inference.edges = network.edges();
  const std::size_t step = std::max<std::size_t>(samples_a_batch / r.size(), 1);
  const Stopwatch watch;
  std::size_t batches_done = 0;
  InferenceOptions of_batch = options;
  if (options.on_progress) {
    of_batch.on_progress = [&](Progress progress) {
      progress.layers_done += batches_done * network.depth();
      progress.layers *= (result.cases.size() + step - 1) / step;
      progress.seconds = watch.seconds();
      options.on_progress(progress);
    };
  }
  for (std::size_t begin = 0; begin < result.cases.size(); begin += step) {
    const std::span<SweepCase> batch =
        std::span(result.cases).subspan(begin, std::min(step, result.cases.size() - begin));
    const Matrix<T> Y0 = inputs_of<T>(theory, batch, strengths, static_cast<T>(scale));
    const Inference<T> inference = infer(source, Y0, of_batch);
    ++batches_done;
    result.inference.seconds += inference.profile.seconds;
    result.inference.samples += inference.profile.samples;
    const Compressed<T> Y = inference.Y.compressed(Orientation::by_column);

    const Stopwatch theory_watch;
    std::vector<std::vector<Outcome>> predicted(batch.size());
    run_tasks(batch.size(), options.threads, [&](std::size_t c) {
      SweepCase& of = batch[c];
      for (std::size_t k = 0; k < r.size(); ++k) {
        of.outcomes.push_back(decided(Y, c * r.size() + k, of.shown.category));
      }
      predicted[c] = theory.outcomes(of.shown, r);
      const std::vector<Index>& own = theory.features_of(of.shown.category);
      const bool correct = std::any_of(
          of.shown.features.begin(), of.shown.features.end(),
          [&](Index feature) { return std::binary_search(own.begin(), own.end(), feature); });
      if (correct) of.threshold = theory.threshold(of.shown);
    });
    for (std::size_t c = 0; c < batch.size(); ++c) {
      for (std::size_t k = 0; k < r.size(); ++k) {
        const Outcome outcome = batch[c].outcomes[k];
        SweepPoint& point = result.points[k];
        point.detected += outcome == Outcome::detected;
        point.false_alarms += outcome == Outcome::false_alarm;
        point.predicted_detected += predicted[c][k] == Outcome::detected;
        point.predicted_false_alarms += predicted[c][k] == Outcome::false_alarm;
        if (outcome == predicted[c][k]) continue;
        ++result.differing;
        const Perturbation& shown = batch[c].shown;
        const mpq_class own = theory.score(shown.category, shown, r[k]);
        const mpq_class rival = theory.best_rival(shown, r[k]);
        const bool explained = can_be(outcome, own, rival, error);
        if (!explained) ++result.unexplained;
        const bool first = explained ? result.first_difference.empty() : result.unexplained == 1;
        if (!first) continue;
        result.first_difference =
            "category " + in_quotes(theory.categories()[shown.category]) + " with " +
            in_quotes(theory.features()[shown.features.front()]) + " at r = " + text_of(r[k]) +
            " is " + std::string(name_of(outcome)) + " by inference and " +
            std::string(name_of(predicted[c][k])) + " by theory: its score is " + text_of(own) +
            ", that of its best rival " + text_of(rival);
      }
    }
    result.theory_seconds += theory_watch.seconds();
  }
  return result;
}

#define OSCILLON_INSTANTIATE_SWEEP(T)                                           \
  template Sweep sweep<T>(const PerturbationTheory&, std::vector<Perturbation>, \
                          const std::vector<mpq_class>&, const InferenceOptions&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_SWEEP)
#undef OSCILLON_INSTANTIATE_SWEEP

}  // namespace oscillon
