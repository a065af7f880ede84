#!/bin/sh
# Builds everything and passes all tests: tests/run.sh [PRESET], where PRESET is release (the default), debug,
# asan or tsan. OSCILLON_CHALLENGE_DATA may name a folder with official Challenge data (small/ and full/);
# without it the tests that read them are passed over.
set -eu
preset=${1:-release}
cd "$(dirname "$0")/.."
cmake/dependencies.sh
cmake --preset "$preset" -D OSCILLON_BUILD_TESTS=ON \
  -D OSCILLON_WARNINGS_AS_ERRORS="$([ "${CI:-}" = true ] && echo ON || echo OFF)" >/dev/null
cmake --build "build/$preset"
ctest --test-dir "build/$preset" --output-on-failure --parallel "$(nproc)"
