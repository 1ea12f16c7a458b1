#!/bin/sh
# clang-format and clang-tidy over the whole project.
set -eu
cd "$(dirname "$0")/.."
scripts/sources.sh | xargs clang-format-19 --dry-run --Werror
cmake --preset lint >/dev/null
python3 scripts/tidy.py "$@"
