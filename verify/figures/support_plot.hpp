// Sub-DNNs as pictures: the paper's figure 9.
#pragma once

#include <string>
#include <vector>

#include "oscillon/algebra/assoc_array.hpp"

namespace oscillon::figures {

struct SupportPanel {
  std::string title;
  std::vector<AssocArray<float>> support;   // cW_l, lowest first
  std::vector<AssocArray<float>> affected;  // fW_l; none: nothing is marked
};

// As .svg or .png through gnuplot, panels side by side: each neuron by its key, features at the
// left, the category at the right, weights of the support in black, those that the feature affects
// in dashed red. Throws Error(usage) for a panel with more than 60 neurons in a rank.
void draw_supports(const std::string& path, const std::vector<SupportPanel>& panels);

}  // namespace oscillon::figures
