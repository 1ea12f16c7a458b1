# shellcheck shell=bash
# To be sourced: which container engine there is, and whether images can be pulled.

# Prints docker or podman; fails where neither works. CONTAINER_ENGINE decides where both do.
container_engine() {
  local candidate
  for candidate in ${CONTAINER_ENGINE:-docker podman}; do
    if command -v "$candidate" >/dev/null 2>&1 && timeout 10 "$candidate" info >/dev/null 2>&1; then
      echo "$candidate"
      return 0
    fi
  done
  return 1
}

# Whether Docker Hub's name can be resolved, which costs nothing; a registry that then does not answer shows when pulling.
registry_reachable() {
  timeout 5 getent hosts registry-1.docker.io >/dev/null
}
