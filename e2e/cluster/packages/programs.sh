# shellcheck shell=bash
# The programs of a cluster from Go modules, into $bin. Go's own caches make a second build short.

programs_digest() { digest_of "$cluster_dir/go" "$kubernetes_version" "$cluster_dir/packages/programs.sh" "$kind_version" "$helm_version" \
  "$local_path_version" "$kubeconform_version" "$kube_score_version"; }

# What `kubectl version` and the API server say of themselves.
kubernetes_link_flags() {
  local package=k8s.io/component-base/version minor=${kubernetes_version#*.}
  echo "-s -w -X $package.gitVersion=v$kubernetes_version -X $package.gitMajor=${kubernetes_version%%.*} -X $package.gitMinor=${minor%%.*}"
}

build_own() { # NAME [LINK FLAGS]: a module of go/
  say "building $1"
  (cd "$cluster_dir/go/$1" && go build -ldflags "${2:--s -w}" -o "$bin/.new" .)
  mv "$bin/.new" "$bin/$1"
}

build_published() { # PACKAGE VERSION
  say "building ${1##*/} $2"
  GOBIN=$bin go install -ldflags "-s -w" "$1@$2"
}

build_programs() {
  local digest
  digest=$(programs_digest)
  if is_made programs "$digest"; then return; fi
  require_go
  mkdir -p "$bin"
  export CGO_ENABLED=0 GOFLAGS=-buildvcs=false
  build_own kubernetes "$(kubernetes_link_flags)"
  ln -sf kubernetes "$bin/kubectl"
  build_own etcd
  build_own coredns
  build_own podnet
  build_published sigs.k8s.io/kind "$kind_version"
  build_published helm.sh/helm/v4/cmd/helm "$helm_version"
  build_published github.com/rancher/local-path-provisioner "$local_path_version"
  build_published github.com/yannh/kubeconform/cmd/kubeconform "$kubeconform_version"
  build_published github.com/zegl/kube-score/cmd/kube-score "$kube_score_version"
  set_made programs "$digest"
}
