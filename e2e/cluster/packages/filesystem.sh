# shellcheck shell=bash
# The root filesystem of a node: Debian, the files of image/root, and the programs that run outside pods.

node_packages=systemd,systemd-sysv,containerd,runc,containernetworking-plugins,busybox,ca-certificates,conntrack,ethtool
node_packages+=,iproute2,iptables,jq,kmod,mount,nftables,procps,socat,util-linux

bootstrap_debian() { # ARCHIVE
  if [ -f "$1" ]; then return; fi
  rm -f "$work"/debian-*.tar*
  say "bootstrapping Debian $debian for the node"
  mmdebstrap --quiet --variant=apt --include="$node_packages" --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*' "$debian" "$1.new.tar"
  mv "$1.new.tar" "$1"
}

# A container has no devices to wait for, no clock to set and no terminals; what is left starts in a second.
trim_systemd() { # ROOT
  local root=$1 unit
  rm -f "$root"/lib/systemd/system/{multi-user,local-fs}.target.wants/* "$root"/etc/systemd/system/multi-user.target.wants/* \
    "$root"/lib/systemd/system/sockets.target.wants/*udev* \
    "$root"/lib/systemd/system/sysinit.target.wants/{*udev*,dev-*,proc-sys*,sys-*,systemd-tmpfiles-setup.service}
  for unit in systemd-{binfmt,logind,modules-load,resolved,sysctl,timesyncd,udevd}.service getty.target console-getty.service apt-daily.timer; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
  echo ReadKMsg=no >>"$root/etc/systemd/journald.conf" # it is the machine's, not the node's
}

install_node_files() { # ROOT
  local root=$1 name
  cp -a "$cluster_dir/image/root/." "$root/"
  chown -R root:root "$root"/kind "$root"/etc/containerd "$root"/etc/systemd
  sed -i "s/@PAUSE@/$pause_tag/" "$root/etc/containerd/config.toml"
  printf 'v%s' "$kubernetes_version" >"$root/kind/version" # kind reads it
  install -m 755 "$bin/kubernetes" "$root/usr/bin/kubernetes"
  for name in kubeadm kubelet kubectl; do ln -sf kubernetes "$root/usr/bin/$name"; done
  mkdir -p "$root"/etc/{kubernetes/manifests,cni/net.d} "$root/opt/cni" "$root/etc/systemd/system/multi-user.target.wants"
  ln -sfn /usr/lib/cni "$root/opt/cni/bin"
  for name in containerd kubelet; do
    ln -sf "../$name.service" "$root/etc/systemd/system/multi-user.target.wants/$name.service"
  done
  : >"$root/etc/machine-id"
}

# Unpacks an archive of images into the node's containerd, with a containerd of this machine that works in ROOT. It runs in
# namespaces of its own, so that neither a process nor a mount outlives it, however it ends.
preload_images() { # ROOT ARCHIVE
  unshare --mount --pid --fork --kill-child --mount-proc bash "$cluster_dir/packages/preload" "$1" "$2" "$work/build"
}
