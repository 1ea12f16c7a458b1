# shellcheck shell=bash
# To be sourced: the Debian that the images are built on.

debian_release=bookworm
made_base=localhost/faasbatch/debian:$debian_release

# Programs built on this machine run in the images when both are of one Debian release.
default_programs() {
  if grep -qsx "VERSION_CODENAME=$debian_release" /etc/os-release; then echo given; else echo source; fi
}

# A Debian as small as debian:bookworm-slim, from packages.
make_base() {
  if "$engine" image inspect "$made_base" >/dev/null 2>&1; then return; fi
  command -v mmdebstrap >/dev/null || fail "$base cannot be pulled, and making one from Debian packages needs mmdebstrap (apt-get install mmdebstrap)"
  mmdebstrap --quiet --variant=apt --aptopt='APT::Install-Recommends "false"' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/man/*' "$debian_release" - |
    "$engine" import - "$made_base" >/dev/null
}

# Sets `base`: BASE, Debian's image, or one made here where that cannot be pulled.
choose_base() {
  if [ -n "${BASE:-}" ]; then
    base=$BASE
    return
  fi
  base=docker.io/library/debian:$debian_release-slim
  if "$engine" image inspect "$base" >/dev/null 2>&1; then return; fi
  if registry_reachable && "$engine" pull --quiet "$base" >/dev/null; then return; fi
  say "no registry to pull $base from: a base made from Debian packages, and stand-ins for the stores"
  make_base
  base=$made_base
}
