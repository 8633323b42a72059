#!/bin/sh
# Brings a Redis or a Valkey out of Debian's packages, whatever this computer runs: into
# a folder of the cache, with the C library that it was linked to, busybox beside it,
# and nothing else. A root file system that chroot, an image or its own loader can use.
# No sources, keys or packages of this computer are changed.
#
#   debian.sh NAME          brings it if it is missing, and prints the root folder
#   debian.sh --where NAME  only prints the folder
#
# NAME is redis-7.0, redis-8.0, valkey-8.1 or valkey-9.1. The folder is named after this
# script. REDIS_SENTINEL_K8S_TOOLS moves it, as for the other tools.
set -eu

only=
if [ "${1:-}" = --where ]; then
	only=where
	shift
fi
name=${1:-}
case $name in
redis-7.0) suite=bookworm ;;
redis-8.0 | valkey-8.1) suite=trixie ;;
valkey-9.1) suite=sid ;;
*)
	echo "debian.sh: no packages are known for '$name'" >&2
	exit 2
	;;
esac
program=${name%-*} version=${name#*-}

cache=${REDIS_SENTINEL_K8S_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/redis-sentinel-k8s/tools}
folder=$cache/debian-$(sha256sum <"$0" | cut -c1-16)
root=$folder/$name
if [ -n "$only" ] || [ -d "$root" ]; then
	echo "$root"
	exit 0
fi

for need in apt-get dpkg dpkg-deb; do
	if ! command -v $need >/dev/null; then
		echo "$need is missing: Debian's packages are fetched by a Debian computer's own tools" >&2
		exit 1
	fi
done

mkdir -p "$folder"
work=$(mktemp -d "$cache/debian.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
apt=$work/apt
mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/none" "$work/server" "$work/all" "$work/root"

# The mirror is the one that this computer uses, if that is Debian's.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep '/debian/*$' | head -n 1) || true
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] ${mirror:-http://deb.debian.org/debian} $suite main" >"$apt/sources.list"

# What the packages want for making their user is taken as installed; what is left is libraries.
for package in adduser systemd; do
	printf 'Package: %s\nStatus: install ok installed\nVersion: 9999\nArchitecture: all\n\n' $package
done >"$apt/status"

private() {
	apt-get -qq -o "Dir::Etc::sourcelist=$apt/sources.list" -o "Dir::Etc::sourceparts=$apt/none" \
		-o "Dir::Etc::preferences=$apt/none" -o "Dir::Etc::preferencesparts=$apt/none" -o APT::Default-Release= \
		-o "Dir::State=$apt" -o "Dir::State::status=$apt/status" -o "Dir::State::lists=$apt/lists" \
		-o "Dir::Cache=$apt" -o "Dir::Cache::archives=$apt/archives" \
		-o Acquire::Languages=none -o APT::Sandbox::User= -o APT::Install-Recommends=false "$@"
}
echo "fetching $name from Debian $suite" >&2
private update
private install --download-only "$program-tools" busybox-static >/dev/null
(cd "$work/server" && private download "$program-server" >/dev/null)

# A suite in the making moves on: better no server than another one than was asked for.
got=$(dpkg-deb --field "$work"/server/*.deb Version | sed 's/^[0-9]*://')
case $got in
"$version".*) ;;
*)
	echo "Debian $suite has $program $got by now, not $version: see the table in $0" >&2
	exit 1
	;;
esac

# One place for what the suites have in /lib or in /usr/lib.
(cd "$work/all" && mkdir -p usr/bin usr/lib usr/lib64 usr/sbin && ln -s usr/bin usr/lib usr/lib64 usr/sbin .)
for package in "$apt"/archives/*.deb "$work"/server/*.deb; do
	dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C "$work/all"
done

(cd "$work/root" && mkdir -p usr/bin usr/lib usr/lib64 && ln -s usr/bin usr/lib usr/lib64 .)
find "$work/all/usr/bin" -name "$program-*" -exec cp -P {} "$work/root/usr/bin/" \;
cp "$work/all/usr/bin/busybox" "$work/root/usr/bin/"
# Libraries lie in the folder of the platform, the loader beside it or in lib64.
for libraries in "$work"/all/usr/lib64 "$work"/all/usr/lib "$work"/all/usr/lib/*-linux-gnu*; do
	into=$work/root/${libraries#"$work/all/"}
	mkdir -p "$into"
	find "$libraries" -maxdepth 1 -name '*.so*' -exec cp -P {} "$into/" \;
done

mv -T "$work/root" "$root" 2>/dev/null || [ -d "$root" ] # another run may have been faster
echo "$root"
