// The subcommands of `oscillon challenge`.
#pragma once

#include "verify/cli/command.hpp"

namespace oscillon::cli {

void add_challenge_check(CLI::App& challenge, Action& action);
void add_challenge_make(CLI::App& challenge, Action& action);
void add_challenge_run(CLI::App& challenge, Action& action);

}  // namespace oscillon::cli
