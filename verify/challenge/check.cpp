#include "verify/challenge/check.hpp"

#include <algorithm>
#include <iterator>

namespace oscillon::challenge {

namespace {

std::string listed(const std::vector<Index>& samples) {
  constexpr std::size_t most = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(samples.size(), most); ++i) {
    text += (i > 0 ? ", " : "") + std::to_string(samples[i] + 1);
  }
  if (samples.size() > most) text += " and " + std::to_string(samples.size() - most) + " more";
  return text;
}

}  // namespace

template <NetworkValue T>
std::vector<Index> categories_of(const Matrix<T>& Y) {
  const Compressed<T> arrays = Y.compressed(Orientation::by_column);
  std::vector<Index> categories;
  for (Index sample = 0; sample < arrays.columns; ++sample) {
    T sum = 0;
    for (Index p = arrays.offsets[sample]; p < arrays.offsets[sample + 1]; ++p) {
      sum += arrays.values[p];
    }
    if (sum != T(0)) categories.push_back(sample);
  }
  return categories;
}

std::string Check::message() const {
  std::string text;
  if (!missing.empty()) text += "the answer lacks sample " + listed(missing);
  if (!extra.empty()) {
    text += std::string(text.empty() ? "" : "; ") + "the answer has sample " + listed(extra) +
            ", which the truth does not";
  }
  return text;
}

Check check_categories(const std::vector<Index>& answer, const std::vector<Index>& truth) {
  Check check;
  std::set_difference(truth.begin(), truth.end(), answer.begin(), answer.end(),
                      std::back_inserter(check.missing));
  std::set_difference(answer.begin(), answer.end(), truth.begin(), truth.end(),
                      std::back_inserter(check.extra));
  return check;
}

#define OSCILLON_INSTANTIATE_CHECK(T) template std::vector<Index> categories_of(const Matrix<T>&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_CHECK)
#undef OSCILLON_INSTANTIATE_CHECK

}  // namespace oscillon::challenge
