#include "oscillon/solutions/problem.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "oscillon/algebra/array_algebra.hpp"
#include "solutions/containment.hpp"

namespace oscillon {

namespace {

// y_(l+1)(i) = sum_k w_ik y_l(k) + added(layer, i), from y_0 = `start` on, over all layers, without
// ReLU; in double, which holds the counts and values of exact solutions.
template <NetworkValue T, class Added>
std::vector<double> linear_response(const Network<T>& network, double start, Added&& added) {
  std::vector<double> y(network.inputs(), start);
  for (std::size_t l = 0; l < network.depth(); ++l) {
    const Layer<T>& layer = network.at(l);
    std::vector<double> next(layer.outputs());
    for (Index i = 0; i < next.size(); ++i) next[i] = added(layer, i);
    const Compressed<T> W = layer.weights().compressed(Orientation::by_column);
    for (Index k = 0; k < W.columns; ++k) {
      for (Index p = W.offsets[k]; p < W.offsets[k + 1]; ++p) {
        next[W.indices[p]] += static_cast<double>(W.values[p]) * y[k];
      }
    }
    y = std::move(next);
  }
  return y;
}

// What the rounding of T can add up to in a value of size 1: in each layer a sum of k values and a
// bias errs by at most (k + 1) u times its size, k + 1, and hands on what it was given.
template <NetworkValue T>
double rounding(const Network<T>& network) {
  if (std::is_integral_v<T>) return 0;
  double error = 0;
  for (std::size_t l = 0; l < network.depth(); ++l) {
    const double k = network.at(l).bounds().gain;
    error = error * k + (k + 1) * (k + 1) * static_cast<double>(std::numeric_limits<T>::epsilon());
  }
  return error;
}

}  // namespace

template <NetworkValue T>
Network<T> exact_network(const std::vector<AssocArray<T>>& weights, const std::vector<T>& betas) {
  std::vector<AssocArray<T>> biases;
  for (std::size_t l = 0; l < weights.size(); ++l) {
    const std::vector<T> b = exact_bias(weights[l].matrix(), betas.at(l));
    Triples<T> column;
    for (Index i = 0; i < b.size(); ++i) column.add(i, 0, b[i]);
    biases.emplace_back(weights[l].row_keys(), KeySet{"bias"},
                        Matrix<T>::build(b.size(), 1, column));
  }
  return Network<T>(weights, biases, std::nullopt, {Alignment::unite});
}

template <NetworkValue T>
Problem<T> problem_of(Network<T> network, AssocArray<T> inputs) {
  const std::vector<double> values = linear_response(
      network, 1,
      [](const Layer<T>& layer, Index i) { return static_cast<double>(layer.bias()[i]); });
  const KeySet& asked = inputs.column_keys();
  const std::vector<Index> at = KeyMerge::intersect(network.output_keys(), asked).left;
  if (at.size() != asked.size()) {
    throw KeyError("the inputs are named after categories that the network does not have: " +
                   keys_missing_from(network.output_keys(), asked));
  }
  Triples<T> diagonal;
  bool units = true;
  for (Index c = 0; c < at.size(); ++c) {
    diagonal.add(c, c, static_cast<T>(values[at[c]]));
    units = units && values[at[c]] == 1;
  }
  AssocArray<T> expected(asked, asked, Matrix<T>::build(asked.size(), asked.size(), diagonal));
  const Tolerance tolerance{units ? 0 : rounding(network), 0};
  return {std::move(network), std::move(inputs), std::move(expected), tolerance};
}

template <NetworkValue T>
std::vector<T> betas_of(const std::vector<double>& betas, std::size_t layers) {
  if (betas.empty()) return std::vector<T>(layers, T(1));
  if (betas.size() != layers) {
    throw Error(Fault::usage, "there are " + std::to_string(betas.size()) + " betas for " +
                                  std::to_string(layers) + " layers");
  }
  std::vector<T> as_values;
  for (const double beta : betas) {
    if (!(beta > 0 && beta <= 1) || (std::is_integral_v<T> && beta != 1)) {
      throw Error(Fault::usage, "beta must be above 0 and at most 1, and 1 for integers, not " +
                                    std::to_string(beta));
    }
    as_values.push_back(static_cast<T>(beta));
  }
  return as_values;
}

template <NetworkValue T>
BetaRange beta_range(const Network<T>& network) {
  // 1 - y obeys 1 - y_(l+1) = W (1 - y_l) + (1 - beta).
  const std::vector<double> paths =
      linear_response(network, 0, [](const Layer<T>&, Index) { return 1.0; });
  if (paths.empty()) return {};
  const auto most = std::max_element(paths.begin(), paths.end());
  return {static_cast<std::uint64_t>(*most),
          std::string(network.output_keys()[static_cast<Index>(most - paths.begin())])};
}

template <NetworkValue T>
AssocArray<T> single_layer(const Network<T>& network) {
  AssocArray<T> W = network.weights(0);
  for (std::size_t l = 1; l < network.depth(); ++l) W = multiply<MaxTimes>(network.weights(l), W);
  return W;
}

template <NetworkValue T>
Exactness is_exact(Problem<T>& problem, const InferenceOptions& options) {
  KeyedInference<T> answer = infer(problem.network, problem.inputs, options);
  Exactness result;
  result.profile = std::move(answer.profile);
  const auto difference = first_difference(answer.Y, problem.expected, problem.tolerance);
  result.exact = !difference;
  if (difference) {
    const auto text = [](const std::optional<T>& value) {
      return value ? std::to_string(*value) : std::string("nothing");
    };
    result.difference = "category " + in_quotes(difference->row) + " answers the inputs of " +
                        in_quotes(difference->column) + " with " + text(difference->left) +
                        " instead of " + text(difference->right);
  }
  return result;
}

template <NetworkValue T>
Theory theory(const Problem<T>& problem) {
  Theory result;
  const KeySet& asked = problem.inputs.column_keys();
  std::vector<std::string> categories;
  for (Index c = 0; c < asked.size(); ++c) categories.emplace_back(asked[c]);
  std::size_t l = problem.network.depth() - 1;
  AssocArray<T> reached = problem.network.weights(l).select(keys(categories), all_keys());
  while (l-- > 0) reached = multiply<MaxTimes>(reached, problem.network.weights(l));
  const AssocArray<T> given = problem.inputs.transposed();
  if (const auto difference = first_difference(reached, given)) {
    result.cover = false;
    result.reason = "category " + in_quotes(difference->row) +
                    (difference->left ? " is" : " is not") + " reached by the feature " +
                    in_quotes(difference->column) +
                    (difference->right ? ", which it has" : ", which it does not have");
    return result;
  }
  const Compressed<T> entries = given.matrix().compressed(Orientation::by_row);
  for (Index c = 0; c < entries.rows; ++c) {
    if (entries.offsets[c + 1] > entries.offsets[c]) continue;
    result.cover = false;
    result.reason = "category " + in_quotes(asked[c]) + " has no feature to be known by";
    return result;
  }
  Compressed<bool> sets;
  sets.rows = entries.rows;
  sets.columns = entries.columns;
  sets.offsets = entries.offsets;
  sets.indices = entries.indices;
  const auto pairs = contained_pairs(sets, 0, 1);
  if (!pairs.empty()) {
    result.antichain = false;
    result.reason = "the features of " + in_quotes(asked[pairs.front().first]) +
                    " are all among those of " + in_quotes(asked[pairs.front().second]);
  }
  return result;
}

template <NetworkValue T>
Problem<T> collapsed(const Problem<T>& problem) {
  return {problem.network.collapse().iterated(), problem.inputs, problem.expected,
          problem.tolerance};
}

#define OSCILLON_INSTANTIATE_PROBLEM(T)                                                        \
  template Network<T> exact_network(const std::vector<AssocArray<T>>&, const std::vector<T>&); \
  template Problem<T> problem_of(Network<T>, AssocArray<T>);                                   \
  template std::vector<T> betas_of(const std::vector<double>&, std::size_t);                   \
  template BetaRange beta_range(const Network<T>&);                                            \
  template AssocArray<T> single_layer(const Network<T>&);                                      \
  template Exactness is_exact(Problem<T>&, const InferenceOptions&);                           \
  template Theory theory(const Problem<T>&);                                                   \
  template Problem<T> collapsed(const Problem<T>&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_PROBLEM)
#undef OSCILLON_INSTANTIATE_PROBLEM

}  // namespace oscillon
