#include "oscillon/algebra/array_algebra.hpp"

#include <algorithm>
#include <numeric>

#include "oscillon/base/checked.hpp"

namespace oscillon {

std::pair<KeySet, std::vector<Index>> concatenated_keys(const KeySet& left, const KeySet& right,
                                                        std::string_view separator) {
  const Index count = checked_multiply(left.size(), right.size(), "Kronecker product of keys");
  // Where no key of `left` begins another, pairs in order are keys in order, and none reads the
  // same.
  if (std::optional<KeySet> ordered = KeySet::products_in_order(left, separator, right)) {
    std::vector<Index> positions(count);
    std::iota(positions.begin(), positions.end(), Index{0});
    return {std::move(*ordered), std::move(positions)};
  }
  std::vector<std::string> joined;
  joined.reserve(count);
  for (Index l = 0; l < left.size(); ++l) {
    for (Index r = 0; r < right.size(); ++r) {
      joined.push_back(std::string(left[l]).append(separator).append(right[r]));
    }
  }
  const std::vector<std::string_view> views(joined.begin(), joined.end());
  auto [keys, positions] = KeySet::index(views);
  if (keys.size() != count) {
    std::vector<Index> first_with(keys.size(), count);
    for (Index i = 0; i < count; ++i) {
      Index& first = first_with[positions[i]];
      if (first != count) {
        const auto pair = [&](Index n) {
          return in_quotes(left[n / right.size()]) + " + " + in_quotes(right[n % right.size()]);
        };
        throw KeyError("the concatenated keys " + pair(first) + " and " + pair(i) + " are both " +
                       in_quotes(joined[i]) + "; give a separator that no key contains");
      }
      first = i;
    }
  }
  return {std::move(keys), std::move(positions)};
}

}  // namespace oscillon
