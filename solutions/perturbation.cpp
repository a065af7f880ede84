#include "oscillon/solutions/perturbation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "oscillon/base/thread_team.hpp"
#include "oscillon/solutions/rational.hpp"

namespace oscillon {

namespace {

// The most that a score times the common denominator may be: 2^62.
constexpr double most_scaled = 4.6e18;

// A sub-DNN's neurons are found from the category down.
SubNetwork found_below(Index category, const std::vector<Compressed<bool>>& fed_by) {
  SubNetwork found;
  found.ranks.resize(fed_by.size() + 1);
  found.ranks.back().neurons = {category};
  for (std::size_t l = fed_by.size(); l-- > 0;) {
    const Compressed<bool>& W = fed_by[l];
    SubNetwork::Rank& above = found.ranks[l + 1];
    std::vector<Index>& below = found.ranks[l].neurons;
    for (const Index neuron : above.neurons) {
      const auto row = W.indices.begin();
      below.insert(below.end(), row + static_cast<std::ptrdiff_t>(W.offsets[neuron]),
                   row + static_cast<std::ptrdiff_t>(W.offsets[neuron + 1]));
    }
    std::sort(below.begin(), below.end());
    below.erase(std::unique(below.begin(), below.end()), below.end());
    above.offsets.push_back(0);
    for (const Index neuron : above.neurons) {
      for (Index p = W.offsets[neuron]; p < W.offsets[neuron + 1]; ++p) {
        const auto at = std::lower_bound(below.begin(), below.end(), W.indices[p]);
        above.feeds.push_back(static_cast<std::size_t>(at - below.begin()));
      }
      above.offsets.push_back(above.feeds.size());
    }
  }
  return found;
}

// The category's value, rank by rank from the values of the features on: y = h(sum y + beta - k),
// where a neuron fed by k others adds them up. `rectify` is h.
template <class Value, class Bias, class Rectify>
Value response(const SubNetwork& network, std::vector<Value> y, Bias&& bias, Rectify&& rectify) {
  std::vector<Value> next;
  for (std::size_t l = 0; l + 1 < network.ranks.size(); ++l) {
    const SubNetwork::Rank& rank = network.ranks[l + 1];
    next.clear();
    for (std::size_t i = 0; i < rank.neurons.size(); ++i) {
      Value sum{};
      for (std::size_t p = rank.offsets[i]; p < rank.offsets[i + 1]; ++p) sum += y[rank.feeds[p]];
      const std::size_t feeds = rank.offsets[i + 1] - rank.offsets[i];
      next.push_back(feeds == 0 ? Value{} : rectify(sum, bias(l, feeds)));
    }
    std::swap(y, next);
  }
  return y.front();
}

mpq_class exact_bias_of(const mpq_class& beta, std::size_t feeds) {
  return beta - mpz_class(feeds);
}

// A value and how fast it grows with r.
struct Growing {
  mpq_class value;
  mpz_class slope;
  Growing& operator+=(const Growing& other) {
    value += other.value;
    slope += other.slope;
    return *this;
  }
};

bool holds(const std::vector<Index>& ascending, Index value) {
  return std::binary_search(ascending.begin(), ascending.end(), value);
}

// paths[l][i]: from neuron i of rank l to the category.
std::vector<std::vector<mpz_class>> paths_to_category(const SubNetwork& network) {
  std::vector<std::vector<mpz_class>> paths(network.ranks.size());
  paths.back() = {mpz_class(1)};
  for (std::size_t l = network.ranks.size() - 1; l-- > 0;) {
    paths[l].resize(network.ranks[l].neurons.size());
    const SubNetwork::Rank& above = network.ranks[l + 1];
    for (std::size_t i = 0; i < above.neurons.size(); ++i) {
      for (std::size_t p = above.offsets[i]; p < above.offsets[i + 1]; ++p) {
        paths[l][above.feeds[p]] += paths[l + 1][i];
      }
    }
  }
  return paths;
}

}  // namespace

template <NetworkValue T>
PerturbationTheory::PerturbationTheory(const Network<T>& network, std::vector<mpq_class> betas)
    : betas_(std::move(betas)) {
  if (betas_.size() != network.depth() || network.depth() == 0) {
    throw Error(Fault::usage, "there are " + std::to_string(betas_.size()) + " betas for " +
                                  std::to_string(network.depth()) + " layers");
  }
  for (const mpq_class& beta : betas_) {
    if (beta <= 0 || beta > 1) {
      throw Error(Fault::usage, "beta must be above 0 and at most 1, not " + text_of(beta));
    }
  }
  keys_.push_back(network.input_keys());
  for (std::size_t l = 0; l < network.depth(); ++l) {
    keys_.push_back(network.keys(l + 1));
    const Compressed<T> W = network.at(l).weights().compressed(Orientation::by_row);
    const auto other =
        std::find_if(W.values.begin(), W.values.end(), [](T w) { return w != T(1); });
    if (other != W.values.end()) {
      throw Error(Fault::bad_data, "perturbation theory is for weights 1, and layer " +
                                       std::to_string(l) + " has a weight " +
                                       std::to_string(*other));
    }
    Compressed<bool> pattern;
    pattern.rows = W.rows;
    pattern.columns = W.columns;
    pattern.offsets = W.offsets;
    pattern.indices = W.indices;
    pattern.values.assign(W.indices.size(), 1);
    fed_by_.push_back(std::move(pattern));
  }
  sub_networks_.resize(categories().size());
  paths_.resize(sub_networks_.size());
  run_tasks(sub_networks_.size(), threads_for(sub_networks_.size()), [&](std::size_t c) {
    sub_networks_[c] = found_below(c, fed_by_);
    paths_[c] = response(
        sub_networks_[c], std::vector<double>(features_of(c).size(), 1),
        [](std::size_t, std::size_t) { return 0; }, [](double sum, int) { return sum; });
  });
  read_by_.resize(features().size());
  for (Index c = 0; c < sub_networks_.size(); ++c) {
    for (const Index feature : features_of(c)) read_by_[feature].push_back(c);
  }
}

template <NetworkValue T>
Network<T> PerturbationTheory::network(std::int64_t scale) const {
  std::vector<std::shared_ptr<const Layer<T>>> layers;
  for (std::size_t l = 0; l < depth(); ++l) {
    const Compressed<bool>& pattern = fed_by_[l];
    Compressed<T> W;
    W.rows = pattern.rows;
    W.columns = pattern.columns;
    W.offsets = pattern.offsets;
    W.indices = pattern.indices;
    W.values.assign(W.indices.size(), T(1));
    std::vector<T> bias(W.rows, T(0));
    for (Index i = 0; i < W.rows; ++i) {
      const std::size_t feeds = W.offsets[i + 1] - W.offsets[i];
      if (feeds == 0) continue;
      if constexpr (std::is_integral_v<T>) {
        const std::int64_t b = scaled(exact_bias_of(betas_[l], feeds), scale);
        if (b < std::numeric_limits<T>::min()) {
          throw Error(Fault::usage, "the bias " + std::to_string(b) + " does not fit in " +
                                        std::string(GraphblasType<T>::name) +
                                        "; take a wider type");
        }
        bias[i] = static_cast<T>(b);
      } else {
        // As exact_bias() has it: beta in T, then less the feeds.
        bias[i] = (static_cast<T>(nearest_double(betas_[l])) - static_cast<T>(feeds)) *
                  static_cast<T>(scale);
      }
    }
    layers.push_back(
        std::make_shared<const Layer<T>>(Matrix<T>::from_compressed(W), std::move(bias)));
  }
  return Network<T>(std::move(layers), keys_);
}

DetectionThreshold PerturbationTheory::threshold(const Perturbation& correct) const {
  const SubNetwork& network = sub_network(correct.category);
  const auto paths = paths_to_category(network);
  DetectionThreshold result;
  for (const auto& rank : paths) {
    result.n.push_back(std::accumulate(rank.begin(), rank.end(), mpz_class(0)));
  }
  const std::vector<Index>& features = features_of(correct.category);
  for (std::size_t i = 0; i < features.size(); ++i) {
    if (holds(correct.features, features[i])) result.p += paths.front()[i];
  }
  if (result.p == 0) {
    throw KeyError("no perturbed feature reaches category " +
                   in_quotes(categories()[correct.category]));
  }
  mpq_class at_one = 0;
  for (std::size_t l = 0; l < depth(); ++l) at_one += betas_[l] * result.n[l + 1];
  for (std::size_t l = 1; l < depth(); ++l) at_one -= result.n[l];
  result.linear = 1 - at_one / result.p;

  // Newton's method from the right: the score is convex, so a step never passes the threshold, and
  // piecewise linear, so finitely many reach it. The linear equations bound the score from below:
  // it is not negative at r_d, where the steps begin. Each takes the slope on the left.
  result.relu = result.linear;
  for (;;) {
    std::vector<Growing> y;
    for (const Index feature : features) {
      y.push_back(holds(correct.features, feature) ? Growing{result.relu, 1} : Growing{1, 0});
    }
    const Growing score = response(
        network, std::move(y),
        [&](std::size_t l, std::size_t k) { return exact_bias_of(betas_[l], k); },
        [](Growing sum, const mpq_class& bias) {
          sum.value += bias;
          return sum.value > 0 ? sum : Growing{};
        });
    if (score.value == 0) return result;
    if (score.slope == 0) {
      throw Error(Fault::internal, "the score of " + in_quotes(categories()[correct.category]) +
                                       " does not depend on the features perturbed");
    }
    result.relu -= score.value / score.slope;
  }
}

mpq_class PerturbationTheory::score(Index category, const Perturbation& shown,
                                    const mpq_class& r) const {
  std::vector<mpq_class> y;
  for (const Index feature : features_of(category)) {
    y.push_back(holds(shown.features, feature)                ? r
                : holds(features_of(shown.category), feature) ? mpq_class(1)
                                                              : mpq_class(0));
  }
  return response(
      sub_network(category), std::move(y),
      [&](std::size_t l, std::size_t k) { return exact_bias_of(betas_[l], k); },
      [](const mpq_class& sum, const mpq_class& bias) {
        const mpq_class z = sum + bias;
        return z > 0 ? z : mpq_class(0);
      });
}

// Other categories can have a score only where they read a perturbed feature, or have all their
// features among those shown: a neuron that lacks an input of 1 while none is above 1 is stopped.
std::vector<Index> PerturbationTheory::rivals(const Perturbation& shown) const {
  std::vector<Index> found;
  for (const Index feature : shown.features) {
    found.insert(found.end(), read_by_[feature].begin(), read_by_[feature].end());
  }
  const std::vector<Index>& own = features_of(shown.category);
  for (const Index feature : own) {
    for (const Index other : read_by_[feature]) {
      const std::vector<Index>& features = features_of(other);
      // Looked at once, at its first feature.
      if (features.front() == feature &&
          std::includes(own.begin(), own.end(), features.begin(), features.end())) {
        found.push_back(other);
      }
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  std::erase(found, shown.category);
  return found;
}

mpq_class PerturbationTheory::best_rival(const Perturbation& shown, const mpq_class& r) const {
  mpq_class best = 0;
  for (const Index rival : rivals(shown)) best = std::max(best, score(rival, shown, r));
  return best;
}

std::vector<Outcome> PerturbationTheory::outcomes(const Perturbation& shown,
                                                  const std::vector<mpq_class>& r) const {
  if (r.empty()) return {};
  std::vector<mpq_class> all = betas_;
  all.insert(all.end(), r.begin(), r.end());
  const std::int64_t scale = common_denominator(all);
  std::vector<std::int64_t> strengths, betas;
  for (const mpq_class& value : r) strengths.push_back(scaled(value, scale));
  for (const mpq_class& beta : betas_) betas.push_back(scaled(beta, scale));
  const std::int64_t strongest = *std::max_element(strengths.begin(), strengths.end());

  std::vector<std::int64_t> shown_at(features().size(), 0);
  for (const Index feature : features_of(shown.category)) shown_at[feature] = scale;
  const auto score_of = [&](Index category, std::int64_t strength) {
    const SubNetwork& network = sub_network(category);
    for (const Index feature : shown.features) shown_at[feature] = strength;
    std::vector<std::int64_t> y;
    for (const Index feature : network.ranks.front().neurons) y.push_back(shown_at[feature]);
    if (paths_[category] * static_cast<double>(std::max(strongest, scale)) > most_scaled) {
      throw Error(Fault::usage, "the scores of " + in_quotes(categories()[category]) +
                                    " times the common denominator " + std::to_string(scale) +
                                    " of beta and r may leave 64 bits; take rounder numbers");
    }
    return response(
        network, std::move(y),
        [&](std::size_t l, std::size_t k) {
          return betas[l] - static_cast<std::int64_t>(k) * scale;
        },
        [](std::int64_t sum, std::int64_t bias) { return std::max<std::int64_t>(sum + bias, 0); });
  };
  std::vector<std::int64_t> best_rival(r.size(), 0);
  for (const Index rival : rivals(shown)) {
    if (score_of(rival, strongest) == 0) continue;  // a score does not fall with r
    for (std::size_t k = 0; k < r.size(); ++k) {
      best_rival[k] = std::max(best_rival[k], score_of(rival, strengths[k]));
    }
  }
  std::vector<Outcome> outcomes;
  for (std::size_t k = 0; k < r.size(); ++k) {
    const std::int64_t own = score_of(shown.category, strengths[k]);
    outcomes.push_back(own > best_rival[k] ? Outcome::detected
                       : best_rival[k] > 0 ? Outcome::false_alarm
                                           : Outcome::silent);
  }
  return outcomes;
}

template <NetworkValue T>
DetectionThreshold detection_threshold(const Network<T>& network,
                                       const std::vector<mpq_class>& betas,
                                       std::string_view category, std::string_view feature) {
  const PerturbationTheory theory(network, betas);
  const auto c = theory.categories().find(category);
  const auto f = theory.features().find(feature);
  if (!c) throw KeyError("the network has no category " + in_quotes(category));
  if (!f) throw KeyError("the network has no feature " + in_quotes(feature));
  return theory.threshold({*c, {*f}});
}

#define OSCILLON_INSTANTIATE_PERTURBATION(T)                                                  \
  template PerturbationTheory::PerturbationTheory(const Network<T>&, std::vector<mpq_class>); \
  template Network<T> PerturbationTheory::network(std::int64_t) const;                        \
  template DetectionThreshold detection_threshold(                                            \
      const Network<T>&, const std::vector<mpq_class>&, std::string_view, std::string_view);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_PERTURBATION)
#undef OSCILLON_INSTANTIATE_PERTURBATION

}  // namespace oscillon
