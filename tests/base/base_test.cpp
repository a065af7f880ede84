#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <stdexcept>
#include <vector>

#include "engine/base/log.hpp"
#include "oscillon/base/checked.hpp"
#include "oscillon/base/error.hpp"
#include "oscillon/base/thread_team.hpp"

using namespace oscillon;

TEST_CASE("a parse error reads file:line:column") {
  CHECK(std::string(ParseError("a.tsv", 3, 7, "bad").what()) == "a.tsv:3:7: error: bad");
  CHECK(std::string(ParseError("a.tsv", 3, 0, "bad").what()) == "a.tsv:3: error: bad");
  CHECK(std::string(ParseError("a.tsv", 0, 0, "bad").what()) == "a.tsv: error: bad");
  CHECK(ParseError("a.tsv", 3, 7, "bad").fault() == Fault::bad_data);
}

TEST_CASE("an error keeps its type when it is told where it happened") {
  const auto told = [](const auto& error) {
    try {
      throw error;
    } catch (const std::exception&) {
      rethrow_from("layer 3");
    }
  };
  CHECK_THROWS_WITH_AS(told(KeyError("no key")), "layer 3: no key", KeyError);
  CHECK_THROWS_WITH_AS(told(ShapeError("2 x 3")), "layer 3: 2 x 3", ShapeError);
  CHECK_THROWS_WITH_AS(told(Error(Fault::io, "full")), "layer 3: full", Error);
  CHECK_THROWS_WITH_AS(told(ParseError("a.tsv", 3, 7, "bad")), "a.tsv:3:7: error: bad", ParseError);
  CHECK_THROWS_WITH_AS(told(std::runtime_error("other")), "other", std::runtime_error);
  try {
    told(Error(Fault::io, "full"));
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::io);
  }
}

TEST_CASE("checked arithmetic throws where 64 bits do not hold the result") {
  const std::uint64_t big = std::uint64_t{1} << 32;
  CHECK(checked_multiply(big, big - 1, "cells") == big * (big - 1));
  CHECK_THROWS_WITH_AS(checked_multiply(big, big, "cells"),
                       "cells: 4294967296 x 4294967296 does not fit in 64 bits", Error);
  CHECK(checked_add(~std::uint64_t{0} - 1, 1, "offsets") == ~std::uint64_t{0});
  CHECK_THROWS_AS(checked_add(~std::uint64_t{0}, 1, "offsets"), Error);
}

TEST_CASE("a team does every task once") {
  for (const int threads : {1, 2, 3, 4}) {
    for (const std::size_t count : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> done(count);
      run_tasks(count, threads, [&](std::size_t i) { ++done[i]; });
      for (const auto& times : done) CHECK(times == 1);
    }
  }
}

TEST_CASE("a team carries out the exception with the lowest index and begins no more tasks") {
  for (const int threads : {1, 2, 4}) {
    for (int round = 0; round < 50; ++round) {
      std::atomic<int> begun{0};
      try {
        run_tasks(10000, threads, [&](std::size_t i) {
          ++begun;
          if (i >= 5) throw std::runtime_error(std::to_string(i));
        });
        FAIL("nothing was thrown");
      } catch (const std::runtime_error& error) {
        CHECK(std::string(error.what()) == "5");
      }
      CHECK(begun < 10000);
    }
  }
}

TEST_CASE("logging is silent unless asked for") {
  // What reaches stderr is looked at through a pipe in its place.
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const int saved = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  close(ends[1]);
  log::debug("a message that nobody sees");
  std::fflush(stderr);
  dup2(saved, STDERR_FILENO);
  close(saved);
  char byte = 0;
  CHECK(read(ends[0], &byte, 1) == 0);
  close(ends[0]);
}

TEST_CASE("keys in messages are cut between characters and hold no control bytes") {
  CHECK(in_quotes("a\nb\x7f") == "\"a?b?\"");
  CHECK(in_quotes(std::string(40, 'x')) == "\"" + std::string(40, 'x') + "\"");
  CHECK(in_quotes(std::string(39, 'x') + "€") == "\"" + std::string(39, 'x') + "€\"");
  CHECK(in_quotes(std::string(40, 'x') + "€") == "\"" + std::string(40, 'x') + "…\"");
  CHECK(in_quotes(std::string(39, 'x') + "\u6f22") == "\"" + std::string(39, 'x') + "…\"");  // wide
}

TEST_CASE("0 threads are all threads") {
  CHECK(thread_count(3) == 3);
  CHECK(thread_count(0) >= 1);
}
