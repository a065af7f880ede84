#include <algorithm>
#include <cstdio>
#include <map>

#include "verify/conformance/judge.hpp"

namespace oscillon::conformance {

namespace {

std::string title_of(const VectorEntry& vector) {
  return vector.name + " " + std::string(name_of(vector.precision));
}

// Text inside XML; bytes that XML does not allow become '?'.
std::string in_xml(std::string_view text) {
  std::string made;
  for (const char c : text) {
    switch (c) {
      case '&':
        made += "&amp;";
        break;
      case '<':
        made += "&lt;";
        break;
      case '>':
        made += "&gt;";
        break;
      case '"':
        made += "&quot;";
        break;
      default:
        made += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return made;
}

}  // namespace

std::string report_text(const Report& report) {
  std::string text;
  std::map<Verdict, std::size_t> counts;
  for (const Judgement& judgement : report.judgements) {
    ++counts[judgement.verdict];
    if (judgement.verdict == Verdict::pass) continue;
    text += title_of(judgement.vector) + ": " + std::string(name_of(judgement.verdict)) + "\n  " +
            judgement.detail + "\n";
  }
  text += std::to_string(report.judgements.size()) + " vectors:";
  const char* separator = " ";
  for (const auto& [verdict, count] : counts) {
    text += separator + std::to_string(count) + " " + std::string(name_of(verdict));
    separator = ", ";
  }
  text += "\n";
  for (std::size_t i = 0; i < report.suspects.size(); ++i) {
    const Suspect& suspect = report.suspects[i];
    text += (i == 0 ? "Suspect: " : "or:      ") + suspect.name + ": " + suspect.says +
            " (explains " + std::to_string(suspect.explains) + " of " +
            std::to_string(suspect.failing) + ")\n";
  }
  if (report.failed() > 0 && report.suspects.empty()) {
    const bool answered = std::any_of(
        report.judgements.begin(), report.judgements.end(),
        [](const Judgement& j) { return j.verdict != Verdict::pass && !j.answer.empty(); });
    text += answered ? "No single rule broken explains what is wrong\n"
                     : "Without wrong answers there is no rule to suspect\n";
  }
  return text + (report.failed() == 0 ? "Engine PASSED\n" : "Engine FAILED\n");
}

std::string junit_xml(const Report& report) {
  char number[32];
  double seconds = 0;
  for (const Judgement& judgement : report.judgements) seconds += judgement.seconds;
  std::snprintf(number, sizeof number, "%.3f", seconds);
  std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"oscillon vectors\" tests=\"" +
      std::to_string(report.judgements.size()) + "\" failures=\"" +
      std::to_string(report.failed()) + "\" time=\"" + number + "\">\n";
  for (const Judgement& judgement : report.judgements) {
    std::snprintf(number, sizeof number, "%.3f", judgement.seconds);
    xml += "  <testcase classname=\"" + in_xml(name_of(judgement.vector.precision)) + "\" name=\"" +
           in_xml(judgement.vector.name) + "\" time=\"" + number + "\"";
    if (judgement.verdict == Verdict::pass) {
      xml += "/>\n";
      continue;
    }
    xml += ">\n    <failure message=\"" + in_xml(name_of(judgement.verdict)) + "\">" +
           in_xml(judgement.detail) + "</failure>\n  </testcase>\n";
  }
  std::string suspects;
  for (const Suspect& suspect : report.suspects) {
    suspects += suspect.name + ": " + suspect.says + "\n";
  }
  if (!suspects.empty()) xml += "  <system-out>" + in_xml(suspects) + "</system-out>\n";
  return xml + "</testsuite>\n";
}

}  // namespace oscillon::conformance
