// The Challenge's check: the categories of an answer are the samples whose last row has a nonzero
// sum; they must be those of the truth, and, where digests are known, so must their values.
#pragma once

#include <string>
#include <vector>

#include "oscillon/algebra/matrix.hpp"

namespace oscillon::challenge {

// The samples (columns of Y, counted from 0) whose entries have a sum other than 0. After ReLU no
// entry is negative, so these are the samples that are alive.
template <NetworkValue T>
std::vector<Index> categories_of(const Matrix<T>& Y);

// An answer, or a truth, as it is written down: the categories, and for each, if known, a digest of
// its values, so that a wrong value of a right category is seen.
struct Result {
  std::vector<Index> categories;
  std::vector<std::string> digests;  // as many, or none
};

// The digest of a sample: XXH3 with 128 bits of its neurons that are not 0, ascending, each as its
// number (8 bytes) and its value as a double (8 bytes), little-endian; 32 hexadecimal digits.
// Whatever the type an answer was worked out in, equal numbers have equal digests.
template <NetworkValue T>
Result result_of(const Matrix<T>& Y);

// One sample a line, its number counted from 1, then a tab and its digest where there are digests:
// without them the file is an official categories file. Throws ParseError unless all lines have a
// digest or none has, and the numbers ascend and are at most `samples`.
Result read_result(const std::string& path, Index samples);
void write_result(const std::string& path, const Result& result);

struct Check {
  std::vector<Index> missing;    // in the truth, not in the answer
  std::vector<Index> extra;      // in the answer, not in the truth
  std::vector<Index> different;  // in both, with other values
  bool compared_values = false;  // both had digests
  bool passed() const { return missing.empty() && extra.empty() && different.empty(); }

  // What differs, naming the first few samples by their numbers in the files, which count from 1.
  // Empty when nothing does.
  std::string message() const;
};

Check check_result(const Result& answer, const Result& truth);

// Of categories alone; both lists ascend.
Check check_categories(const std::vector<Index>& answer, const std::vector<Index>& truth);

#define OSCILLON_EXTERN_CHECK(T)                                      \
  extern template std::vector<Index> categories_of(const Matrix<T>&); \
  extern template Result result_of(const Matrix<T>&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_CHECK)
#undef OSCILLON_EXTERN_CHECK

}  // namespace oscillon::challenge
