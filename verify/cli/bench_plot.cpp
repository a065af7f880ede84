// `oscillon bench plot`: rates against the size of the problem, from records of `bench challenge`.
#include <algorithm>
#include <map>

#include "verify/cli/bench_record.hpp"
#include "verify/cli/command.hpp"
#include "verify/figures/gnuplot.hpp"

namespace oscillon::cli {

namespace {

struct PlotOptions {
  std::vector<std::string> records;
  std::string output;
};

int bench_plot(const PlotOptions& options) {
  std::map<std::string, std::map<std::uint64_t, double>>
      rates;  // plan and threads -> edges -> rate
  for (const std::string& path : options.records) {
    const BenchRecord record = read_bench_record(path);
    for (const BenchRow& row : record.rows) {
      const std::string threads =
          row.threads == 1 ? ", 1 thread" : ", " + std::to_string(row.threads) + " threads";
      rates[row.plan + threads][record.edges] = row.edges_rate;
    }
  }
  require_distinct(options.output, options.records);
  figures::Gnuplot gnuplot(options.output);
  std::string plots;
  int number = 0;
  for (const auto& [plan, points] : rates) {
    std::string text;
    for (const auto& [edges, rate] : points) {
      text += std::to_string(edges) + " " + std::to_string(rate) + "\n";
    }
    const std::string name = "plan" + std::to_string(++number);
    gnuplot.data(name, text);
    plots += (plots.empty() ? "plot $" : ", $") + name + " with linespoints pointtype " +
             std::to_string(number) + " title " + figures::gnuplot_string(plan);
  }
  gnuplot.draw(
      "set logscale xy\nset format '10^{%L}'\nset termoption enhanced\n"
      "set xlabel 'connections of the network'\nset ylabel 'inputs x connections a second'\n"
      "set key outside right top\nset grid\n" +
      plots);
  return exit_ok;
}

}  // namespace

void add_bench_plot(CLI::App& bench, Action& action) {
  auto* app = bench.add_subcommand("plot", "Draw the rates of saved records against their size");
  auto options = std::make_shared<PlotOptions>();
  app->add_option("records", options->records, "Records that bench challenge --record has written")
      ->required()
      ->check(some_path());
  app->add_option("-o,--output", options->output, "The figure: a name that ends in .svg or .png")
      ->required()
      ->check(some_path());
  add_example(*app, "oscillon bench plot 1024.json 4096.json 16384.json -o rates.svg");
  app->callback([options, &action] {
    action = [options](const std::stop_token&) { return bench_plot(*options); };
  });
}

}  // namespace oscillon::cli
