#!/bin/sh
# sanitized-tests.sh PRESET JOBS: runs the tests of a sanitizer's build; any report fails its test.
set -eu
cd "$(dirname "$0")/.."
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:halt_on_error=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:suppressions=$PWD/scripts/tsan.supp
export LSAN_OPTIONS=suppressions=$PWD/scripts/lsan.supp:print_suppressions=0
exec ctest --preset "$1" -j "$2" --no-tests=error --timeout 600
