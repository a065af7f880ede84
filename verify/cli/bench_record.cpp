#include "verify/cli/bench_record.hpp"

#include <algorithm>
#include <cstdio>

#include "engine/base/error.hpp"
#include "engine/io/input_file.hpp"

namespace oscillon::cli {

namespace {

// Calls visit(name, member) for each field.
template <class Row, class Visit>
void each_field_of_row(Row& row, Visit&& visit) {
  visit("plan", row.plan);
  visit("threads", row.threads);
  visit("seconds", row.seconds);
  visit("median_seconds", row.median);
  visit("edges_per_second", row.edges_rate);
  visit("live_edges_per_second", row.live_rate);
  visit("share_of_peak", row.share_of_peak);
  visit("faster_than_naive", row.faster_than_naive);
  visit("profile", row.profile);
}

template <class Record, class Visit>
void each_field_of_record(Record& record, Visit&& visit) {
  visit("machine", record.machine);
  visit("problem", record.problem);
  visit("neurons", record.neurons);
  visit("depth", record.depth);
  visit("inputs", record.inputs);
  visit("edges", record.edges);
  visit("categories", record.categories);
  visit("precision", record.precision);
  visit("limits", record.limits);
  visit("peak_memory_bytes", record.peak_memory);
}

}  // namespace

const BenchRow* BenchRecord::row(const std::string& plan, int threads) const {
  for (const BenchRow& row : rows) {
    if (row.plan == plan && row.threads == threads) return &row;
  }
  return nullptr;
}

nlohmann::ordered_json to_json(const BenchRecord& record) {
  nlohmann::ordered_json made;
  const auto write_into = [](nlohmann::ordered_json& json) {
    return [&json](const char* name, const auto& value) { json[name] = value; };
  };
  each_field_of_record(record, write_into(made));
  made["plans"] = nlohmann::ordered_json::array();
  for (const BenchRow& row : record.rows) {
    each_field_of_row(row, write_into(made["plans"].emplace_back()));
  }
  return made;
}

BenchRecord read_bench_record(const std::string& path) {
  const InputFile file(path);
  const auto read_from = [](const nlohmann::ordered_json& json) {
    return [&json](const char* name, auto& value) {
      value = json.at(name).get<std::remove_reference_t<decltype(value)>>();
    };
  };
  try {
    const auto json = nlohmann::ordered_json::parse(file.text());
    BenchRecord made;
    each_field_of_record(made, read_from(json));
    for (const auto& row : json.at("plans")) {
      each_field_of_row(made.rows.emplace_back(), read_from(row));
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
                  row.threads, row.plan.c_str(), row.median, *least, *most, row.edges_rate,
                  row.live_rate, row.share_of_peak, row.faster_than_naive);
    text += line;
  }
  return text;
}

}  // namespace oscillon::cli
