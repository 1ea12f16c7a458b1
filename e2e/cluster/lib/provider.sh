# shellcheck shell=bash
# The same commands for both ways: `inside` runs one where the cluster can be reached, `containers` the engine of the nodes.

enter_way() {
  choose_way
  export PATH=$bin:$PATH KUBECONFIG=$work/kubeconfig KIND_EXPERIMENTAL_PROVIDER=$engine
  if [ "$way" = packages ]; then outer_environment; fi
}

inside() {
  if [ "$way" = packages ]; then in_outer "$@"; else "$@"; fi
} 9>&- # the lock's

containers() { inside "$engine" "$@"; }

# Names of the node containers, running or not, one a line.
nodes_labelled() { containers ps --all --format '{{.Names}}' --filter "label=io.x-k8s.kind.cluster=$cluster" "$@" | sort; }
node_names() { nodes_labelled; }
worker_names() { nodes_labelled --filter label=io.x-k8s.kind.role=worker; }
control_plane() { nodes_labelled --filter label=io.x-k8s.kind.role=control-plane | head -1; }

# kind's own way, which also clears its kubeconfig; then by force what that left, as where a killed run left half a cluster.
delete_nodes() {
  local name names
  mapfile -t names < <(node_names)
  if [ ${#names[@]} -gt 0 ]; then containers kill "${names[@]}" >/dev/null 2>&1 || true; fi # nothing in them is worth an orderly end
  if command -v kind >/dev/null; then inside kind delete cluster --name "$cluster" --quiet >/dev/null 2>&1 || true; fi
  for name in $(node_names); do remove_container "$name"; done
}

# With podman the volume of a node has the node's name as a label; with docker it is anonymous and goes with the container.
remove_container() { # NAME
  containers rm --force --volumes "$1" >/dev/null
  if [ "$engine" = docker ]; then return; fi
  local volume
  for volume in $(containers volume ls --quiet --filter "label=$1"); do containers volume rm --force "$volume" >/dev/null; done
}

require_cluster() {
  if [ "$way" = packages ] && ! in_outer true 2>/dev/null; then fail "no cluster here: make cluster-up"; fi
  [ -n "$(node_names)" ] || fail "no cluster here: make cluster-up"
}
