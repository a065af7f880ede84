#include "verify/figures/curves.hpp"

#include <algorithm>

#include "oscillon/solutions/rational.hpp"
#include "verify/figures/gnuplot.hpp"

namespace oscillon::figures {

void draw_curves(const std::string& path, const Sweep& sweep, const std::string& title) {
  Gnuplot figure(path, 800, 480);
  std::string points;
  double last = 2;
  for (std::size_t k = 0; k < sweep.points.size(); ++k) {
    const SweepPoint& point = sweep.points[k];
    const double r = nearest_double(point.r);
    last = std::max(last, r);
    for (const double value :
         {r, sweep.detection(k), sweep.false_alarm(k), sweep.share(point.predicted_detected),
          sweep.share(point.predicted_false_alarms)}) {
      points += std::to_string(value) + " ";
    }
    points += "\n";
  }
  figure.data("curves", points);
  std::string script =
      "set title " + gnuplot_string(title) +
      "\nset xlabel 'r'\nset ylabel 'probability'\nset xrange [-0.2:" + std::to_string(last + 0.2) +
      "]\nset yrange [-0.05:1.2]\nset ytics 0,0.2,1\nset key right center\n";
  // A name at 0, 1 and 2, and between these.
  const char* names[] = {"deletion", "degradation", "normal", "enhancement", "excitement"};
  for (int i = 0; i < 5; ++i) {
    const std::string at = std::to_string(0.5 * i);
    script += "set label " + gnuplot_string(names[i]) + " at " + at + ",1.12 center font ',9'\n";
    if (i % 2 == 0) {
      script += "set arrow from " + at + ",-0.05 to " + at + ",1.08 nohead dt 3 lc rgb '#999999'\n";
    }
  }
  // A share holds from just above one point up to the next: a case is detected above its threshold,
  // not at it.
  figure.draw(script +
              "plot $curves using 1:4 with fsteps lw 2 lc rgb 'blue' title 'P_d, theory', "
              "$curves using 1:2 with points pt 7 ps 0.6 lc rgb 'blue' title 'P_d, inference', "
              "$curves using 1:5 with fsteps lw 2 lc rgb 'red' title 'P_fa, theory', "
              "$curves using 1:3 with points pt 5 ps 0.6 lc rgb 'red' title 'P_fa, inference'\n");
}

}  // namespace oscillon::figures
