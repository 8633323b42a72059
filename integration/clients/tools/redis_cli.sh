#!/usr/bin/env bash
# redis-cli as scripts use it: asks a Sentinel for the master before each command.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=integration/clients/tools/loop.sh
. ./loop.sh

IFS=, read -ra sentinels <<<"$SENTINELS"
tls=() sentinel_password=() redis_password=()
[ -z "${CA_FILE:-}" ] || tls=(--tls --cacert "$CA_FILE")
[ -z "${SENTINEL_PASSWORD:-}" ] || sentinel_password=(--no-auth-warning -a "$SENTINEL_PASSWORD")
[ -z "${REDIS_PASSWORD:-}" ] || redis_password=(--no-auth-warning -a "$REDIS_PASSWORD")

# snippet
# Prints the master's host and port: the first Sentinel that knows it is believed.
master() {
  local sentinel address
  for sentinel in "${sentinels[@]}"; do # host:port
    mapfile -t address < <(redis-cli "${tls[@]}" "${sentinel_password[@]}" -e \
      -h "${sentinel%:*}" -p "${sentinel##*:}" sentinel get-master-addr-by-name "$MASTER" 2>/dev/null)
    if [ "${#address[@]}" -eq 2 ]; then
      echo "${address[@]}"
      return
    fi
  done
  echo "no Sentinel told the master $MASTER" >&2
  return 1
}

set_key() { # KEY VALUE
  local address host port
  address=$(master) || return
  read -r host port <<<"$address"
  redis-cli "${tls[@]}" "${redis_password[@]}" -e -h "$host" -p "$port" set "$1" "$2"
}
# end

once() {
  failure=$(set_key "$1" "$2" 2>&1) && [ "$failure" = OK ]
}

version=$(redis-cli --version)
echo "version ${version#redis-cli }"
write_loop redis-cli "${PAUSE:-25}"
