#!/usr/bin/env bash
# Makes sure that redis-server and redis-sentinel are there; with the argument
# consumers also the programs that use a Sentinel in tests.
set -euo pipefail

programs="redis-server redis-sentinel redis-cli"
packages="redis-server redis-sentinel redis-tools"
if [ "${1:-}" = consumers ]; then
  programs="$programs prometheus-redis-exporter haproxy"
  packages="$packages prometheus-redis-exporter haproxy python3-redis"
fi

missing=()
for program in $programs; do
  command -v "$program" >/dev/null || [ -x "/usr/sbin/$program" ] || missing+=("$program")
done
if [ "${1:-}" = consumers ] && ! /usr/bin/python3 -c 'import redis' 2>/dev/null; then
  missing+=("python3-redis")
fi
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "missing: ${missing[*]}. Please install them: sudo apt-get install $packages" >&2
  exit 1
fi
echo "installing $packages"
# The packages start services of their own; no test or demo wants these.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -o DPkg::Lock::Timeout=120 update -qq
# shellcheck disable=SC2086 # several words
apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends $packages
