#!/bin/sh
# clang-format and clang-tidy over the whole project. What passed is remembered by content in the user's cache folder, so a file is
# checked by clang-tidy again only when it, a header or the configuration has changed.
set -eu
cd "$(dirname "$0")/.."
scripts/sources.sh | xargs clang-format-19 --dry-run --Werror

cmake --preset lint >/dev/null
state=${XDG_CACHE_HOME:-$HOME/.cache}/faasbatch-lint
mkdir -p "$state"
common=$(scripts/sources.sh | grep -E '\.(h|hpp)$' | xargs cat .clang-tidy cmake/*.cmake scripts/lint.sh | sha256sum | cut -c1-32)
todo=build/lint/todo
: >"$todo"
for source in $(scripts/sources.sh | grep -E '\.cpp$' | grep -v '^examples/'); do
  key=$( (echo "$common"; cat "$source") | sha256sum | cut -c1-40)
  [ -e "$state/$key" ] || echo "$source $key" >>"$todo"
done
echo "clang-tidy: $(wc -l <"$todo") files"
export state
xargs -P "$(nproc)" -L 1 sh -c '
  grep -q "/$0\"" build/lint/compile_commands.json || exit 0
  clang-tidy-19 --quiet -p build/lint "$0" 2>build/lint/stderr.$$ >build/lint/out.$$ && touch "$state/$1" && code=0 || code=255
  [ $code = 0 ] || { cat build/lint/out.$$; grep -v "warnings generated" build/lint/stderr.$$; echo "clang-tidy: $0 failed"; }
  rm -f build/lint/out.$$ build/lint/stderr.$$
  exit $code' <"$todo"
echo "lint: clean"
