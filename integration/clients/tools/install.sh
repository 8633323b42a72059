#!/usr/bin/env bash
# Makes sure that redis-cli and the Prometheus exporter are there, from Debian.
set -euo pipefail
cd "$(dirname "$0")"

exec ./debian.sh "command -v redis-cli && command -v prometheus-redis-exporter" \
  redis-tools prometheus-redis-exporter
