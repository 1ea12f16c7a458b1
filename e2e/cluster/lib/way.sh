# shellcheck shell=bash
# Which way the cluster comes up:
#   registry   kind's own node image, pulled by digest with Docker or podman
#   packages   a node image of our own from Debian packages and Go modules, on rootful podman

# shellcheck source=../../scripts/containers.sh
. "$project_dir/scripts/containers.sh"

# Sets `way`, and `engine` for the registry way. A cluster that is up keeps the way it came up.
choose_way() {
  way=$wanted_way
  if [ -f "$work/way" ]; then
    way=$(cat "$work/way")
    [ "$wanted_way" = auto ] || [ "$wanted_way" = "$way" ] || fail "the cluster is up the other way ($way): make cluster-down first"
  elif [ "$way" = auto ]; then
    if container_engine >/dev/null && registry_reachable; then way=registry; else way=packages; fi
  fi
  case $way in
    registry) engine=$(container_engine) || fail "CLUSTER_WAY=registry needs a running Docker, or podman" ;;
    packages) engine=podman ;;
    *) fail "CLUSTER_WAY=$way: must be auto, registry or packages" ;;
  esac
}

explain_way() {
  if [ "$way" = registry ]; then
    say "kind's own node image with $engine and a registry (CLUSTER_WAY=packages builds one instead)"
  elif [ "$wanted_way" = packages ]; then
    say "a node image of Debian packages and Go modules on rootful podman, as CLUSTER_WAY asks"
  else
    say "neither Docker nor podman with a registry here: a node image of Debian packages and Go modules on rootful podman"
  fi
}
