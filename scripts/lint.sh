#!/bin/sh
# Lints the whole project: shellcheck, clang-format, clang-tidy.
set -eu
cd "$(dirname "$0")/.."
git ls-files --stage | awk '$1 == "100755" { print $4 }' | xargs grep -lE '^#!.*(ba)?sh$' | xargs shellcheck --check-sourced
scripts/sources.sh | xargs clang-format-19 --dry-run --Werror
cmake --preset lint >/dev/null
python3 scripts/tidy.py "$@"
