// The Challenge's check: the categories of an answer are the samples whose last row has a nonzero
// sum; they must be those of the truth.
#pragma once

#include <string>
#include <vector>

#include "engine/algebra/matrix.hpp"

namespace oscillon::challenge {

// The samples (columns of Y, counted from 0) whose entries have a sum other than 0. After ReLU no
// entry is negative, so these are the samples that are alive.
template <NetworkValue T>
std::vector<Index> categories_of(const Matrix<T>& Y);

struct Check {
  std::vector<Index> missing;  // in the truth, not in the answer
  std::vector<Index> extra;    // in the answer, not in the truth
  bool passed() const { return missing.empty() && extra.empty(); }

  // What differs, naming the first few samples by their numbers in the files, which count from 1.
  // Empty when nothing does.
  std::string message() const;
};

// Both lists ascend.
Check check_categories(const std::vector<Index>& answer, const std::vector<Index>& truth);

#define OSCILLON_EXTERN_CHECK(T) extern template std::vector<Index> categories_of(const Matrix<T>&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_CHECK)
#undef OSCILLON_EXTERN_CHECK

}  // namespace oscillon::challenge
