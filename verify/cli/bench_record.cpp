#include "verify/cli/bench_record.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <type_traits>

#include "engine/io/input_file.hpp"
#include "oscillon/base/error.hpp"

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

// Says what is wrong with a record; else nothing.
std::string complaint(const BenchRecord& record) {
  if (record.rows.empty()) return "it has no plans";
  if (record.edges == 0) return "its network has no connections";
  for (const BenchRow& row : record.rows) {
    const auto positive = [](double number) { return number > 0; };
    if (row.threads < 1 || row.seconds.empty() || !positive(row.median) ||
        !positive(row.edges_rate) ||
        !std::all_of(row.seconds.begin(), row.seconds.end(), positive)) {
      return "plan " + row.plan + " has figures that are not positive";
    }
    if (record.row(row.plan, row.threads) != &row) return "plan " + row.plan + " comes twice";
  }
  return "";
}

}  // namespace

bool BenchRecord::is_comparable(const BenchRecord& other) const {
  return neurons == other.neurons && depth == other.depth && inputs == other.inputs &&
         edges == other.edges && precision == other.precision;
}

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
      using Value = std::remove_reference_t<decltype(value)>;
      const auto& found = json.at(name);
      if constexpr (std::is_same_v<Value, double>) {
        value = found.is_null() ? unknown : found.template get<double>();
      } else {
        value = found.template get<Value>();
      }
    };
  };
  try {
    const auto json = nlohmann::ordered_json::parse(file.text());
    BenchRecord made;
    each_field_of_record(made, read_from(json));
    for (const auto& row : json.at("plans")) {
      each_field_of_row(made.rows.emplace_back(), read_from(row));
    }
    const std::string wrong = complaint(made);
    if (!wrong.empty()) {
      throw Error(Fault::bad_data, path + ": this is no record of `bench challenge`: " + wrong);
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
    const auto figure = [](double number) {
      char digits[32] = "";
      if (!std::isnan(number)) std::snprintf(digits, sizeof digits, "%.6g", number);
      return std::string(digits);
    };
    text += std::to_string(record.neurons) + "," + std::to_string(record.depth) + "," +
            std::to_string(record.inputs) + "," + record.precision + "," +
            std::to_string(row.threads) + "," + row.plan;
    for (const double number : {row.median, *least, *most, row.edges_rate, row.live_rate,
                                row.share_of_peak, row.faster_than_naive}) {
      text += "," + figure(number);
    }
    text += "\n";
  }
  return text;
}

}  // namespace oscillon::cli
