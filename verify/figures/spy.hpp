// Spy plots: where an array has entries. The paper's figures 3 to 8.
#pragma once

#include <string>

#include "oscillon/algebra/assoc_array.hpp"

namespace oscillon::figures {

// A picture as .svg or .png, rows from the top, columns from the left, through gnuplot. Up to 240
// keys a side each is written beside its row or column; above that their number alone.
template <Value T>
void draw_spy(const std::string& path, const AssocArray<T>& array, const std::string& title = "");

// Text of at most `width` characters a line and `height` lines. Each character stands for a block
// of rows and columns: blank without an entry, then . : * # for more than none, 1/4, 1/2 and 3/4 of
// its places.
template <Value T>
std::string spy_text(const AssocArray<T>& array, std::size_t width = 80, std::size_t height = 24);

#define OSCILLON_EXTERN_SPY(T)                                                                 \
  extern template void draw_spy(const std::string&, const AssocArray<T>&, const std::string&); \
  extern template std::string spy_text(const AssocArray<T>&, std::size_t, std::size_t);
OSCILLON_FOR_EACH_VALUE_TYPE(OSCILLON_EXTERN_SPY)
#undef OSCILLON_EXTERN_SPY

}  // namespace oscillon::figures
