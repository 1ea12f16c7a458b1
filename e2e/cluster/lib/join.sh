# shellcheck shell=bash
# Adds a worker to a running cluster: a container as kind makes them, and kubeadm with the configuration of a worker that is
# there. kind has no verb for it, but deletes such a node and loads images into it as its own.

next_worker_name() {
  local number=2 name=$cluster-worker
  while node_names | grep -qxF "$name"; do
    name=$cluster-worker$number
    number=$((number + 1))
  done
  echo "$name"
}

# A volume for /var, where the engine does not allow by itself what nodes do there; kind finds it by its label.
var_volume() { # NAME
  if [ "$engine" = docker ]; then
    echo /var
  else
    echo "$(containers volume create --label "$1=true"):/var:suid,exec,dev"
  fi
}

# The container, with the settings of kind's own. Returns before systemd is up in it.
start_worker() { # NAME LIKE
  containers run --detach --tty --name "$1" --hostname "$1" --net kind --privileged --cgroupns=private \
    --security-opt seccomp=unconfined --tmpfs /tmp --tmpfs /run --volume "$(var_volume "$1")" \
    --volume /lib/modules:/lib/modules:ro --env "container=$engine" \
    --label "io.x-k8s.kind.cluster=$cluster" --label io.x-k8s.kind.role=worker \
    "$(containers inspect --format '{{.Config.Image}}' "$2")" >/dev/null
}

wait_for_runtime() { # NAME
  local deadline=$((SECONDS + 60))
  until containers exec "$1" ctr version >/dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || fail "$1: containerd does not answer after 60 s"
    sleep 0.2
  done
}

address_of() { containers exec "$1" sh -c 'getent ahostsv4 "$(hostname)"' | awk 'NR == 1 { print $1 }'; }

# The address in the configuration kind wrote for a worker, which is not the worker's any more when it was started again.
written_address_of() { containers exec "$1" sed -nE 's/^ *node-ip: "?([0-9.]+).*/\1/p' /kind/kubeadm.conf | head -n 1; }

# The configuration kind wrote for LIKE, with the name and address of NAME and a token of now.
join_configuration() { # NAME LIKE
  local token
  token=$(containers exec "$(control_plane)" kubeadm token create --kubeconfig /etc/kubernetes/admin.conf)
  containers exec "$2" cat /kind/kubeadm.conf | sed -E \
    -e "s/\b$2\b/$1/g" \
    -e "s/\b$(written_address_of "$2" | sed 's/\./\\./g')\b/$(address_of "$1")/g" \
    -e "s/^( *token: ).*/\1$token/"
}

add_worker() {
  local name like
  like=$(worker_names | head -1)
  [ -n "$like" ] || fail "node add takes a worker as its model, and there is none"
  name=$(next_worker_name)
  start_worker "$name" "$like"
  wait_for_runtime "$name"
  join_configuration "$name" "$like" | containers exec --interactive "$name" sh -c 'cat >/kind/kubeadm.conf'
  containers exec "$name" kubeadm join --config /kind/kubeadm.conf --skip-phases=preflight >"$work/join.log" 2>&1 ||
    fail "$name cannot join: see $work/join.log"
  inside kubectl wait --for=condition=Ready "node/$name" --timeout=90s >/dev/null
  echo "$name"
}
