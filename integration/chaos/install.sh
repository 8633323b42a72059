#!/usr/bin/env bash
# Makes sure that nft and ip are there, for cuts in a network namespace of the test's own.
set -euo pipefail

missing=()
for program in nft ip; do
  command -v "$program" >/dev/null || missing+=("$program")
done
[ ${#missing[@]} -eq 0 ] && exit 0

packages="nftables iproute2"
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "missing: ${missing[*]}; chaos runs without cuts of the network. To have them: sudo apt-get install $packages" >&2
  exit 0
fi
echo "installing $packages"
export DEBIAN_FRONTEND=noninteractive
apt-get -o DPkg::Lock::Timeout=120 update -qq
# shellcheck disable=SC2086 # two words
apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends $packages
