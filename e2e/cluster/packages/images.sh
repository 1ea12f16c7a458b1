# shellcheck shell=bash
# The images of a node's pods, as one archive. They are made of the programs in $bin and of files of the node's own Debian.

# copy_with_libraries ROOT FILE... TARGET: programs or modules of the Debian in ROOT, with the libraries they need.
copy_with_libraries() {
  local root=$1 target=${*: -1} file
  shift
  for file in "${@:1:$#-1}"; do
    echo "$file"
    chroot "$root" ldd "$file" | grep -o '/[^ ]*'
  done | sed 's,^/,,' | sort -u | tar -C "$root" --dereference --files-from=- -cf - | tar -C "$target" -xf -
}

# What the pods of Kubernetes, of the pod network and of the storage class run.
lay_programs() { # ROOT TARGET
  local root=$1 target=$2 name
  mkdir -p "$target/usr/local/bin" "$target/tmp" "$target/etc"
  cp "$bin/kubernetes" "$bin/etcd" "$bin/podnet" "$bin/local-path-provisioner" "$target/usr/local/bin/"
  for name in kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubectl; do
    ln -s kubernetes "$target/usr/local/bin/$name"
  done
  # kube-proxy and podnet call iptables; kube-proxy's nftables mode calls nft.
  mapfile -t modules < <(cd "$root" && find usr/lib -path '*/xtables/*.so' -printf '/%p\n')
  copy_with_libraries "$root" /usr/sbin/xtables-nft-multi /usr/sbin/nft "${modules[@]}" "$target"
  for name in {iptables,ip6tables}{,-save,-restore}; do ln -s xtables-nft-multi "$target/usr/sbin/$name"; done
}

lay_busybox() { # ROOT TARGET
  local root=$1 target=$2 applet
  mkdir -p "$target/tmp"
  copy_with_libraries "$root" /bin/busybox "$target"
  for applet in $(chroot "$root" busybox --list); do [ "$applet" = busybox ] || ln -s busybox "$target/bin/$applet"; done
}

# tags_of TARGET: the names the pods ask for, one a line.
tags_of() {
  local name
  case $1 in
    node-programs)
      for name in kube-apiserver kube-controller-manager kube-scheduler kube-proxy; do
        echo "registry.k8s.io/$name:v$kubernetes_version"
      done
      echo "registry.k8s.io/etcd:$etcd_tag"
      echo localhost/node-programs:1
      ;;
    coredns) echo "registry.k8s.io/coredns/coredns:$coredns_tag" ;;
    pause) echo "registry.k8s.io/pause:$pause_tag" ;;
    busybox) echo localhost/busybox:1 ;;
  esac
}

save_images() { # ROOT ARCHIVE
  local root=$1 archive=$2 context=$work/build/images target tags names=()
  rm -rf "$context" "$archive"
  mkdir -p "$context/programs" "$context/busybox"
  lay_programs "$root" "$context/programs"
  lay_busybox "$root" "$context/busybox"
  cp "$bin/coredns" "$context/coredns"
  gcc -Os -static -s -o "$context/pause" "$cluster_dir/image/pause.c"
  for target in node-programs coredns pause busybox; do
    mapfile -t tags < <(tags_of "$target")
    podman build --quiet --isolation chroot --target "$target" "${tags[@]/#/--tag=}" -f "$cluster_dir/image/images.Dockerfile" "$context" >/dev/null
    names+=("${tags[@]}")
  done
  podman save --quiet --multi-image-archive --output "$archive" "${names[@]}"
  podman rmi --force "${names[@]}" >/dev/null
  rm -rf "$context"
}
