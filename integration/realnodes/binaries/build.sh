#!/bin/sh
# Builds what a node runs, from pinned Go modules: containerd with its shim and ctr,
# kubelet, kube-proxy, CoreDNS, and the pause of pods' sandboxes.
#
#   build.sh          builds what is missing; the last line is the folder
#   build.sh --where  only prints the folder
#
# The folder is named as that of the control plane is (integration/controlplane/build.sh),
# but by these modules alone: a change here rebuilds no control plane.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
controlplane=$(cd "$here/../../controlplane" && pwd)
. "$controlplane/build-go.sh"

kubelet=$here/kubelet containerd=$here/containerd coredns=$here/coredns
folder=$root/nodes-$(named_by "$containerd/go.mod" "$containerd/go.sum" "$kubelet/go.mod" "$kubelet/go.sum" \
	"$coredns/go.mod" "$coredns/go.sum" "$coredns/main.go" "$here/pause/main.go" "$here/build.sh")

if [ "${1:-}" = --where ]; then
	echo "$folder"
	exit 0
fi

# Nodes of another release than their control plane's would be a test of something else.
release=$(required k8s.io/kubernetes "$kubelet/go.mod")
if [ "$release" != "$(required k8s.io/kubernetes "$controlplane/kubernetes/go.mod")" ]; then
	echo "$kubelet/go.mod and $controlplane/kubernetes/go.mod ask for different releases of Kubernetes" >&2
	exit 1
fi
begin "$folder"

# static NAMES MODULE_FOLDER ...: without the C library, as an empty image has none.
# Not for the kubelet, which shares most of its packages with the control plane: built
# another way they would all be compiled a second time.
static() (
	export CGO_ENABLED=0
	build "$@"
)

repository=github.com/containerd/containerd/v2
version=$(required $repository "$containerd/go.mod")
static "containerd containerd-shim-runc-v2 ctr" "$containerd" \
	-tags "no_btrfs no_devmapper no_zfs no_aufs" -ldflags "-s -w -X $repository/version.Version=${version#v}" \
	$repository/cmd/containerd $repository/cmd/containerd-shim-runc-v2 $repository/cmd/ctr

base=k8s.io/component-base/version
build "kubelet kube-proxy" "$kubelet" \
	-ldflags "-s -w -X $base.gitVersion=$release -X $base.gitMajor=1 -X $base.gitMinor=$(echo "$release" | cut -d. -f2)" \
	k8s.io/kubernetes/cmd/kubelet k8s.io/kubernetes/cmd/kube-proxy

static pause "$here/pause" -buildvcs=false -ldflags "-s -w" .
static coredns "$coredns" -buildvcs=false -ldflags "-s -w" .

echo "$folder"
