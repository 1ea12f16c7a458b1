#!/bin/sh
# Prints the speed table and writes build/bench/results.json. Needs wrk as the load generator.
set -eu
cd "$(dirname "$0")/.."
command -v wrk >/dev/null 2>&1 || { apt-get update -qq && apt-get install -y -qq wrk >/dev/null; }
exec /usr/bin/python3 bench/run.py --build build/release --out build/bench/results.json "$@"
