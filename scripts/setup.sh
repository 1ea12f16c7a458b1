#!/bin/sh
# Installs what building, testing and linting need, on Debian 12 or newer. Does nothing where all of it is there.
#   scripts/setup.sh          to build and to run
#   scripts/setup.sh --test   also what the tests, the linters and the fuzzers need
set -eu
cd "$(dirname "$0")/.."

build="g++ cmake ninja-build make pkg-config libboost-dev nlohmann-json3-dev libyaml-cpp-dev libcurl4-openssl-dev
  libssl-dev libspdlog-dev libfmt-dev libgtest-dev libgmock-dev libre2-dev libabsl-dev libhiredis-dev libsqlite3-dev
  libzip-dev libcli11-dev libcpprest-dev python3 curl ca-certificates"
nice_to_have="ccache mold"
test="redis-server python3-redis python3-boto3 python3-requests python3-yaml python3-jsonschema python3-pip faketime golang-go nodejs npm
  clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev shellcheck"

wanted="$build $nice_to_have"
if [ "${1:-}" = --test ]; then
  # A Go or a Node.js that did not come as a Debian package does as well.
  if command -v go >/dev/null 2>&1; then test=$(echo "$test" | sed 's/golang-go//'); fi
  if command -v npm >/dev/null 2>&1; then test=$(echo "$test" | sed 's/nodejs npm//'); fi
  wanted="$wanted $test"
fi

missing=
for package in $wanted; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
if [ -n "$missing" ]; then
  echo "Installing:$missing"
  as_root=
  if [ "$(id -u)" != 0 ]; then as_root=sudo; fi
  export DEBIAN_FRONTEND=noninteractive
  $as_root apt-get update -qq
  # shellcheck disable=SC2086 # a list of words
  $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

# The CouchDB peer of the tests. Where it cannot be had, the tests that need it say so and are skipped.
if [ "${1:-}" = --test ] && [ ! -x build/peers/node_modules/.bin/pouchdb-server ]; then
  mkdir -p build/peers
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix build/peers pouchdb-server >build/peers/npm.log 2>&1 ||
    echo "pouchdb-server could not be installed (see build/peers/npm.log): CouchDB tests will be skipped"
fi

# Clients that the tests share: Debian has no couchdb, and an older redis than many users.
if [ "${1:-}" = --test ] && [ ! -d build/peers/python/couchdb ]; then
  mkdir -p build/peers
  /usr/bin/python3 -m pip install --quiet --no-deps --root-user-action=ignore --target build/peers/python couchdb redis >build/peers/pip.log 2>&1 ||
    echo "PyPI's couchdb and redis could not be installed (see build/peers/pip.log): tests of them will be skipped"
fi
