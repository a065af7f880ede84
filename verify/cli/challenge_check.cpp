// `oscillon challenge check`: a result, of whatever engine, against a truth.
#include "oscillon/verify/challenge/check.hpp"

#include <nlohmann/json.hpp>

#include "verify/cli/challenge.hpp"

namespace oscillon::cli {

namespace {

struct CheckOptions : CommonOptions {
  std::string result, truth;
};

int check_files(const CheckOptions& options) {
  const challenge::Result result = challenge::read_result(options.result, most_samples);
  const challenge::Result truth = challenge::read_result(options.truth, most_samples);
  const challenge::Check check = challenge::check_result(result, truth);
  const nlohmann::ordered_json record{{"categories", result.categories.size()},
                                      {"truth", truth.categories.size()},
                                      {"compared_values", check.compared_values},
                                      {"passed", check.passed()},
                                      {"difference", check.message()}};
  std::string text = grouped(result.categories.size()) + " categories, " +
                     grouped(truth.categories.size()) + " in the truth, compared by " +
                     (check.compared_values ? "number and by values" : "number alone") + "\n";
  if (!check.passed()) text += check.message() + "\n";
  text += check.passed() ? "Challenge PASSED\n" : "Challenge FAILED\n";
  print(options.json ? record.dump(2) + "\n" : text);
  return check.passed() ? exit_ok : exit_mismatch;
}

}  // namespace

void add_challenge_check(CLI::App& challenge, Action& action) {
  auto* app =
      challenge.add_subcommand("check", "Compare a result with a truth; exit 1 if it differs");
  auto options = std::make_shared<CheckOptions>();
  const char* const kinds =
      "sample numbers, one a line, each with a digest of its values (`run --result-out`) or not";
  app->add_option("RESULT", options->result, std::string("The result: ") + kinds)
      ->check(some_path())
      ->required();
  app->add_option("TRUTH", options->truth, "The truth, in the same form")
      ->check(some_path())
      ->required();
  add_json_option(*app, *options);
  add_example(*app, "oscillon challenge check result.tsv data/neuron1024-l120-categories.tsv");
  app->callback([options, &action] {
    action = [options](const std::stop_token&) { return check_files(*options); };
  });
}

}  // namespace oscillon::cli
