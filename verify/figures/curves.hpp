// P_d(r) and P_fa(r) as a picture: the paper's figure 10.
#pragma once

#include <string>

#include "oscillon/solutions/sweep.hpp"

namespace oscillon::figures {

// As .svg or .png through gnuplot: P_d in blue, P_fa in red, points where inference was run and
// lines where theory has them, with deletion (r = 0), degradation (0 < r < 1), normal (r = 1),
// enhancement (1 < r < 2) and excitement (r = 2) marked.
void draw_curves(const std::string& path, const Sweep& sweep, const std::string& title);

}  // namespace oscillon::figures
