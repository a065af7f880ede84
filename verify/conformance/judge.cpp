#include "verify/conformance/judge.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <mutex>

#include "engine/io/input_file.hpp"
#include "engine/io/text_scan.hpp"
#include "oscillon/base/thread_team.hpp"
#include "verify/conformance/process.hpp"

namespace oscillon::conformance {

namespace {

namespace fs = std::filesystem;

std::string text_of(double value) {
  std::string text;
  append_number(text, value);
  return text;
}

// The distance between neighbouring numbers of the precision, at a value that is not 0.
double ulp(ValueType precision, double value) {
  if (!is_floating(precision)) return 1;
  return std::ldexp(1.0, std::ilogb(value) - precision_of(precision) + 1);
}

bool has_output(const std::vector<double>& row) {
  return std::any_of(row.begin(), row.end(), [](double value) { return value != 0; });
}

// A name with * for any letters and ? for one.
bool matches(std::string_view name, std::string_view pattern) {
  if (pattern.empty()) return name.empty();
  if (pattern.front() == '*') {
    return matches(name, pattern.substr(1)) || (!name.empty() && matches(name.substr(1), pattern));
  }
  return !name.empty() && (pattern.front() == '?' || pattern.front() == name.front()) &&
         matches(name.substr(1), pattern.substr(1));
}

std::vector<VectorEntry> chosen_vectors(const std::string& folder, const JudgeOptions& options) {
  std::vector<VectorEntry> chosen;
  for (const VectorEntry& entry : listed_vectors(folder)) {
    const auto& precisions = options.precisions;
    const bool precision = precisions.empty() || std::find(precisions.begin(), precisions.end(),
                                                           entry.precision) != precisions.end();
    const bool name =
        options.cases.empty() || std::any_of(options.cases.begin(), options.cases.end(),
                                             [&](const auto& p) { return matches(entry.name, p); });
    if (precision && name) chosen.push_back(entry);
  }
  if (chosen.empty()) throw Error(Fault::usage, "no test vector is chosen");
  return chosen;
}

void replace_all(std::string& text, std::string_view what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
}

// A word for the shell.
std::string shell_quoted(const std::string& text) {
  std::string quoted = text;
  replace_all(quoted, "'", "'\\''");
  return "'" + quoted + "'";
}

Judgement refusal(const VectorEntry& entry, const StoredVector& vector,
                  std::vector<std::vector<double>> answer) {
  Judgement judgement{entry, Verdict::not_refused,
                      "the engine took a file of weights in which an entry stands twice", 0,
                      std::move(answer)};
  if (const auto rule = duplicate_rule(vector, judgement.answer)) {
    judgement.detail += ", and " + *rule;
  }
  return judgement;
}

// Judges what stands under `path`.
Judgement judge_file(const VectorEntry& entry, const StoredVector& vector,
                     const std::string& path) {
  try {
    auto answer = read_answer(path, vector.samples.size(), vector.outputs());
    if (entry.must_be_refused) return refusal(entry, vector, std::move(answer));
    return judge_answer(vector, std::move(answer));
  } catch (const Error& error) {
    return {entry, Verdict::malformed_output, error.what(), 0, {}};
  }
}

// A folder for outputs, gone with it.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (fs::temp_directory_path() / "oscillon-judge-").string();
    name.append(6, 'X');  // for mkdtemp to fill in
    if (mkdtemp(name.data()) == nullptr) {
      throw Error(Fault::cannot_create, "cannot create a folder for outputs: " + name);
    }
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Judgement run_engine(const std::string& folder, const VectorEntry& entry,
                     const std::string& command, const std::string& scratch,
                     const JudgeOptions& options) {
  const StoredVector vector = read_vector(folder, entry);
  const std::string of = folder_of(folder, entry.name, entry.precision);
  // Absolute, for a command that goes elsewhere first.
  const std::string weights = fs::absolute(of + "/" + std::string(options.format.name)).string();
  const std::string extension = "." + std::string(options.format.matrices->name);
  const std::string output =
      scratch + "/" + entry.name + "-" + std::string(name_of(entry.precision)) + extension;
  std::string filled = command;
  replace_all(filled, "{weights}", shell_quoted(weights));
  replace_all(filled, "{input}", shell_quoted(weights + "/input" + extension));
  replace_all(filled, "{output}", shell_quoted(output));
  replace_all(filled, "{network}", shell_quoted(weights + "/network.txt"));
  replace_all(filled, "{precision}", std::string(name_of(entry.precision)));
  replace_all(filled, "{format}", std::string(options.format.name));
  const ProcessResult process = run_shell(filled, options.timeout, options.stop);
  Judgement judgement;
  if (process.timed_out) {
    judgement = {entry,
                 Verdict::timed_out,
                 "the engine had not ended after " +
                     text_of(static_cast<double>(options.timeout.count()) / 1000) + " s",
                 0,
                 {}};
  } else if (process.code != 0) {
    const bool refused = entry.must_be_refused && process.signal == 0 && !file_exists(output);
    judgement = {entry,
                 refused ? Verdict::pass : Verdict::crashed,
                 (process.signal != 0 ? "signal " + std::to_string(process.signal)
                                      : "exit code " + std::to_string(process.code)) +
                     (process.last_words.empty() ? "" : ": " + process.last_words),
                 0,
                 {}};
    if (refused) judgement.detail.clear();
  } else if (!file_exists(output)) {
    judgement = {
        entry, Verdict::no_output, "the engine ended with exit code 0 and wrote no output", 0, {}};
  } else {
    judgement = judge_file(entry, vector, output);
  }
  std::error_code ignored;
  fs::remove(output, ignored);
  judgement.vector = entry;
  judgement.seconds = process.seconds;
  return judgement;
}

// Judges each chosen vector, `engines` at a time.
template <class Judge>
Report judged(const std::string& folder, const JudgeOptions& options, Judge&& judge) {
  const std::vector<VectorEntry> entries = chosen_vectors(folder, options);
  verify_files(folder, entries);
  Report report;
  report.judgements.resize(entries.size());
  std::mutex mutex;
  std::size_t done = 0;
  run_tasks(entries.size(), options.engines, [&](std::size_t i) {
    if (options.stop.stop_requested()) {
      throw Error(Fault::interrupted, "judging was stopped at vector " + entries[i].name);
    }
    report.judgements[i] = judge(entries[i]);
    const std::lock_guard<std::mutex> lock(mutex);
    if (options.on_progress) options.on_progress(++done, entries.size());
  });
  report.suspects = diagnose(folder, report.judgements);
  return report;
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::wrong_categories:
      return "wrong categories";
    case Verdict::wrong_values:
      return "wrong values";
    case Verdict::malformed_output:
      return "malformed output";
    case Verdict::no_output:
      return "no output";
    case Verdict::crashed:
      return "crashed";
    case Verdict::timed_out:
      return "timed out";
    case Verdict::not_refused:
      return "not refused";
  }
  return "";
}

std::size_t Report::failed() const {
  return static_cast<std::size_t>(
      std::count_if(judgements.begin(), judgements.end(),
                    [](const Judgement& j) { return j.verdict != Verdict::pass; }));
}

Judgement judge_answer(const StoredVector& vector, std::vector<std::vector<double>> answer) {
  Judgement judgement;
  judgement.vector = {vector.name, "", vector.precision, vector.must_be_refused};
  std::size_t wrong = 0, entries = 0, worst_sample = 0, worst_neuron = 0;
  double worst = -1;
  std::string categories;
  for (std::size_t s = 0; s < vector.samples.size(); ++s) {
    const bool is = has_output(answer[s]), should_be = has_output(vector.expected[s]);
    if (is != should_be && categories.empty()) {
      categories = "sample " + std::to_string(s + 1) +
                   (is ? " has an output and should have none; " : " has no output and should; ");
    }
    for (std::size_t i = 0; i < vector.outputs(); ++i) {
      const double off = std::abs(answer[s][i] - vector.expected[s][i]);
      entries += vector.expected[s][i] != 0 || answer[s][i] != 0;
      if (off <= (vector.bounds.empty() ? 0 : vector.bounds[s][i])) continue;
      ++wrong;
      if (off <= worst) continue;
      worst = off;
      worst_sample = s;
      worst_neuron = i;
    }
  }
  if (wrong > 0) {
    const double expected = vector.expected[worst_sample][worst_neuron];
    judgement.verdict = categories.empty() ? Verdict::wrong_values : Verdict::wrong_categories;
    judgement.detail =
        categories + std::to_string(wrong) + " of " + std::to_string(entries) +
        " entries are wrong; worst: sample " + std::to_string(worst_sample + 1) + ", neuron " +
        std::to_string(worst_neuron + 1) + " is " + text_of(answer[worst_sample][worst_neuron]) +
        ", should be " + text_of(expected) +
        (expected == 0 ? ""
                       : ", off by " + text_of(worst / ulp(vector.precision, expected)) + " ulp") +
        (vector.bounds.empty() ? ", exact"
                               : ", bound " + text_of(vector.bounds[worst_sample][worst_neuron]));
  }
  judgement.answer = std::move(answer);
  return judgement;
}

Report judge_engine(const std::string& vectors, const std::string& command,
                    const JudgeOptions& options) {
  for (const char* needed : {"{weights}", "{output}"}) {
    if (command.find(needed) == std::string::npos) {
      throw Error(Fault::usage, "the engine's command lacks " + std::string(needed));
    }
  }
  const ScratchFolder scratch;
  return judged(vectors, options, [&](const VectorEntry& entry) {
    const std::string of = folder_of(vectors, entry.name, entry.precision);
    if (!file_exists(of + "/" + std::string(options.format.name))) {
      // What must be refused is there as text alone.
      if (entry.must_be_refused) return Judgement{entry, Verdict::pass, "", 0, {}};
      throw Error(Fault::usage,
                  "these vectors were made without the format " + std::string(options.format.name));
    }
    return run_engine(vectors, entry, command, scratch.path(), options);
  });
}

Report judge_results(const std::string& vectors, const std::string& results,
                     const JudgeOptions& options) {
  if (!fs::is_directory(results)) {
    throw Error(Fault::cannot_open, "cannot open " + results + ": it is no folder");
  }
  return judged(vectors, options, [&](const VectorEntry& entry) {
    const StoredVector vector = read_vector(vectors, entry);
    const std::string output = folder_of(results, entry.name, entry.precision) + "/output";
    for (const MatrixFormat& format : matrix_formats()) {
      const std::string answer = output + "." + std::string(format.name);
      if (!file_exists(answer)) continue;
      Judgement judgement = judge_file(entry, vector, answer);
      judgement.vector = entry;
      return judgement;
    }
    if (entry.must_be_refused) return Judgement{entry, Verdict::pass, "", 0, {}};
    return Judgement{entry,
                     Verdict::no_output,
                     "there is no " + output + " as " + matrix_format_names("."),
                     0,
                     {}};
  });
}

}  // namespace oscillon::conformance
