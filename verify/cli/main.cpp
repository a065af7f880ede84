// The program `oscillon`: one file a subcommand.
#include <cstdio>
#include <new>
#include <sstream>

#include "verify/cli/command.hpp"
#include "verify/cli/version.hpp"

namespace {

int run(int argc, char** argv) {
  using namespace oscillon::cli;
  CLI::App program(
      "Sparse deep-neural-network inference over oscillating semirings, and its proof.",
      "oscillon");
  program.set_version_flag("--version", [] {
    return std::string("oscillon ") + version + ", SuiteSparse:GraphBLAS " +
           oscillon::graphblas_version();
  });
  program.require_subcommand(1);
  program.footer(
      "Exit codes: 0 ok, 1 verification mismatch, 2 usage, 65 bad data, 66 cannot open, 70 "
      "internal\n"
      "check, 71 memory, 73 cannot create, 74 I/O error, 75 interrupted by SIGINT or SIGTERM.\n"
      "Each subcommand has an example under --help. OSCILLON_LOG=debug logs to stderr.");
  Action action;
  add_solve(program, action);
  add_infer(program, action);
  add_perturb(program, action);
  add_vectors(program, action);
  add_challenge(program, action);
  add_convert(program, action);
  add_bench(program, action);
  add_show(program, action);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out, err;
    const bool helped = program.exit(error, out, err) == 0;
    print(out.str());
    // What is misspelt is also missing, and CLI11 tells of what is missing only.
    const std::vector<std::string> unknown = program.remaining(true);
    if (!helped && !unknown.empty()) err << "Unknown here: " << unknown.front() << "\n";
    std::fputs(err.str().c_str(), stderr);
    return helped ? exit_ok : exit_code(oscillon::Fault::usage);
  }
  return action(stop_on_signals());
}

int fail(int code, const char* message) {
  std::fflush(stdout);
  std::fprintf(stderr, "%s\n", message);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  using oscillon::Fault;
  using oscillon::cli::exit_code;
  try {
    return run(argc, argv);
  } catch (const oscillon::ParseError& error) {
    return fail(exit_code(error.fault()), error.what());
  } catch (const oscillon::Error& error) {
    return fail(exit_code(error.fault()),
                (std::string("oscillon: error: ") + error.what()).c_str());
  } catch (const std::bad_alloc&) {
    return fail(exit_code(Fault::out_of_memory), "oscillon: error: out of memory");
  } catch (const std::length_error&) {
    return fail(exit_code(Fault::out_of_memory), "oscillon: error: more than memory can hold");
  } catch (const std::exception& error) {
    return fail(exit_code(Fault::internal),
                (std::string("oscillon: internal error: ") + error.what()).c_str());
  }
}
