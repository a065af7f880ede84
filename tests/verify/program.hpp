// For tests of the program: running it, and a small Challenge problem.
#pragma once

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <cstdio>
#include <string>

#include "engine/io/challenge_files.hpp"
#include "oscillon/verify/challenge/radix_net.hpp"
#include "tests/temporary_folder.hpp"

namespace oscillon::testing {

// `before` goes before the program in the command, as a wrapper or variables.
struct Result {
  int code = -1;
  std::string output;  // stdout and stderr
};

inline Result run(const std::string& arguments, const std::string& before = "") {
  const std::string command = before + OSCILLON_PROGRAM + " " + arguments + " 2>&1";
  Result result;
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  char buffer[4096];
  while (const std::size_t got = fread(buffer, 1, sizeof buffer, pipe)) {
    result.output.append(buffer, got);
  }
  const int status = pclose(pipe);
  if (WIFEXITED(status)) result.code = WEXITSTATUS(status);
  return result;
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A problem of 1024 neurons x 6 layers and 50 inputs.
class SmallProblem {
 public:
  SmallProblem() {
    challenge::RadixNetSource<float> source(challenge::official_net(challenge::size_of(1024), 3),
                                            6);
    Triples<float> inputs;
    for (Index sample = 0; sample < 50; ++sample) {
      for (Index p = 0; p < 1024; ++p) {
        if (challenge::counter_random(9, sample, p) % 64 < 2 + 2 * sample) inputs.add(p, sample, 1);
      }
    }
    const SampleBatch<float> Y0(Matrix<float>::build(1024, 50, inputs));
    challenge::write_problem<float>(folder_.path(), source, &Y0);
    challenge::remove_manifest(folder_.path());  // official downloads have none
  }
  const TemporaryFolder& folder() const { return folder_; }
  std::string images() const { return folder_.at("sparse-images-1024.tsv"); }
  std::string arguments() const {
    return "challenge run --images " + images() + " --layers " + folder_.path() + " --depth 6 ";
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace oscillon::testing
