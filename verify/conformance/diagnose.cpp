#include <algorithm>
#include <cmath>

#include "oscillon/base/thread_team.hpp"
#include "verify/conformance/judge.hpp"

namespace oscillon::conformance {

namespace {

// A suspect may fail one vector in ten that the engine passes: the engine may have a way around it.
constexpr std::size_t passes_a_contradiction = 10;

using Table = std::vector<std::vector<double>>;

// Whether an engine that follows a rule may have given these values: within the rule's slack and
// the bounds of the vector.
bool may_give(const Answer& answer, const Table& values, const Table& bounds) {
  for (std::size_t s = 0; s < values.size(); ++s) {
    for (std::size_t i = 0; i < values[s].size(); ++i) {
      const double slack = answer.slack[s][i] + (bounds.empty() ? 0 : bounds[s][i]);
      if (!(std::abs(answer.values[s][i] - values[s][i]) <= slack)) return false;
    }
  }
  return true;
}

// Whether a rule, followed, passes the vector.
bool would_pass(const Answer& answer, const StoredVector& vector) {
  return judge_answer(vector, answer.values).verdict == Verdict::pass;
}

bool has_answer(const Judgement& judgement) {
  return !judgement.vector.must_be_refused && !judgement.answer.empty();
}

bool is_wrong(const Judgement& judgement) {
  return has_answer(judgement) && judgement.verdict != Verdict::pass;
}

struct Score {
  std::size_t explains = 0;
  std::size_t contradicts = 0;
};

Score score_of(const RuleBreak& rule, const std::vector<StoredVector>& vectors,
               const std::vector<Judgement>& judgements) {
  Score score;
  for (const bool wrong : {true, false}) {
    for (std::size_t v = 0; v < vectors.size(); ++v) {
      const Judgement& judgement = judgements[v];
      if (!has_answer(judgement) || is_wrong(judgement) != wrong) continue;
      const auto answer = rule.answer(vectors[v]);
      if (!answer) continue;
      if (wrong) {
        score.explains += may_give(*answer, judgement.answer, vectors[v].bounds);
      } else {
        score.contradicts += !would_pass(*answer, vectors[v]);
      }
    }
    if (score.explains == 0) break;
  }
  return score;
}

void add_format_suspects(const std::vector<Judgement>& judgements, std::vector<Suspect>& suspects) {
  // An output whose numbers count from 0 is malformed as soon as the first sample or neuron is
  // there.
  Suspect zero_based{"zero-based-output", "the output's numbers count from 0; they must from 1", 0,
                     0};
  for (const Judgement& judgement : judgements) {
    if (judgement.verdict != Verdict::malformed_output) continue;
    ++zero_based.failing;
    zero_based.explains += judgement.detail.find("index is 0") != std::string::npos;
  }
  if (zero_based.explains * 2 > zero_based.failing) suspects.push_back(zero_based);
  Suspect duplicates{"duplicates-taken",
                     "entries that stand twice in a file are taken instead of refused", 0, 0};
  for (const Judgement& judgement : judgements) {
    duplicates.failing += judgement.vector.must_be_refused;
    if (judgement.verdict != Verdict::not_refused) continue;
    ++duplicates.explains;
    if (judgement.detail.find("sums") != std::string::npos) {
      duplicates.name = "sum-over-duplicates";
      duplicates.says = "entries that stand twice in a file are added up instead of refused";
    }
  }
  if (duplicates.explains > 0) suspects.push_back(duplicates);
}

}  // namespace

std::vector<Suspect> diagnose(const std::string& vectors,
                              const std::vector<Judgement>& judgements) {
  std::vector<Suspect> suspects;
  const auto failing =
      static_cast<std::size_t>(std::count_if(judgements.begin(), judgements.end(), is_wrong));
  const auto passing = static_cast<std::size_t>(std::count_if(
      judgements.begin(), judgements.end(),
      [](const Judgement& j) { return has_answer(j) && j.verdict == Verdict::pass; }));
  if (failing > 0) {
    std::vector<StoredVector> stored(judgements.size());
    run_tasks(judgements.size(), 0, [&](std::size_t v) {
      if (has_answer(judgements[v])) stored[v] = read_vector(vectors, judgements[v].vector);
    });
    const std::vector<RuleBreak>& rules = rule_breaks();
    std::vector<Score> scores(rules.size());
    run_tasks(rules.size(), 0,
              [&](std::size_t r) { scores[r] = score_of(rules[r], stored, judgements); });
    std::vector<std::size_t> order;
    for (std::size_t r = 0; r < rules.size(); ++r) {
      const bool likely = scores[r].explains * 2 > failing &&
                          scores[r].contradicts * passes_a_contradiction <= passing;
      if (likely) order.push_back(r);
    }
    // Of those that explain as much, the one that contradicts least, then the one listed first:
    // accumulators, which explain whatever is roughly right, come last.
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return scores[a].explains != scores[b].explains
                 ? scores[a].explains > scores[b].explains
                 : scores[a].contradicts < scores[b].contradicts;
    });
    for (const std::size_t r : order) {
      suspects.push_back({rules[r].name, rules[r].says, scores[r].explains, failing});
    }
  }
  add_format_suspects(judgements, suspects);
  return suspects;
}

}  // namespace oscillon::conformance
