# shellcheck shell=bash
# The node image, in podman's storage below $work. Sets `node_image`; its tag is the digest of what it is made of, so that
# clones with other contents do not undo one another's.

image_digest() { digest_of "$(programs_digest)" "$cluster_dir/image" "$cluster_dir/packages" "$debian" "$coredns_tag" "$etcd_tag" "$pause_tag"; }

build_node_image() {
  local digest root=$work/build/root
  digest=$(image_digest)
  node_image=localhost/faasbatch-node:$digest
  if podman image exists "$node_image" 2>/dev/null; then return; fi
  build_programs
  rm -rf "$work/build"
  mkdir -p "$work/build" "$root"
  bootstrap_debian "$work/debian-$debian-$(digest_of "$node_packages").tar"
  say "building the node image"
  tar -C "$root" -xf "$work/debian-$debian-$(digest_of "$node_packages").tar"
  save_images "$root" "$work/build/images.tar"
  trim_systemd "$root"
  install_node_files "$root"
  preload_images "$root" "$work/build/images.tar"
  tar -C "$root" --xattrs --numeric-owner -cf "$work/build/node.tar" .
  podman import --quiet --change 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]' --change STOPSIGNAL=SIGRTMIN+3 \
    "$work/build/node.tar" "$node_image" >/dev/null
  rm -rf "$work/build"
  forget_older_images
}

# Keeps the image in use and the one before, which another clone may want.
forget_older_images() {
  podman images --sort created --format '{{.Repository}}:{{.Tag}}' | grep '^localhost/faasbatch-node:' | tail -n +3 |
    xargs -r podman rmi >/dev/null 2>&1 || true
  podman image prune --force >/dev/null
}
