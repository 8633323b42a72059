#!/usr/bin/env bash
# Unpacks packages of another Debian suite than this computer's into a folder, for
# libraries that are scripts and do not care: suite.sh FOLDER SUITE PACKAGE=UPSTREAM...
#
# No sources, keys or packages of this computer are changed, and what the packages depend
# on is the caller's to name. Does nothing while the folder has what is asked for.
set -euo pipefail

folder=$1
suite=$2
shift 2
wanted="$suite $*"
if [ "$(cat "$folder/unpacked" 2>/dev/null)" = "$wanted" ]; then
  exit 0
fi
for need in apt-get dpkg-deb; do
  if ! command -v "$need" >/dev/null; then
    echo "$need is missing: $* come out of Debian's packages" >&2
    exit 3
  fi
done
echo "fetching $* from Debian $suite"

apt=$(mktemp -d)
trap 'rm -rf "$apt"' EXIT
mkdir -p "$apt/lists/partial" "$apt/none" "$apt/packages" "$apt/root"
# The mirror is the one that this computer uses, if that is Debian's.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep '/debian/*$' | head -n 1) || true
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} $suite main" >"$apt/sources"
cat >"$apt/conf" <<EOF
Dir::Etc { sourcelist "$apt/sources"; sourceparts "$apt/none"; preferences "$apt/none"; preferencesparts "$apt/none"; };
Dir::State "$apt";
Dir::State::status "/dev/null";
Dir::Cache "$apt";
APT::Default-Release "";
APT::Sandbox::User "";
Acquire::Languages "none";
EOF
export APT_CONFIG=$apt/conf
apt-get -qq -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false update
(cd "$apt/packages" && apt-get -qq download "${@%%=*}")

for package; do
  deb=("$apt/packages/${package%%=*}"_*.deb)
  # Suites in the making move on, and a table says which version was tried.
  got=$(dpkg-deb --field "${deb[0]}" Version)
  upstream=${got%-*}
  if [ "${upstream%%+*}" != "${package#*=}" ]; then
    echo "Debian $suite has ${package%%=*} $upstream by now, not ${package#*=}" >&2
    exit 1
  fi
  dpkg-deb --extract "${deb[0]}" "$apt/root"
done
rm -rf "$folder"
mkdir -p "$(dirname "$folder")"
cp -r "$apt/root" "$folder"
echo "$wanted" >"$folder/unpacked"
