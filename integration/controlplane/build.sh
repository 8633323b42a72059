#!/bin/sh
# Builds the tools of the integration tests from their pinned Go modules: etcd,
# kube-apiserver, kube-controller-manager, kube-scheduler, kubectl and helm.
#
#   build.sh          builds what is missing; the last line is the folder
#   build.sh --where  only prints the folder
#
# The folder is named after a hash of the modules' files and the Go version, so
# an update never meets a stale binary. REDIS_SENTINEL_K8S_TOOLS moves it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
integration=$(dirname "$here")
. "$here/build-go.sh"

etcd=$here/etcd kubernetes=$here/kubernetes helm=$integration/helm
folder=$root/$(named_by "$kubernetes/go.mod" "$kubernetes/go.sum" "$kubernetes/tools.go" \
	"$etcd/go.mod" "$etcd/go.sum" "$helm/go.mod" "$helm/go.sum" "$here/build.sh")

if [ "${1:-}" = --where ]; then
	echo "$folder"
	exit 0
fi
begin "$folder"

release=$(required k8s.io/kubernetes "$kubernetes/go.mod")
minor=$(echo "$release" | cut -d. -f2)
base=k8s.io/component-base/version
chart=helm.sh/helm/v3/pkg

build etcd "$etcd" -ldflags "-s -w" go.etcd.io/etcd/server/v3
# helm template and helm lint answer for the Kubernetes release that we test with.
build helm "$helm" \
	-ldflags "-s -w -X helm.sh/helm/v3/internal/version.version=$(required helm.sh/helm/v3 "$helm/go.mod") \
	-X $chart/chartutil.k8sVersionMajor=1 -X $chart/chartutil.k8sVersionMinor=$minor \
	-X $chart/lint/rules.k8sVersionMajor=1 -X $chart/lint/rules.k8sVersionMinor=$minor" \
	helm.sh/helm/v3/cmd/helm
build "kube-apiserver kube-controller-manager kube-scheduler kubectl" "$kubernetes" \
	-ldflags "-s -w -X $base.gitVersion=$release -X $base.gitMajor=1 -X $base.gitMinor=$minor" \
	k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kube-controller-manager \
	k8s.io/kubernetes/cmd/kube-scheduler k8s.io/kubernetes/cmd/kubectl

echo "$folder"
