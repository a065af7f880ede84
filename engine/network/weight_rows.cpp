#include "oscillon/network/weight_rows.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace oscillon {

template <NetworkValue T>
WeightRows<T>::WeightRows(const Compressed<T>& columns) : inputs_(columns.columns) {
  if (columns.orientation != Orientation::by_column) {
    throw ShapeError("the arrays of a layer's weights must be compressed columns");
  }
  require_valid(columns);
  offsets_.assign(columns.rows + 1, 0);
  for (const Index row : columns.indices) ++offsets_[row + 1];
  std::partial_sum(offsets_.begin(), offsets_.end(), offsets_.begin());
  for (Index k = 0; k < inputs_; ++k) {
    if (columns.offsets[k] == columns.offsets[k + 1]) unread_.push_back(k);
  }
  const bool one = !columns.values.empty() &&
                   std::all_of(columns.values.begin(), columns.values.end(), [&](const T& value) {
                     return std::memcmp(&value, columns.values.data(), sizeof(T)) == 0;
                   });
  if (one) {
    values_.assign(1, columns.values.front());
  } else {
    values_.resize(columns.size());
  }
  if (inputs_ > Index{1} << 32) {
    edge_inputs_.template emplace<2>();
  } else if (inputs_ > Index{1} << 16) {
    edge_inputs_.template emplace<1>();
  }
  std::vector<Index> place(offsets_.begin(), offsets_.end() - 1);
  std::visit(
      [&]<class I>(std::vector<I>& into) {
        into.resize(columns.size());
        for (Index k = 0; k < inputs_; ++k) {
          for (Index p = columns.offsets[k]; p < columns.offsets[k + 1]; ++p) {
            const Index at = place[columns.indices[p]]++;
            into[at] = static_cast<I>(k);
            if (!one) values_[at] = columns.values[p];
          }
        }
      },
      edge_inputs_);
}

template <NetworkValue T>
std::size_t WeightRows<T>::bytes() const {
  const std::size_t indices = visit_inputs([](const auto inputs) { return inputs.size_bytes(); });
  return indices + (offsets_.capacity() + unread_.capacity()) * sizeof(Index) +
         values_.capacity() * sizeof(T);
}

template <NetworkValue T>
Compressed<T> WeightRows<T>::columns() const {
  Compressed<T> made;
  made.orientation = Orientation::by_column;
  made.rows = outputs();
  made.columns = inputs_;
  made.offsets.assign(inputs_ + 1, 0);
  made.indices.resize(edges());
  made.values.resize(edges());
  visit_inputs([&](const auto inputs) {
    for (const auto input : inputs) ++made.offsets[Index{input} + 1];
    std::partial_sum(made.offsets.begin(), made.offsets.end(), made.offsets.begin());
    std::vector<Index> place(made.offsets.begin(), made.offsets.end() - 1);
    for (Index i = 0; i < outputs(); ++i) {
      for (Index p = offsets_[i]; p < offsets_[i + 1]; ++p) {
        const Index at = place[inputs[p]]++;
        made.indices[at] = i;
        made.values[at] = one_value() ? values_.front() : values_[p];
      }
    }
  });
  return made;
}

#define OSCILLON_INSTANTIATE_WEIGHT_ROWS(T) template class WeightRows<T>;
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_WEIGHT_ROWS)
#undef OSCILLON_INSTANTIATE_WEIGHT_ROWS

}  // namespace oscillon
