#!/usr/bin/env bash
# The Prometheus exporter on the first Sentinel, scraped once a second. A scrape is good
# when it tells that the master is up.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=integration/clients/tools/loop.sh
. ./loop.sh

start_exporter() {
  # A port below those that the system gives away. If another took it the exporter ends.
  port=$((30000 + RANDOM % 2000))
  # With this program the exporter ends, too, however that is killed.
  setpriv --pdeathsig KILL prometheus-redis-exporter "${arguments[@]}" \
    --web.listen-address "127.0.0.1:$port" >/dev/null 2>&1 &
  exporter=$!
  local try
  for ((try = 0; try < 100; try++)); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
    sleep 0.1
  done
}

# Prints the metrics and returns 1 when nobody listens.
scrape() {
  exec 3<>"/dev/tcp/127.0.0.1/$port" || return
  printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
  cat <&3
}

once() {
  local metrics
  kill -0 "$exporter" 2>/dev/null || start_exporter
  if ! metrics=$(scrape 2>&1); then
    failure="no scrape: $metrics"
    return 1
  fi
  grep -q "^redis_sentinel_master_status{.*master_name=\"$MASTER\",master_status=\"ok\"} 1" <<<"$metrics" && return
  failure=$(grep -E '^redis_(sentinel_master_status|exporter_last_scrape_error|up)' <<<"$metrics") || failure="no metrics of Redis"
  return 1
}

scheme=redis
arguments=()
if [ -n "${CA_FILE:-}" ]; then
  scheme=rediss
  arguments=(--tls-ca-cert-file "$CA_FILE")
fi
arguments+=(--redis.addr "$scheme://${SENTINELS%%,*}")
export REDIS_PASSWORD=${SENTINEL_PASSWORD:-} # the exporter's own variable

version=$(prometheus-redis-exporter --version 2>&1)
version=${version#*Exporter }
echo "version ${version%% *}"
start_exporter
write_loop prometheus-redis-exporter 1000
