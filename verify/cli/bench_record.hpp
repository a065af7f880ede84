// Records of `bench challenge`: written, read back, compared, drawn.
#pragma once

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace oscillon::cli {

// A figure that is not known: null in a record, nothing in a table.
inline constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

// How a plan did.
struct BenchRow {
  std::string plan;
  int threads = 0;
  std::vector<double> seconds;  // of each run
  double median = 0;
  double edges_rate = 0;               // samples x edges a second, the Challenge's rate
  double live_rate = unknown;          // edges of live samples a second
  double share_of_peak = unknown;      // of the fused multiply-adds in registers
  double faster_than_naive = unknown;  // where the naive way ran
  nlohmann::ordered_json profile;      // of the last run, or null
};

struct BenchRecord {
  nlohmann::ordered_json machine, problem, limits;  // the last for each number of threads
  std::uint64_t neurons = 0, depth = 0, inputs = 0, edges = 0, categories = 0;
  std::string precision;
  std::uint64_t peak_memory = 0;
  std::vector<BenchRow> rows;

  bool is_comparable(const BenchRecord& other) const;  // of the same problem, as far as is known
  const BenchRow* row(const std::string& plan, int threads) const;  // nullptr: there is none
};

nlohmann::ordered_json to_json(const BenchRecord& record);

// Throws Error(cannot_open), and Error(bad_data) for a file that is no such record or
// holds what no run gives.
BenchRecord read_bench_record(const std::string& path);

// A line for each plan and number of threads, and one with the names of the columns.
std::string to_csv(const BenchRecord& record);

}  // namespace oscillon::cli
