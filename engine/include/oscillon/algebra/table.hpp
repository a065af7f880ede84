// An associative array as a labelled table that fits a terminal.
#pragma once

#include <functional>
#include <string>

#include "oscillon/algebra/assoc_array.hpp"

namespace oscillon {

template <Value T>
struct TableOptions {
  std::size_t width = 80;                // characters a line, at least 20
  std::size_t height = 24;               // lines, at least 6
  std::function<std::string(T)> format;  // how a value is written; without it, as short as is exact
};

// Column keys above, row keys at the left, values right-aligned; a missing entry is blank and a
// stored 0 is a 0. Where rows or columns do not fit, those in the middle are left out. The last
// line gives the size of the array. Only the part that is shown is looked at.
template <Value T>
std::string table(const AssocArray<T>& array, const TableOptions<T>& options = {});

#define OSCILLON_EXTERN_TABLE(T) \
  extern template std::string table(const AssocArray<T>&, const TableOptions<T>&);
OSCILLON_FOR_EACH_VALUE_TYPE(OSCILLON_EXTERN_TABLE)
#undef OSCILLON_EXTERN_TABLE

}  // namespace oscillon
