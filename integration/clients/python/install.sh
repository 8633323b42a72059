#!/usr/bin/env bash
# Brings the pinned packages into virtual environments in the given folder: one for
# each requirements file, since their packages cannot be beside each other.
set -euo pipefail

cache=${1:?usage: install.sh FOLDER}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
cd "$(dirname "$0")"

missing() {
  echo "$1" >&2
  exit 3
}

have_venv() { python3 -c 'import ensurepip, venv' 2>/dev/null; }

command -v python3 >/dev/null || missing "python3 is missing: install Python 3.11 or later"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  missing "python3 is $(python3 -c 'import platform; print(platform.python_version())'): the clients need 3.11 or later"

if ! have_venv && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "installing python3-venv"
  apt-get -o DPkg::Lock::Timeout=120 update -qq
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends python3-venv
fi
have_venv || missing "python3's venv is missing: sudo apt-get install python3-venv"

for requirements in requirements-*.txt; do
  name=${requirements#requirements-} name=${name%.txt}
  stamp=$cache/$name.stamp
  wanted=$(python3 -c 'import sys; print(sys.version)' && cat "$requirements")
  if [ -x "$cache/$name/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    continue
  fi
  echo "python: installing $requirements"
  rm -rf "${cache:?}/$name" "$stamp"
  python3 -m venv "$cache/$name"
  pip=("$cache/$name/bin/python" -m pip --disable-pip-version-check --quiet)
  # Nothing comes that is not pinned here, and nothing that is needed may be absent.
  "${pip[@]}" install --no-deps -r "$requirements"
  "${pip[@]}" check
  printf '%s\n' "$wanted" >"$stamp"
done
