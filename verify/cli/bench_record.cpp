#include "verify/cli/bench_record.hpp"

#include <algorithm>
#include <cstdio>

#include "engine/base/error.hpp"
#include "engine/io/input_file.hpp"

namespace oscillon::cli {

const BenchRow* BenchRecord::row(const std::string& plan) const {
  for (const BenchRow& row : rows) {
    if (row.plan == plan) return &row;
  }
  return nullptr;
}

nlohmann::ordered_json to_json(const BenchRecord& record) {
  nlohmann::ordered_json made{{"machine", record.machine},
                              {"problem", record.problem},
                              {"neurons", record.neurons},
                              {"depth", record.depth},
                              {"inputs", record.inputs},
                              {"edges", record.edges},
                              {"categories", record.categories},
                              {"precision", record.precision},
                              {"threads", record.threads},
                              {"limits", record.limits},
                              {"peak_memory_bytes", record.peak_memory},
                              {"plans", nlohmann::ordered_json::array()}};
  for (const BenchRow& row : record.rows) {
    made["plans"].push_back({{"plan", row.plan},
                             {"seconds", row.seconds},
                             {"median_seconds", row.median},
                             {"edges_per_second", row.edges_rate},
                             {"live_edges_per_second", row.live_rate},
                             {"share_of_peak", row.share_of_peak},
                             {"faster_than_naive", row.faster_than_naive},
                             {"profile", row.profile}});
  }
  return made;
}

BenchRecord read_bench_record(const std::string& path) {
  const InputFile file(path);
  try {
    const auto json = nlohmann::ordered_json::parse(file.text());
    BenchRecord made;
    made.machine = json.at("machine");
    made.problem = json.at("problem");
    made.limits = json.at("limits");
    made.neurons = json.at("neurons");
    made.depth = json.at("depth");
    made.inputs = json.at("inputs");
    made.edges = json.at("edges");
    made.categories = json.at("categories");
    made.precision = json.at("precision");
    made.threads = json.at("threads");
    made.peak_memory = json.at("peak_memory_bytes");
    for (const auto& row : json.at("plans")) {
      made.rows.push_back({row.at("plan"), row.at("seconds"), row.at("median_seconds"),
                           row.at("edges_per_second"), row.at("live_edges_per_second"),
                           row.at("share_of_peak"), row.at("faster_than_naive"),
                           row.at("profile")});
    }
    return made;
  } catch (const nlohmann::json::exception& error) {
    throw Error(Fault::bad_data,
                path + ": this is no record of `bench challenge`: " + error.what());
  }
}

std::string to_csv(const BenchRecord& record) {
  std::string text =
      "neurons,depth,inputs,precision,threads,plan,median_seconds,least_seconds,most_seconds,"
      "edges_per_second,live_edges_per_second,share_of_peak,faster_than_naive\n";
  for (const BenchRow& row : record.rows) {
    const auto [least, most] = std::minmax_element(row.seconds.begin(), row.seconds.end());
    char line[320];
    std::snprintf(line, sizeof line, "%llu,%llu,%llu,%s,%d,%s,%.6g,%.6g,%.6g,%.6g,%.6g,%.4g,%.4g\n",
                  static_cast<unsigned long long>(record.neurons),
                  static_cast<unsigned long long>(record.depth),
                  static_cast<unsigned long long>(record.inputs), record.precision.c_str(),
                  record.threads, row.plan.c_str(), row.median, *least, *most, row.edges_rate,
                  row.live_rate, row.share_of_peak, row.faster_than_naive);
    text += line;
  }
  return text;
}

}  // namespace oscillon::cli
