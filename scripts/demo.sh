#!/bin/sh
# Starts the agent, runs the wordcount workflow through it, and shows where the time went.
set -eu
cd "$(dirname "$0")/.."
bin=build/release/bin
scratch=$(mktemp -d)
agent=
cleanup() {
  [ -z "$agent" ] || { kill "$agent" 2>/dev/null && wait "$agent" 2>/dev/null; } || true
  rm -rf "$scratch"
}
trap cleanup EXIT INT TERM

: >"$scratch/out"
$bin/faasbatch dev --listen 127.0.0.1:0 --workflow examples/wordcount/workflow.yaml >"$scratch/out" 2>"$scratch/log" &
agent=$!
tries=0
until grep -q ready "$scratch/out"; do
  tries=$((tries + 1))
  if [ $tries -gt 200 ] || ! kill -0 "$agent" 2>/dev/null; then cat "$scratch/log" >&2; exit 1; fi
  sleep 0.05
done
FAASBATCH_SERVER=$(grep -o 'http://[^ ]*' "$scratch/out")
export FAASBATCH_SERVER
echo "The agent runs at $FAASBATCH_SERVER. Counting the words of eight licence texts, twice: cold, then warm."
for run in cold warm; do
  printf '\n$ faasbatch invoke wordcount -d @examples/wordcount/input.json   # %s\n' $run
  $bin/faasbatch invoke wordcount -d @examples/wordcount/input.json
  id=$($bin/faasbatch get invocations | awk 'NR == 2 {print $1}')
  printf '\n$ faasbatch timeline %s\n' "$id"
  $bin/faasbatch timeline "$id"
done
