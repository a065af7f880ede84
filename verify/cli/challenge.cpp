// `oscillon challenge`: makes, runs and checks problems of the sparse DNN Graph Challenge.
#include "verify/cli/challenge.hpp"

namespace oscillon::cli {

void add_challenge(CLI::App& program, Action& action) {
  auto* challenge = program.add_subcommand(
      "challenge", "Make, run and check sparse DNN Graph Challenge problems");
  challenge->require_subcommand(1);
  add_challenge_run(*challenge, action);
  add_challenge_make(*challenge, action);
  add_challenge_check(*challenge, action);
}

}  // namespace oscillon::cli
