#!/bin/sh
# Runs every fuzz target for FUZZ_SECONDS; new inputs go to build/fuzz/found/TARGET, crashes stop the run.
set -eu
cd "$(dirname "$0")/.."
cmake --preset fuzz >/dev/null
targets=$(cat build/fuzz/fuzz-targets.txt)
# shellcheck disable=SC2046 # a list of words
cmake --build --preset fuzz --target $(printf '%s\n' "$targets" | cut -d: -f1)
for entry in $targets; do
  target=${entry%%:*}
  corpus=${entry#*:}
  found=build/fuzz/found/$target
  mkdir -p "$found"
  echo "== $target: ${FUZZ_SECONDS:-60} s"
  build/fuzz/tests/"$target" -max_total_time="${FUZZ_SECONDS:-60}" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$found/" \
    -print_final_stats=0 -verbosity=0 "$found" "$corpus"
done
echo "fuzz: no crash in $(printf '%s\n' "$targets" | wc -l) targets"
