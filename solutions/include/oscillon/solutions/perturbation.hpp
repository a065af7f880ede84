// Perturbation theory of exact DNN solutions, in exact rationals: what becomes of the answer when
// input features change, or the gaps of the biases. Source: the paper, section VI and appendix B,
// with its formula for r_d corrected.
//
// The weights are 0 and 1, the biases b_l = beta_l |W_l 1|_0 - W_l 1. A category c is shown its own
// features at 1, and some features at r instead: correct ones, that c has, or wrong ones. As a
// function of r >= 0 every score y_L is convex, piecewise linear and does not fall: a neuron is the
// max of 0 and a sum of such functions.
//
// For correct features f the linear equations, without ReLU, give
//   y_L(c) = p (r - 1) + sum_(l=0)^(L-1) beta_l n_(l+1) - sum_(l=1)^(L-1) n_l,
//   r_d = 1 - (sum_(l=0)^(L-1) beta_l n_(l+1) - sum_(l=1)^(L-1) n_l) / p,
// where p counts the paths from f to c and n_l those from layer l to c. (Print begins its product a
// layer too low and ends its sum a term too early.) A neuron that ReLU stops on the way to c forces
// y_L(c) = 0 when r <= 1, so r_d is the true threshold where it is at most 1. Above, a neuron that
// ReLU stops beside the paths of f can leave y_L(c) larger than the linear equations have it: the
// true threshold is then below r_d.
#pragma once

#include <gmpxx.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "oscillon/network/network.hpp"

namespace oscillon {

// The sub-DNN of a category by numbers (supports.hpp gives it by key).
struct SubNetwork {
  struct Rank {
    std::vector<Index> neurons;        // their numbers in the network, ascending
    std::vector<std::size_t> offsets;  // fed by feeds[offsets[i]] … feeds[offsets[i + 1] - 1];
    std::vector<std::size_t> feeds;    // positions in the rank below. Rank 0 is fed nothing
  };
  std::vector<Rank> ranks;  // the features first, the category alone last
};

struct DetectionThreshold {
  mpz_class p;  // paths from the perturbed features to the category
  std::vector<mpz_class>
      n;             // n[l]: paths from the neurons of rank l, 1 <= l <= L; n[0]: from all features
  mpq_class linear;  // r_d, in closed form
  mpq_class relu;    // the greatest r at which the ReLU network's score is 0
  bool differ() const { return linear != relu; }
};

// What a network says of the features it is shown.
enum class Outcome : std::uint8_t {
  silent,       // no category has a score
  detected,     // the category that is shown has a score above all others
  false_alarm,  // a wrong category has the maximum, alone or in a tie
};

// Some features of what is shown of a category, all at the strength r.
struct Perturbation {
  Index category = 0;
  std::vector<Index> features;  // ascending; the category's own, or others
};

class PerturbationTheory {
 public:
  // Throws Error(bad_data) when a weight is not 1, Error(usage) unless there is one beta a layer,
  // each above 0 and at most 1.
  template <NetworkValue T>
  PerturbationTheory(const Network<T>& network, std::vector<mpq_class> betas);

  const KeySet& features() const { return keys_.front(); }
  const KeySet& categories() const { return keys_.back(); }
  std::size_t depth() const { return fed_by_.size(); }
  const std::vector<mpq_class>& betas() const { return betas_; }

  // The network with weights 1 and the biases of beta, scaled: inputs that are scaled likewise give
  // outputs that are, since a layer of weights 1 is linear in its inputs and bias. Over integers
  // it is exact when `scale` is a common denominator. Throws Error(usage) when an integer T does
  // not hold a bias.
  template <NetworkValue T>
  Network<T> network(std::int64_t scale = 1) const;

  const SubNetwork& sub_network(Index category) const { return sub_networks_[category]; }

  // The features that reach a category, ascending.
  const std::vector<Index>& features_of(Index category) const {
    return sub_networks_[category].ranks.front().neurons;
  }

  // For correct features; those that do not reach the category count for nothing. Throws KeyError
  // when none does.
  DetectionThreshold threshold(const Perturbation& correct) const;

  // The score of `category` when features are perturbed to r >= 0.
  mpq_class score(Index category, const Perturbation& shown, const mpq_class& r) const;

  // The highest score of the other categories; 0 when none has one.
  mpq_class best_rival(const Perturbation& shown, const mpq_class& r) const;

  // What all scores together decide at each r >= 0. Throws Error(usage) when scores times the
  // common denominator of beta and r could leave 64 bits.
  std::vector<Outcome> outcomes(const Perturbation& shown, const std::vector<mpq_class>& r) const;

 private:
  std::vector<Index> rivals(const Perturbation& shown) const;

  std::vector<KeySet> keys_;                 // of each rank
  std::vector<mpq_class> betas_;             // of each layer
  std::vector<Compressed<bool>> fed_by_;     // of each layer, by row
  std::vector<SubNetwork> sub_networks_;     // of each category
  std::vector<double> paths_;                // of each category: from all its features
  std::vector<std::vector<Index>> read_by_;  // of each feature: the categories that it reaches
};

// r_d of one feature by key, for the network's weights and these betas. Throws as the theory does,
// and KeyError for a category or feature that the network does not have.
template <NetworkValue T>
DetectionThreshold detection_threshold(const Network<T>& network,
                                       const std::vector<mpq_class>& betas,
                                       std::string_view category, std::string_view feature);

#define OSCILLON_EXTERN_PERTURBATION(T)                                           \
  extern template PerturbationTheory::PerturbationTheory(const Network<T>&,       \
                                                         std::vector<mpq_class>); \
  extern template Network<T> PerturbationTheory::network(std::int64_t) const;     \
  extern template DetectionThreshold detection_threshold(                         \
      const Network<T>&, const std::vector<mpq_class>&, std::string_view, std::string_view);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_PERTURBATION)
#undef OSCILLON_EXTERN_PERTURBATION

}  // namespace oscillon
