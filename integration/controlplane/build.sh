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
root=${REDIS_SENTINEL_K8S_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/redis-sentinel-k8s/tools}

hash=$(
	cd "$integration"
	{
		cat controlplane/kubernetes/go.mod controlplane/kubernetes/go.sum controlplane/kubernetes/tools.go \
			controlplane/etcd/go.mod controlplane/etcd/go.sum helm/go.mod helm/go.sum controlplane/build.sh
		go env GOVERSION GOOS GOARCH
	} | sha256sum | cut -c1-16
)
folder=$root/$hash

if [ "${1:-}" = --where ]; then
	echo "$folder"
	exit 0
fi

# required MODULE GO_MOD prints the version that the go.mod file asks for.
required() {
	sed -n "s|^\(require \)\{0,1\}[[:space:]]*$1 \(v[^ ]*\).*|\2|p" "$2" | head -n 1
}

# build NAMES MODULE_FOLDER LDFLAGS PACKAGES...: builds into a folder beside the
# final place and moves each binary when it is whole, so that an interrupted
# build leaves nothing half.
build() {
	names=$1 module=$2 flags=$3
	shift 3
	missing=
	for name in $names; do
		[ -x "$folder/$name" ] || missing="$missing $name"
	done
	[ -n "$missing" ] || return 0
	echo "building$missing (with an empty Go build cache this takes minutes)"
	started=$(date +%s)
	(cd "$module" && go build -trimpath -ldflags "-s -w $flags" -o "$work/" "$@") &
	pid=$!
	ticks=0
	while kill -0 "$pid" 2>/dev/null; do
		sleep 1
		ticks=$((ticks + 1))
		[ $((ticks % 30)) -ne 0 ] || echo "  still building$missing: $(($(date +%s) - started)) s"
	done
	wait "$pid"
	[ ! -x "$work/server" ] || mv "$work/server" "$work/etcd" # go build names it after its folder
	for name in $missing; do
		mv "$work/$name" "$folder/$name"
	done
	echo "built$missing in $(($(date +%s) - started)) s"
}

mkdir -p "$folder"
work=$(mktemp -d "$root/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

kubernetes=$(required k8s.io/kubernetes "$integration/controlplane/kubernetes/go.mod")
minor=$(echo "$kubernetes" | cut -d. -f2)
base=k8s.io/component-base/version
chart=helm.sh/helm/v3/pkg

build etcd "$integration/controlplane/etcd" "" go.etcd.io/etcd/server/v3
# helm template and helm lint answer for the Kubernetes release that we test with.
build helm "$integration/helm" \
	"-X helm.sh/helm/v3/internal/version.version=$(required helm.sh/helm/v3 "$integration/helm/go.mod") \
	-X $chart/chartutil.k8sVersionMajor=1 -X $chart/chartutil.k8sVersionMinor=$minor \
	-X $chart/lint/rules.k8sVersionMajor=1 -X $chart/lint/rules.k8sVersionMinor=$minor" \
	helm.sh/helm/v3/cmd/helm
build "kube-apiserver kube-controller-manager kube-scheduler kubectl" "$integration/controlplane/kubernetes" \
	"-X $base.gitVersion=$kubernetes -X $base.gitMajor=1 -X $base.gitMinor=$minor" \
	k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kube-controller-manager \
	k8s.io/kubernetes/cmd/kube-scheduler k8s.io/kubernetes/cmd/kubectl

echo "$folder"
