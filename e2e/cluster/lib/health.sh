# shellcheck shell=bash
# Whether the cluster is well, and waiting for it to be.

# All the nodes asked for are there and Ready, and every pod of kube-system is.
is_well() {
  [ "$(node_names | wc -l)" -ge $((workers + 1)) ] || return 1
  inside kubectl wait --for=condition=Ready nodes --all --timeout=5s --request-timeout=5s >/dev/null 2>&1 &&
    inside kubectl -n kube-system wait --for=condition=Ready pod --all --timeout=5s --request-timeout=10s >/dev/null 2>&1
}

wait_until_well() { # SECONDS
  if ! inside kubectl wait --for=condition=Ready nodes --all --timeout="$1s" >/dev/null ||
    ! inside kubectl -n kube-system wait --for=condition=Ready pod --all --timeout="$1s" >/dev/null; then
    fail "the cluster did not get ready within $1 s: e2e/cluster/run kubectl get nodes,pods -A -o wide"
  fi
}
