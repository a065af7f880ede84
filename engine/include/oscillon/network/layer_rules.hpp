// What a layer computes, apart from its numbers. For neuron i of a sample y, over the stored
// weights w(i, k) of its inputs, an entry being a value that is there, 0 included:
//
//   z(i) = sum over k of w(i, k) y(k), or max over k of w(i, k) + y(k)     Product
//   v(i) = z(i) + b(i), at the neurons that the rule says                   BiasOn
//   y(i) = min(max(v(i), 0), cap(i)), or v(i) as it is                      Activation
//
// A network says this of itself, and no option of a run changes it. Over plus-times, with ReLU and
// no positive bias, all four rules give the same; that is the paper's case and the Challenge's.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "oscillon/algebra/graphblas.hpp"

namespace oscillon {

// At which neurons the bias is added, and what a missing z counts as.
//
// | rule         | the bias goes to                                          | who means it | |
// ------------ | --------------------------------------------------------- |
// --------------------------------------- | | stored       | every stored entry of W Y, also one
// whose sum is 0        | GraphBLAS, LAGraph                      | | nonzero      | entries of W Y
// whose value is not 0; the others go        | the Challenge's MATLAB reference, scipy | |
// live_samples | every neuron of a sample that has an entry, B = b |1^T Y| | the paper | |
// every_sample | every neuron of every sample                              | PyTorch, ONNX, .nnet |
enum class BiasOn { stored, nonzero, live_samples, every_sample };

// What becomes of v.
//
// | activation | a value v                                                | where               |
// | ---------- | -------------------------------------------------------- | ------------------- |
// | relu       | stays as min(v, cap) if v > 0; all else is no entry      | hidden layers       |
// | none       | stays with its sign, as an entry also where it is 0      | last layers: logits |
//
// Under the rule `nonzero` a 0 is no entry behind either.
enum class Activation { relu, none };

// The semiring of W Y. Max-plus is max-pooling; it goes with the rules `stored`, for which what is
// missing is -inf, and `every_sample`, for which it is 0.
enum class Product { plus_times, max_plus };

// A choice and what files and options call it.
template <class Choice>
struct Named {
  Choice choice;
  std::string_view name;
};

inline constexpr std::array<Named<BiasOn>, 4> bias_rules{{{BiasOn::stored, "stored"},
                                                          {BiasOn::nonzero, "nonzero"},
                                                          {BiasOn::live_samples, "live-samples"},
                                                          {BiasOn::every_sample, "every-sample"}}};
inline constexpr std::array<Named<Activation>, 2> activations{
    {{Activation::relu, "relu"}, {Activation::none, "none"}}};
inline constexpr std::array<Named<Product>, 2> products{
    {{Product::plus_times, "plus-times"}, {Product::max_plus, "max-plus"}}};

std::string_view name_of(BiasOn rule);
std::string_view name_of(Activation activation);
std::string_view name_of(Product product);

// The choice of this name. Throw Error(Fault::usage), naming those there are, for another.
BiasOn bias_on_from_name(std::string_view name);
Activation activation_from_name(std::string_view name);
Product product_from_name(std::string_view name);

// A value for a whole layer, or one for each of its rows.
template <class V>
class OneOrEach {
 public:
  OneOrEach() : values_(1) {}
  template <std::convertible_to<V> One>
  OneOrEach(One one) : values_{V(std::move(one))} {}  // NOLINT: a value for all is one of these
  OneOrEach(std::vector<V> each) : is_one_(false), values_(std::move(each)) {}  // NOLINT

  bool is_one() const { return is_one_; }
  V operator[](Index row) const { return values_[is_one_ ? 0 : row]; }

  // The value of all rows: that of the layer, or one that each row has. None where they differ.
  std::optional<V> common() const {
    for (std::size_t i = 1; i < values_.size(); ++i) {
      if (values_[i] != values_[0]) return std::nullopt;
    }
    return values_.empty() ? V{} : values_[0];
  }

  // One, or as many as rows.
  const std::vector<V>& values() const { return values_; }

  friend bool operator==(const OneOrEach&, const OneOrEach&) = default;

 private:
  bool is_one_ = true;
  std::vector<V> values_;
};

template <NetworkValue T>
struct LayerRules {
  OneOrEach<std::optional<T>> cap{};  // the greatest value a neuron behind ReLU can take
  BiasOn bias_on = BiasOn::stored;
  OneOrEach<Activation> activation{Activation::relu};
  Product product = Product::plus_times;

  friend bool operator==(const LayerRules&, const LayerRules&) = default;
};

}  // namespace oscillon
