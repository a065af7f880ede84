// Random small networks for the tests of inference: odd shapes, empty and full rows, every rule.
#pragma once

#include <array>
#include <random>

#include "oscillon/algebra/semiring.hpp"
#include "oscillon/network/network.hpp"

namespace oscillon::testing {

enum class Numbers { dyadic, any };

template <NetworkValue T>
T random_number(std::mt19937_64& random, Numbers numbers, int least, int greatest) {
  const auto whole =
      static_cast<int>(random() % static_cast<unsigned>(greatest - least + 1)) + least;
  if constexpr (std::is_integral_v<T>) return static_cast<T>(whole);
  if (numbers == Numbers::dyadic) return static_cast<T>(whole) / 8;
  return static_cast<T>(whole + std::uniform_real_distribution<double>(0, 1)(random)) / 8;
}

template <NetworkValue T>
Matrix<T> random_matrix(std::mt19937_64& random, Index rows, Index columns, Numbers numbers,
                        int least, int greatest) {
  // Density 0, 1/4, 1/2 or 1; one empty and one full row now and then.
  const std::uint64_t quarters = std::array<std::uint64_t, 4>{0, 1, 2, 4}[random() % 4];
  const Index full = random() % (rows + 2);
  const Index empty = random() % (rows + 2);
  Triples<T> triples;
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < columns; ++j) {
      const bool stored = random() % 4 < quarters || i == full;
      if (stored && i != empty) {
        triples.add(i, j, random_number<T>(random, numbers, least, greatest));
      }
    }
  }
  return Matrix<T>::build(rows, columns, triples);
}

template <NetworkValue T>
std::vector<std::shared_ptr<const Layer<T>>> random_layers(std::mt19937_64& random, Numbers numbers,
                                                           std::size_t depth, Index widest,
                                                           int greatest_bias = 4,
                                                           BiasOn bias_on = BiasOn::stored) {
  std::vector<std::shared_ptr<const Layer<T>>> layers;
  Index inputs = 1 + random() % widest;
  LayerRules<T> rules{.bias_on = bias_on};
  if (random() % 2 == 0) rules.cap = static_cast<T>(4);
  for (std::size_t l = 0; l < depth; ++l) {
    const Index outputs = 1 + random() % widest;
    std::vector<T> bias(outputs);
    for (T& b : bias) {
      b = random() % 3 == 0 ? T(0) : random_number<T>(random, numbers, -8, greatest_bias);
    }
    layers.push_back(std::make_shared<const Layer<T>>(
        random_matrix<T>(random, outputs, inputs, numbers, -4, 8), bias, rules));
    inputs = outputs;
  }
  return layers;
}

// A combination of bias rule, activation and product that exists, activation and cap for each row
// now and then.
template <NetworkValue T>
LayerRules<T> random_rules(std::mt19937_64& random, Index outputs) {
  LayerRules<T> rules{.bias_on = bias_rules[random() % bias_rules.size()].choice};
  const bool can_pool = rules.bias_on == BiasOn::stored || rules.bias_on == BiasOn::every_sample;
  if (can_pool && random() % 4 == 0) rules.product = Product::max_plus;
  const auto activation = [&] { return random() % 2 == 0 ? Activation::relu : Activation::none; };
  const auto cap = [&](Activation of) {
    return of == Activation::relu && random() % 2 == 0 ? std::optional(static_cast<T>(4))
                                                       : std::nullopt;
  };
  if (random() % 3 != 0) {
    const Activation one = activation();
    rules.activation = one;
    rules.cap = cap(one);
    return rules;
  }
  std::vector<Activation> activations(outputs);
  std::vector<std::optional<T>> caps(outputs);
  for (Index i = 0; i < outputs; ++i) {
    activations[i] = activation();
    caps[i] = cap(activations[i]);
  }
  rules.activation = std::move(activations);
  rules.cap = std::move(caps);
  return rules;
}

// Layers each with rules of its own; over integers the weights stay small enough for every depth
// that is asked for here.
template <NetworkValue T>
std::vector<std::shared_ptr<const Layer<T>>> random_layers_of_any_rules(std::mt19937_64& random,
                                                                        std::size_t depth,
                                                                        Index widest) {
  std::vector<std::shared_ptr<const Layer<T>>> layers;
  Index inputs = 1 + random() % widest;
  while (layers.size() < depth) {
    const Index outputs = 1 + random() % widest;
    std::vector<T> bias(outputs);
    for (T& b : bias) {
      b = random() % 3 == 0 ? T(0) : random_number<T>(random, Numbers::dyadic, -4, 4);
    }
    Matrix<T> weights = random_matrix<T>(random, outputs, inputs, Numbers::dyadic, -2, 2);
    const LayerRules<T> rules = random_rules<T>(random, outputs);
    if (rules.product == Product::max_plus && rules.bias_on == BiasOn::every_sample) {
      // Each row needs a weight.
      weights = plus<PlusTimes>(weights, Matrix<T>::build(outputs, inputs, [&] {
                                  Triples<T> first;
                                  for (Index i = 0; i < outputs; ++i) {
                                    first.add(i, random() % inputs, T(1));
                                  }
                                  return first;
                                }()));
    }
    layers.push_back(std::make_shared<const Layer<T>>(std::move(weights), std::move(bias), rules));
    inputs = outputs;
  }
  return layers;
}

}  // namespace oscillon::testing
