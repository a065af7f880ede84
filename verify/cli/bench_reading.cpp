// `oscillon bench reading`: how fast text is read, beside counting its lines and beside reading it
// entry by entry.
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "engine/io/input_file.hpp"
#include "oscillon/base/thread_team.hpp"
#include "oscillon/io/tsv.hpp"
#include "verify/bench/measure.hpp"
#include "verify/bench/naive.hpp"
#include "verify/cli/command.hpp"
#include "verify/conformance/process.hpp"

namespace oscillon::cli {

namespace {

struct ReadingOptions : CommonOptions {
  std::string file;
  Index columns = 1024;
  int repeats = 5;
};

// The file's name reaches the shell by a variable, so that it needs no quoting.
void count_lines(const std::stop_token& stop) {
  const auto counted = conformance::run_shell("wc -l < \"$OSCILLON_BENCH_FILE\" > /dev/null",
                                              std::chrono::minutes(10), stop);
  if (counted.code != 0) throw Error(Fault::io, "wc cannot count lines: " + counted.last_words);
}

int bench_reading(const ReadingOptions& options, const std::stop_token& stop) {
  ScanOptions scan;
  scan.threads = options.threads;
  const auto read = [&] { return read_samples_tsv<float>(options.file, 0, options.columns, scan); };
  setenv("OSCILLON_BENCH_FILE", options.file.c_str(), 1);
  const SampleBatch<float> batch = read();
  const double bytes = static_cast<double>(InputFile(options.file).text().size());
  bench::Times naive{"fscanf and setElement", {}};
  {
    std::optional<Matrix<float>> read_slowly;
    naive.time([&] {
      read_slowly.emplace(bench::read_naive(options.file, batch.samples(), batch.neurons()));
    });
    const auto expected = read_slowly->compressed(Orientation::by_row);
    const auto found = batch.columns(0, batch.samples());
    if (expected.offsets != found.offsets || expected.indices != found.indices ||
        expected.values != found.values) {
      throw Error(Fault::internal, "the two ways of reading " + options.file + " differ");
    }
  }
  bench::Times lines{"wc -l", {}};
  bench::Times ours{"read", {}};
  for (int i = 0; i < options.repeats; ++i) {
    lines.time([&] { count_lines(stop); });
    ours.time(read);
  }

  std::string text = options.file + ": " + grouped(batch.entries()) + " entries, " +
                     grouped(static_cast<Index>(bytes)) + " bytes, " +
                     std::to_string(thread_count(options.threads)) + " threads, " +
                     std::to_string(options.repeats) + " runs each in turn\n" +
                     "way                     median s     MB/s   of read\n";
  nlohmann::ordered_json record{
      {"file", options.file}, {"bytes", bytes}, {"entries", batch.entries()}};
  for (const bench::Times* times : {&ours, &lines, &naive}) {
    char line[160];
    std::snprintf(line, sizeof line, "%-22s %9.4f %8.0f %9.2f\n", times->name.c_str(),
                  times->median(), bytes / times->median() / 1e6, times->median() / ours.median());
    text += line;
    record["ways"].push_back({{"way", times->name},
                              {"seconds", times->seconds},
                              {"median_seconds", times->median()},
                              {"megabytes_per_second", bytes / times->median() / 1e6}});
  }
  print(options.json ? record.dump(2) + "\n" : text);
  return exit_ok;
}

}  // namespace

void add_bench_reading(CLI::App& bench, Action& action) {
  auto* app = bench.add_subcommand(
      "reading", "A plain text of `row column value`, beside wc -l and beside fscanf");
  auto options = std::make_shared<ReadingOptions>();
  app->add_option("FILE", options->file, "The text, not compressed")
      ->check(some_path())
      ->required();
  app->add_option("--columns", options->columns, "The greatest column that there may be")
      ->check(whole_number(1, most_samples))
      ->capture_default_str();
  app->add_option("--repeats", options->repeats, "Timed runs of each; fscanf runs once")
      ->check(whole_number(1, 1'000'000))
      ->capture_default_str();
  add_threads_option(*app, *options);
  add_json_option(*app, *options);
  add_example(*app, "oscillon bench reading data/sparse-images-1024.tsv --columns 1024");
  app->callback([options, &action] {
    action = [options](const std::stop_token& stop) { return bench_reading(*options, stop); };
  });
}

}  // namespace oscillon::cli
