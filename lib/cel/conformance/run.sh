#!/bin/sh
# run.sh cases|random EVAL_LINES [FLAGS...]: builds the Go test of that name and runs it against
# EVAL_LINES. Exits with 77, saying why, where it cannot be built for lack of Go or of its modules.
set -u
name=$1
peer=$2
shift 2
cd "$(dirname "$0")" || exit 1

if ! command -v go >/dev/null 2>&1; then
  echo "skipped: there is no go in PATH (Debian: golang-go)"
  exit 77
fi

# From 1.21 on, go fetches the toolchain that a module asks for.
minor=$(go env GOVERSION | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
if [ "${minor:-0}" -lt 21 ]; then
  echo "skipped: go $(go env GOVERSION) is older than 1.21"
  exit 77
fi

# The module file stays as it is; what it lacks is added to a copy beside the binary.
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT INT TERM
cp go.mod go.sum "$work"/ || exit 1
if ! GOFLAGS=-mod=mod go mod download -modfile="$work/go.mod" >"$work/download.log" 2>&1; then
  echo "skipped: the Go modules cannot be fetched:"
  tail -n 3 "$work/download.log"
  exit 77
fi

GOFLAGS=-mod=mod go build -buildvcs=false -modfile="$work/go.mod" -o "$work/$name" "./$name" || exit 1
"$work/$name" -peer "$peer" "$@"
