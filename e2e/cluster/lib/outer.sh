# shellcheck shell=bash
# The packages way keeps podman and kind apart from the machine: settings and storage of their own below $work, and a network
# namespace of their own, which has lo and no way out. So they need nothing of the machine's network and change nothing in it.

outer_environment() {
  export CONTAINERS_CONF=$work/containers.conf CONTAINERS_STORAGE_CONF=$work/storage.conf
  unset HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy # kind would hand them on to the nodes
}

# nsenter, as `ip netns exec` would hide /sys/fs/cgroup.
in_outer() { nsenter --net="/run/netns/$netns" -- "$@"; } 9>&-

write_podman_settings() {
  cat >"$CONTAINERS_STORAGE_CONF" <<END
[storage]
driver = "overlay"
graphroot = "$work/storage"
runroot = "$work/run/storage"
END
  # runc and low limits, as the machine may lack CAP_SYS_RESOURCE, without which no limit can be raised.
  cat >"$CONTAINERS_CONF" <<END
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=16000:16000"]
log_driver = "k8s-file"
pids_limit = 0
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
stop_timeout = 1
tmp_dir = "$work/run/libpod"
[network]
network_backend = "netavark"
network_config_dir = "$work/networks"
END
}

# Makes what is missing of it; what a killed run or a reboot left is no hindrance.
make_outer() {
  mkdir -p "$work/run/libpod" "$work/networks" /lib/modules # kind mounts /lib/modules
  outer_environment
  write_podman_settings
  if ! nsenter --net="/run/netns/$netns" true 2>/dev/null; then
    ip netns delete "$netns" 2>/dev/null || true # a name without a namespace behind it
    ip netns add "$netns"
  fi
  in_outer ip link set lo up
}

remove_outer() {
  ip netns delete "$netns" 2>/dev/null || true
}

# After a reboot, or when everything was killed from outside, podman still holds its containers for running and its networks
# for set up. Containers whose first process is gone are removed, so that the next cluster is made from scratch.
forget_dead_run() {
  local id pid
  while read -r id pid; do
    if [ "$pid" = 0 ] || [ -d "/proc/$pid" ]; then continue; fi
    in_outer podman rm --force --volumes "$id" >/dev/null 2>&1 || true
  done < <(in_outer podman ps --all --no-trunc --format '{{.ID}} {{.Pid}}' 2>/dev/null)
}
