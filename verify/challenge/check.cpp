#include "oscillon/verify/challenge/check.hpp"

#include <algorithm>
#include <bit>
#include <iterator>

#include "engine/base/checksum.hpp"
#include "oscillon/base/thread_team.hpp"
#include "oscillon/io/tsv.hpp"

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

template <NetworkValue T>
Result result_of(const Matrix<T>& Y) {
  static_assert(std::endian::native == std::endian::little, "digests are of little-endian numbers");
  Result result;
  result.categories = categories_of(Y);
  result.digests.resize(result.categories.size());
  const Compressed<T> arrays = Y.compressed(Orientation::by_column);
  run_tasks(result.categories.size(), threads_for(arrays.size()), [&](std::size_t i) {
    const Index sample = result.categories[i];
    std::vector<std::uint64_t> words;
    words.reserve(2 * (arrays.offsets[sample + 1] - arrays.offsets[sample]));
    for (Index p = arrays.offsets[sample]; p < arrays.offsets[sample + 1]; ++p) {
      if (arrays.values[p] == T(0)) continue;
      words.push_back(arrays.indices[p]);
      words.push_back(std::bit_cast<std::uint64_t>(static_cast<double>(arrays.values[p])));
    }
    result.digests[i] = checksum_of(
        {reinterpret_cast<const char*>(words.data()), words.size() * sizeof(std::uint64_t)});
  });
  return result;
}

Result read_result(const std::string& path, Index samples) {
  Result result;
  result.categories = read_categories(path, samples, &result.digests);
  for (std::size_t i = 0; i < result.digests.size(); ++i) {
    const std::string& digest = result.digests[i];
    if (digest.size() != 32 || digest.find_first_not_of("0123456789abcdef") != std::string::npos) {
      throw ParseError(path, i + 1, 0, "a digest has 32 hexadecimal digits");
    }
  }
  return result;
}

void write_result(const std::string& path, const Result& result) {
  write_categories(path, result.categories, result.digests);
}

std::string Check::message() const {
  std::string text;
  const auto add = [&](const std::string& what) { text += (text.empty() ? "" : "; ") + what; };
  if (!missing.empty()) add("the answer lacks sample " + listed(missing));
  if (!extra.empty()) add("the answer has sample " + listed(extra) + ", which the truth does not");
  if (!different.empty()) add("other values than in the truth has sample " + listed(different));
  return text;
}

Check check_result(const Result& answer, const Result& truth) {
  Check check = check_categories(answer.categories, truth.categories);
  check.compared_values = !answer.digests.empty() && !truth.digests.empty();
  if (!check.compared_values) return check;
  for (std::size_t i = 0, j = 0; i < answer.categories.size() && j < truth.categories.size();) {
    if (answer.categories[i] < truth.categories[j]) {
      ++i;
    } else if (truth.categories[j] < answer.categories[i]) {
      ++j;
    } else {
      if (answer.digests[i] != truth.digests[j]) check.different.push_back(answer.categories[i]);
      ++i, ++j;
    }
  }
  return check;
}

Check check_categories(const std::vector<Index>& answer, const std::vector<Index>& truth) {
  Check check;
  std::set_difference(truth.begin(), truth.end(), answer.begin(), answer.end(),
                      std::back_inserter(check.missing));
  std::set_difference(answer.begin(), answer.end(), truth.begin(), truth.end(),
                      std::back_inserter(check.extra));
  return check;
}

#define OSCILLON_INSTANTIATE_CHECK(T)                          \
  template std::vector<Index> categories_of(const Matrix<T>&); \
  template Result result_of(const Matrix<T>&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_CHECK)
#undef OSCILLON_INSTANTIATE_CHECK

}  // namespace oscillon::challenge
