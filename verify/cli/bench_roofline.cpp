// `oscillon bench roofline`: the limits of this machine.
#include <nlohmann/json.hpp>

#include "oscillon/base/thread_team.hpp"
#include "verify/cli/machine.hpp"
#include "verify/cli/problem.hpp"

namespace oscillon::cli {

namespace {

int bench_roofline(const CommonOptions& options) {
  const int all = thread_count(options.threads);
  nlohmann::ordered_json record{{"machine", machine_record()}, {"precision", options.precision}};
  std::string text = machine_text();
  in_floating_point(options.precision, [&]<class T>() {
    for (int threads = 1; threads <= all;
         threads = threads < all ? std::min(2 * threads, all) : all + 1) {
      const bench::Roofline limits = bench::measure_roofline<T>(threads);
      text += roofline_text(limits);
      record["limits"].push_back(roofline_record(limits));
    }
    return exit_ok;
  });
  print(options.json ? record.dump(2) + "\n" : text);
  return exit_ok;
}

}  // namespace

void add_bench_roofline(CLI::App& bench, Action& action) {
  auto* app =
      bench.add_subcommand("roofline", "The limits of this machine: multiply-adds, caches, memory");
  auto options = std::make_shared<CommonOptions>();
  add_precision_option(*app, *options);
  add_threads_option(*app, *options);
  add_json_option(*app, *options);
  add_example(*app, "oscillon bench roofline");
  app->callback([options, &action] {
    action = [options](const std::stop_token&) { return bench_roofline(*options); };
  });
}

}  // namespace oscillon::cli
