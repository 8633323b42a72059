#!/usr/bin/env bash
# Makes sure that what kubelet, kube-proxy and containerd call is there: runc, the plugins
# of pods' networks, and the programs that set up Services.
set -euo pipefail

programs="runc iptables nft conntrack ethtool ipset socat"
packages="runc containernetworking-plugins iptables nftables conntrack ethtool ipset socat"

missing=()
for program in $programs; do
  command -v "$program" >/dev/null || [ -x "/usr/sbin/$program" ] || [ -x "/sbin/$program" ] || missing+=("$program")
done
[ -x /usr/lib/cni/bridge ] || missing+=("/usr/lib/cni/bridge")
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "missing: ${missing[*]}; there are no real nodes without them. To have them: sudo apt-get install $packages" >&2
  [ "${CI:-}" != true ] || exit 1
  exit 0
fi
echo "installing $packages"
export DEBIAN_FRONTEND=noninteractive
apt-get -o DPkg::Lock::Timeout=120 update -qq
# shellcheck disable=SC2086 # several words
apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends $packages
