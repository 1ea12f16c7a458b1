#!/bin/sh
# sanitized-tests.sh PRESET JOBS: builds the tests with a sanitizer and runs them; any report fails its test.
#   asan   ASan and UBSan: every C++ test, the examples and the API test against a sanitized agent and runtime; not yet what runs whole
#          programs of the cluster against a real API server (crds, manager, cluster_tests, cli_cluster), nor admin: UBSan stops in cpprestsdk
#   tsan   the tests of what has threads, native functions under the supervisor among them; everything else runs on one event-loop thread
# What is Python or Go, or measures memory and times of the real programs (tests/bad_days), is left to the release build.
set -eu
cd "$(dirname "$0")/.."
preset=$1
jobs=$2
export ASAN_OPTIONS=halt_on_error=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
# A sanitizer changes how much memory a process takes and which signal ends it: what tests just that is left out.
export GTEST_FILTER='-Python.AnIdlePodIsSmall:All/PythonModes.AFloodOfLogsTakesNoMemory/*:All/Crashes.AreTheCallsOwn/*'
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1

cmake --preset "$preset" >/dev/null
case $preset in
  asan)
    cmake --build --preset asan -j "$jobs"
    exec ctest --preset asan -j "$jobs" --no-tests=error --timeout 900 -E '^(bad_days_.*|cel_conformance|cel_differential|python_worker|include_rules|helm_chart|admin|crds|manager|cluster_tests|cli_cluster)$'
    ;;
  tsan)
    threaded='base json telemetry crypto net kube multiplexer supervisor stores sources journal'
    # shellcheck disable=SC2086,SC2046 # lists of words
    cmake --build --preset tsan -j "$jobs" --target $(printf '%s_test ' $threaded)
    # shellcheck disable=SC2086 # a list of words
    exec ctest --preset tsan -j "$jobs" --no-tests=error --timeout 900 -R "^($(echo $threaded | tr ' ' '|'))\$"
    ;;
esac
