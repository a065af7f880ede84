// `oscillon perturb sweep`: P_d(r) and P_fa(r) by inference, held against theory.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "engine/io/atomic_file.hpp"
#include "oscillon/solutions/rational.hpp"
#include "oscillon/solutions/sweep.hpp"
#include "verify/cli/perturb.hpp"
#include "verify/figures/curves.hpp"

namespace oscillon::cli {

namespace {

struct SweepOptions : PerturbOptions {
  std::vector<std::string> categories, features;
  bool wrong = false;
  std::size_t together = 1;
  Index sample = 0;
  std::uint64_t seed = 1;
  std::string r = "0:2:0.05";
  std::string curve, cases, plot;
};

// What the paper calls a perturbation of this strength.
std::string_view name_of_strength(const mpq_class& r) {
  return r == 0   ? "deletion"
         : r < 1  ? "degradation"
         : r == 1 ? "normal"
         : r < 2  ? "enhancement"
         : r == 2 ? "excitement"
                  : "beyond";
}

std::string curve_table(const Sweep& result, bool correct) {
  std::string table = "r\tperturbation\tP_d\tP_fa\tP_d by theory\tP_fa by theory\n";
  for (std::size_t k = 0; k < result.points.size(); ++k) {
    const SweepPoint& point = result.points[k];
    table += text_of(point.r) + "\t" + std::string(correct ? name_of_strength(point.r) : "wrong");
    for (const double value :
         {result.detection(k), result.false_alarm(k), result.share(point.predicted_detected),
          result.share(point.predicted_false_alarms)}) {
      table += "\t" + number(value, 6);
    }
    table += "\n";
  }
  return table;
}

// The features of a case, joined.
std::string features_text(const PerturbationTheory& theory, const SweepCase& of) {
  std::string text;
  for (const Index feature : of.shown.features) {
    text += (text.empty() ? "" : "+") + std::string(theory.features()[feature]);
  }
  return text;
}

// The first r at which a case has this outcome; "-" when none.
std::string first_r(const Sweep& result, const SweepCase& of, Outcome outcome) {
  for (std::size_t k = 0; k < of.outcomes.size(); ++k) {
    if (of.outcomes[k] == outcome) return text_of(result.points[k].r);
  }
  return "-";
}

// What is told of each case, by name.
std::vector<std::pair<std::string, std::string>> fields_of(const Sweep& result, const SweepCase& of,
                                                           const PerturbationTheory& theory) {
  const auto& t = of.threshold;
  return {{"category", std::string(theory.categories()[of.shown.category])},
          {"features", features_text(theory, of)},
          {"p", t ? t->p.get_str() : "0"},
          {"r_d", t ? text_of(t->linear) : "-"},
          {"threshold", t ? text_of(t->relu) : "-"},
          {"first_detected", first_r(result, of, Outcome::detected)},
          {"first_false_alarm", first_r(result, of, Outcome::false_alarm)}};
}

std::string cases_table(const Sweep& result, const PerturbationTheory& theory) {
  std::string names, table;
  for (const SweepCase& of : result.cases) {
    std::string line;
    names.clear();
    for (const auto& [name, value] : fields_of(result, of, theory)) {
      names += (names.empty() ? "" : "\t") + name;
      line += (line.empty() ? "" : "\t") + value;
    }
    table += line + "\n";
  }
  return names + "\n" + table;
}

// The points at which something changes, and the paper's three.
std::string summary(const Sweep& result) {
  std::string text = "      r      P_d     P_fa\n";
  for (std::size_t k = 0; k < result.points.size(); ++k) {
    const SweepPoint& point = result.points[k];
    const auto same_as = [&](std::size_t other) {
      return result.points[other].detected == point.detected &&
             result.points[other].false_alarms == point.false_alarms;
    };
    const bool named = point.r == 0 || point.r == 1 || point.r == 2;
    if (k > 0 && k + 1 < result.points.size() && same_as(k - 1) && !named) continue;
    char line[96];
    std::snprintf(line, sizeof line, "%7s %8.4f %8.4f\n", text_of(point.r).c_str(),
                  result.detection(k), result.false_alarm(k));
    text += line;
  }
  return text;
}

nlohmann::ordered_json record_of(const Sweep& result, const PerturbationTheory& theory,
                                 const std::string& precision) {
  nlohmann::ordered_json record{{"categories", theory.categories().size()},
                                {"features", theory.features().size()},
                                {"layers", theory.depth()},
                                {"cases", result.cases.size()},
                                {"precision", precision},
                                {"samples", result.inference.samples},
                                {"inference_seconds", result.inference.seconds},
                                {"theory_seconds", result.theory_seconds},
                                {"differing", result.differing},
                                {"unexplained", result.unexplained}};
  for (const mpq_class& beta : theory.betas()) record["beta"].push_back(text_of(beta));
  for (std::size_t k = 0; k < result.points.size(); ++k) {
    const SweepPoint& point = result.points[k];
    record["curve"].push_back({{"r", text_of(point.r)},
                               {"P_d", result.detection(k)},
                               {"P_fa", result.false_alarm(k)},
                               {"P_d_theory", result.share(point.predicted_detected)},
                               {"P_fa_theory", result.share(point.predicted_false_alarms)}});
  }
  for (const SweepCase& of : result.cases) {
    nlohmann::ordered_json fields;
    for (const auto& [name, value] : fields_of(result, of, theory)) fields[name] = value;
    record["of_each"].push_back(std::move(fields));
  }
  return record;
}

int run_sweep(const SweepOptions& options, const std::stop_token& stop) {
  for (const std::string* path : {&options.curve, &options.cases, &options.plot}) {
    if (!path->empty()) require_creatable(*path);
  }
  const PerturbationTheory theory = theory_of(options);
  PerturbationChoice choice;
  choice.kind = options.wrong ? Perturbed::wrong : Perturbed::correct;
  choice.together = options.together;
  choice.categories = positions_of(options.categories, theory.categories(), "category");
  choice.features = positions_of(options.features, theory.features(), "feature");
  choice.sample = options.sample;
  choice.seed = options.seed;
  const std::vector<mpq_class> r = parse_grid(options.r);
  ProgressBar bar;
  InferenceOptions inference;
  inference.threads = options.threads;
  inference.stop = stop;
  inference.on_progress = [&bar](const Progress& progress) { bar.show(progress); };
  const bool exact = options.precision == "exact";
  const Sweep result = with_precision(exact ? "int64" : options.precision, [&]<class T>() {
    return sweep<T>(theory, perturbations(theory, choice), r, inference);
  });

  if (!options.curve.empty()) write_file(options.curve, curve_table(result, !options.wrong));
  if (!options.cases.empty()) write_file(options.cases, cases_table(result, theory));
  const std::string what = grouped(result.cases.size()) +
                           (result.cases.size() == 1 ? " perturbation of " : " perturbations of ") +
                           std::to_string(options.together) +
                           (options.wrong ? " wrong" : " correct") + " feature" +
                           (options.together == 1 ? "" : "s");
  if (!options.plot.empty()) {
    std::string betas;
    for (const mpq_class& beta : theory.betas())
      betas += (betas.empty() ? "" : ", ") + text_of(beta);
    figures::draw_curves(options.plot, result, what + ", beta = " + betas);
  }
  std::string text = what + " x " + grouped(r.size()) +
                     " values of r: " + grouped(result.inference.samples) + " samples, " +
                     number(result.inference.seconds, 3) + " s of inference, " +
                     number(result.theory_seconds, 3) + " s of theory\n" + summary(result);
  text += result.differing == 0 ? "Inference and theory AGREE at every point\n"
                                : "Inference and theory differ at " + grouped(result.differing) +
                                      " points, " + grouped(result.unexplained) +
                                      " of them beyond rounding: " + result.first_difference + "\n";
  print(options.json ? record_of(result, theory, options.precision).dump(2) + "\n" : text);
  return result.unexplained == 0 ? exit_ok : exit_mismatch;
}

}  // namespace

void add_perturb_sweep(CLI::App& perturb, Action& action) {
  auto* app = perturb.add_subcommand(
      "sweep", "P_d(r) and P_fa(r): infer every perturbation at every r, beside theory");
  auto options = std::make_shared<SweepOptions>();
  options->precision = "exact";
  add_source_options(*app, *options,
                     "Hidden layers for words as sets of positions, such as \"12,23\"; given "
                     "several times, the words are dealt out to them in turn");
  add_beta_option(*app, *options);
  app->add_option("--r", options->r, "Strengths as FIRST:LAST:STEP, taken exactly")
      ->capture_default_str();
  app->add_option("--category", options->categories, "Only these categories, as cat,car")
      ->delimiter(',');
  app->add_option("--feature", options->features, "Only these features, as 1c,2a")->delimiter(',');
  app->add_flag("--wrong", options->wrong,
                "Perturb features that the category does not have, switched on at strength r");
  app->add_option("--together", options->together, "Features perturbed at once")
      ->check(whole_number(1, 64))
      ->capture_default_str();
  app->add_option("--sample", options->sample, "So many perturbations at random; 0: all")
      ->check(whole_number(0, most_samples))
      ->capture_default_str();
  app->add_option("--seed", options->seed, "Seed of the random perturbations")
      ->check(whole_number(0, ~Index{0}))
      ->capture_default_str();
  app->add_option("--precision", options->precision,
                  "exact (whole numbers over the common denominator of beta and r), fp32, fp64, "
                  "int32 or int64")
      ->capture_default_str();
  app->add_option("--curve", options->curve, "File to write P_d(r) and P_fa(r) to, tab-separated")
      ->check(some_path());
  app->add_option("--cases", options->cases,
                  "File to write each perturbation's threshold to, tab-separated")
      ->check(some_path());
  app->add_option("--plot", options->plot, "Draw P_d and P_fa: .svg or .png, through gnuplot")
      ->check(some_path());
  add_threads_option(*app, *options);
  add_example(*app,
              "oscillon perturb sweep verify/words/three-letter.txt --structure \"12,23\" --beta "
              "0.8,1 --plot figure10.svg");
  app->callback([options, &action] {
    action = [options](const std::stop_token& stop) { return run_sweep(*options, stop); };
  });
}

}  // namespace oscillon::cli
