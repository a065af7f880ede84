// The weights of a layer in little memory, output after output: the form in which plan `fused`
// reads them. 65,536 neurons with 32 equal weights each take 4.7 MB here and 34 MB as a matrix.
#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "oscillon/algebra/matrix.hpp"

namespace oscillon {

template <NetworkValue T>
class WeightRows {
 public:
  WeightRows() = default;

  // Of weights, outputs x inputs, by column. Throws like Matrix::from_compressed for arrays that
  // are no matrix.
  explicit WeightRows(const Compressed<T>& columns);

  Index inputs() const { return inputs_; }
  Index outputs() const { return offsets_.size() - 1; }
  Index edges() const { return offsets_.back(); }
  std::size_t bytes() const;  // of memory

  // The edges of output i are offsets()[i] … offsets()[i + 1] - 1, by ascending input.
  std::span<const Index> offsets() const { return offsets_; }

  // Calls visit(span of the edges' inputs), whose numbers have the smallest type that holds them.
  template <class Visit>
  decltype(auto) visit_inputs(Visit&& visit) const {
    return std::visit(
        [&]<class Held>(const std::vector<Held>& held) -> decltype(auto) {
          return visit(std::span<const Held>(held));
        },
        edge_inputs_);
  }

  // The weight of each edge, or one for all: every edge has its bits.
  std::span<const T> values() const { return values_; }
  bool one_value() const { return values_.size() == 1; }

  // Inputs that no output has an edge from, ascending.
  std::span<const Index> unread() const { return unread_; }

  // Back, by column.
  Compressed<T> columns() const;

 private:
  Index inputs_ = 0;
  std::vector<Index> offsets_{0};
  std::variant<std::vector<std::uint16_t>, std::vector<std::uint32_t>, std::vector<Index>>
      edge_inputs_;
  std::vector<T> values_;
  std::vector<Index> unread_;
};

#define OSCILLON_EXTERN_WEIGHT_ROWS(T) extern template class WeightRows<T>;
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_WEIGHT_ROWS)
#undef OSCILLON_EXTERN_WEIGHT_ROWS

}  // namespace oscillon
