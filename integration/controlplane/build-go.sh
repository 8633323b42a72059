# Read by the scripts that build pinned Go programs into the cache, such as build.sh
# beside this file. It decides nothing that goes into a program: all of that is in
# the scripts and the modules, whose hash names the folder.

root=${REDIS_SENTINEL_K8S_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/redis-sentinel-k8s/tools}

# named_by FILES... prints a hash of the files, the Go version and the platform.
named_by() {
	{
		cat "$@"
		go env GOVERSION GOOS GOARCH
	} | sha256sum | cut -c1-16
}

# required MODULE GO_MOD prints the version that the go.mod file asks for.
required() {
	sed -n "s|^\(require \)\{0,1\}[[:space:]]*$1 \(v[^ ]*\).*|\2|p" "$2" | head -n 1
}

# begin FOLDER makes the folder that build fills, and one for what is not whole yet.
begin() {
	folder=$1
	mkdir -p "$folder"
	work=$(mktemp -d "$root/build.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	trap 'exit 130' INT TERM
}

# build NAMES MODULE_FOLDER ARGUMENTS_OF_GO_BUILD...: builds into a folder beside the
# final place and moves each binary when it is whole, so that an interrupted build
# leaves nothing half. One that has a single name gets it, whatever its package's.
build() {
	names=$1 module=$2
	shift 2
	missing=
	for name in $names; do
		[ -x "$folder/$name" ] || missing="$missing $name"
	done
	[ -n "$missing" ] || return 0
	output=$work/
	[ "$names" != "${names%% *}" ] || output=$work/$names
	echo "building$missing (with an empty Go build cache this takes minutes)"
	started=$(date +%s)
	(cd "$module" && exec go build -trimpath -o "$output" "$@") &
	pid=$!
	ticks=0
	while kill -0 "$pid" 2>/dev/null; do
		sleep 1
		ticks=$((ticks + 1))
		[ $((ticks % 30)) -ne 0 ] || echo "  still building$missing: $(($(date +%s) - started)) s"
	done
	wait "$pid"
	for name in $missing; do
		mv "$work/$name" "$folder/$name"
	done
	echo "built$missing in $(($(date +%s) - started)) s"
}
