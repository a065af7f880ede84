// Inference called by a host program that has threads of its own, of OpenMP or of the standard
// library.
#include <doctest/doctest.h>
#include <omp.h>

#include <thread>

#include "oscillon/base/thread_team.hpp"
#include "oscillon/inference/engine.hpp"
#include "tests/inference/random_networks.hpp"

using namespace oscillon;
using namespace oscillon::testing;

namespace {

struct Host {
  std::mt19937_64 random{31};
  Network<float> network{random_layers<float>(random, Numbers::dyadic, 12, 20)};
  Matrix<float> Y0 = random_matrix<float>(random, network.inputs(), 50, Numbers::dyadic, 1, 8);
  std::vector<float> expected = infer(network, Y0).Y.triples().values;
};

// Whether each of `callers` gets the answer that the host has alone, through an engine of all and
// by itself.
template <class Call>
void check_callers(const Host& host, int callers, int threads, Call&& call) {
  InferenceOptions options;
  options.threads = threads;
  const Engine<float> engine(host.network, options);
  std::vector<int> right(static_cast<std::size_t>(callers), 0);
  call(callers, [&](int caller) {
    const auto own = infer(host.network, host.Y0, options).Y.triples().values;
    const auto shared = engine.infer(host.Y0).Y.triples().values;
    right[static_cast<std::size_t>(caller)] = own == host.expected && shared == host.expected;
  });
  for (const int one : right) CHECK(one == 1);
}

}  // namespace

TEST_CASE("within a host's OpenMP region") {
  const Host host;
  for (const int callers : {2, 4}) {
    for (const int threads : {1, 2}) {
      check_callers(host, callers, threads, [](int count, auto&& task) {
#pragma omp parallel num_threads(count)
        task(omp_get_thread_num());
      });
    }
  }
}

TEST_CASE("from threads of the host") {
  const Host host;
  for (const int threads : {1, 2}) {
    check_callers(host, 4, threads, [](int count, auto&& task) {
      std::vector<std::jthread> hosts;
      for (int caller = 0; caller < count; ++caller) {
        hosts.emplace_back([&task, caller] { task(caller); });
      }
    });
  }
}

TEST_CASE("a team hands each task the number of its worker, whoever asks for the team") {
  constexpr std::size_t tasks = 200;
  const auto check_team = [&](int threads) {
    std::vector<std::atomic<int>> busy(static_cast<std::size_t>(threads));
    std::atomic<int> shared{0};
    std::atomic<std::size_t> done{0};
    run_tasks(tasks, threads, [&](std::size_t, std::size_t worker) {
      REQUIRE(worker < busy.size());
      if (busy[worker]++ != 0) ++shared;
      std::this_thread::yield();
      --busy[worker];
      ++done;
    });
    CHECK(shared == 0);
    CHECK(done == tasks);
  };
  for (const int threads : {1, 2, 4}) check_team(threads);
#pragma omp parallel num_threads(3)
  check_team(2);
}

TEST_CASE("fewer threads than none are refused") {
  const Network<float> network(
      {std::make_shared<const Layer<float>>(Matrix<float>(1, 1), std::vector<float>{0})});
  InferenceOptions options;
  options.threads = -1;
  CHECK_THROWS_WITH_AS(infer(network, Matrix<float>(1, 1), options),
                       doctest::Contains("the number of threads must be 0, for all there are, or "
                                         "more, not -1"),
                       Error);
  CHECK_THROWS_AS(Engine<float>(network, options), Error);
}
