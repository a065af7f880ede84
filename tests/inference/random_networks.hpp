// Random small networks for the tests of inference: odd shapes, empty and full rows, either bias
// rule.
#pragma once

#include <array>
#include <random>

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

}  // namespace oscillon::testing
