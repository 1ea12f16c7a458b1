# shellcheck shell=bash
# What the packages way needs of the machine.

debian_packages=(podman conmon runc netavark aardvark-dns containerd iptables nftables iproute2 mmdebstrap gcc libc6-dev util-linux)

require_debian_root() {
  [ "$(id -u)" = 0 ] || fail "the packages way needs root: it makes network namespaces and runs containers that run containers"
  command -v apt-get >/dev/null || fail "the packages way needs a Debian machine: it builds the node image from Debian packages"
}

require_debian_packages() {
  local package missing=()
  for package in "${debian_packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  if [ ${#missing[@]} = 0 ]; then return; fi
  say "installing ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# go_at_least MAJOR.MINOR VERSION: whether `go version`'s VERSION, such as go1.24.3, is that or newer.
go_at_least() {
  printf '%s\n' "$1" "${2#go}" | sort --version-sort --check=quiet
}

require_go() {
  local present
  present=$(go env GOVERSION 2>/dev/null) || fail "Go $go_minimum or newer is needed to build the node image and is not installed \
(Debian 12's golang-go is too old; bookworm-backports and Debian 13 have a newer one)"
  go_at_least "$go_minimum" "$present" || fail "Go $go_minimum or newer is needed to build the node image; $(command -v go) is $present"
}
