// The judge: does an engine answer the test vectors rightly, and if not, which rule does it break?
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "verify/conformance/files.hpp"

namespace oscillon::conformance {

enum class Verdict {
  pass,
  wrong_categories,  // samples have an output that should not, or none that should
  wrong_values,
  malformed_output,
  no_output,  // the engine ended well and wrote nothing
  crashed,    // a signal, or an exit code other than 0
  timed_out,
  not_refused,  // took a file that is malformed
};

// "pass", "wrong categories", …
std::string_view name_of(Verdict verdict);

struct Judgement {
  VectorEntry vector;
  Verdict verdict = Verdict::pass;
  std::string
      detail;  // the worst entry, the parser's message, the last lines of the engine's stderr
  double seconds = 0;
  std::vector<std::vector<double>> answer;  // samples x outputs; empty when there is none
};

// A rule that the engine seems to break.
struct Suspect {
  std::string name;
  std::string says;
  std::size_t explains = 0;  // failing vectors that it explains …
  std::size_t failing = 0;   // … of so many
};

struct Report {
  std::vector<Judgement> judgements;
  std::vector<Suspect> suspects;  // the likeliest first; none when nothing explains what is wrong
  std::size_t failed() const;
};

// Which vectors, and how they are handed to an engine.
struct JudgeOptions {
  std::vector<ValueType> precisions;  // all that there are, where there are none
  std::vector<std::string> cases;     // names, with * and ?; all, where there are none
  FileFormat format = file_formats().front();
  std::chrono::milliseconds timeout{60'000};
  int engines = 1;  // that run at once
  std::stop_token stop;
  std::function<void(std::size_t done, std::size_t all)> on_progress;
};

// Runs a command of the shell for each vector, with {weights}, {input}, {output}, {precision},
// {format} and {network} replaced. The engine and all that it starts are ended on a timeout. Throws
// Error(usage) for a command without {weights} or {output}, and when no vector is chosen.
Report judge_engine(const std::string& vectors, const std::string& command,
                    const JudgeOptions& options = {});

// Reads results/CASE/PRECISION/output.tsv, .mtx or .npz. A vector without a result has no output.
Report judge_results(const std::string& vectors, const std::string& results,
                     const JudgeOptions& options = {});

// What an answer is worth.
Judgement judge_answer(const StoredVector& vector, std::vector<std::vector<double>> answer);

// The rules that explain most of what is wrong: each is followed on every vector, and what it gives
// is held against what the engine gave. A suspect explains more than half of the failing vectors
// that have an answer, and would not fail many that pass.
std::vector<Suspect> diagnose(const std::string& vectors, const std::vector<Judgement>& judgements);

// The report as text, and as a JUnit XML file's content.
std::string report_text(const Report& report);
std::string junit_xml(const Report& report);

}  // namespace oscillon::conformance
