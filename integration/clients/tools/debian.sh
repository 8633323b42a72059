#!/usr/bin/env bash
# Installs Debian packages if a check says that something is missing:
# debian.sh "CHECK" PACKAGE... ; exits 3 when somebody else must install them.
set -euo pipefail

check=$1
shift
if bash -c "$check" >/dev/null 2>&1; then
  exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "$* are missing: sudo apt-get install --no-install-recommends $*" >&2
  exit 3
fi
echo "installing $*"
# The packages start services of their own; no test or demo wants these.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -o DPkg::Lock::Timeout=120 update -qq
apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends "$@"
if ! bash -c "$check" >/dev/null 2>&1; then
  echo "$* are installed, but this fails still: $check" >&2
  exit 3
fi
