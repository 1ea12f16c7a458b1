# shellcheck shell=bash
# shellcheck disable=SC2034 # used by those who source this
# Names, versions and places of the cluster. What a user may set comes from the environment.

cluster_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
project_dir=$(cd "$cluster_dir/../.." && pwd)

cluster=${CLUSTER_NAME:-faasbatch}
workers=${CLUSTER_WORKERS:-2}                       # beside the one control plane
work=${CLUSTER_DIR:-/var/tmp/faasbatch-cluster}     # everything built, stored and running; shared by all clones of a machine
wanted_way=${CLUSTER_WAY:-auto}                     # auto, registry or packages

# The registry way: kind's own image for kind_version.
node_image_pinned=docker.io/kindest/node:v1.34.11@sha256:44e222ee2132dab25ff87301682f89eb82c7880ea3a1bf543bfe9708fd08d67d

# The packages way. Kubernetes 1.34 is the last that runs on cgroup v1 without being asked to. The versions of etcd, CoreDNS
# and pause are those kubeadm 1.34 asks for by name; Kubernetes' own is in go/kubernetes/go.mod, etcd's in go/etcd/go.mod.
kubernetes_version=$(sed -nE 's/^(require)?[[:space:]]*k8s.io\/kubernetes v//p' "$cluster_dir/go/kubernetes/go.mod")
debian=bookworm # the release with the last systemd that runs on cgroup v1
go_minimum=1.24
kind_version=v0.33.0
helm_version=v4.0.5
coredns_tag=v1.12.1
local_path_version=v0.0.30
kubeconform_version=v0.7.0
kube_score_version=v1.20.0
etcd_tag=3.6.5-0
pause_tag=3.10.1

bin=$work/bin
netns=$(basename "$work") # the network namespace of the packages way

say() { echo "cluster: $*"; }
fail() {
  echo "cluster: $*" >&2
  exit 1
}

# One at a time, as clones share the work directory. `inside` keeps the descriptor from what outlives the script: nodes.
lock() {
  mkdir -p "$work"
  exec 9>"$work/lock"
  flock --timeout 1200 9 || fail "another script has held $work/lock for 20 minutes"
}
