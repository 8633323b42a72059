#!/usr/bin/env bash
# Makes sure that redis-server and redis-sentinel are there.
set -euo pipefail

missing=()
for program in redis-server redis-sentinel redis-cli; do
  command -v "$program" >/dev/null || missing+=("$program")
done
[ ${#missing[@]} -eq 0 ] && exit 0

packages="redis-server redis-sentinel redis-tools"
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
apt-get update -qq
# shellcheck disable=SC2086 # three words
apt-get install -y -qq --no-install-recommends $packages
