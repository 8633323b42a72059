#!/usr/bin/env bash
# Runs the linters of the repository, or with "fmt" its formatters. golangci-lint
# is built from its Go module at the version in go.mod beside this file.
set -euo pipefail
cd "$(dirname "$0")/../.."

key=$(cat integration/lint/go.mod integration/lint/go.sum <(go version) | sha256sum | cut -c1-16)
bin=${REDIS_SENTINEL_K8S_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/redis-sentinel-k8s/tools}/lint-$key/golangci-lint
if [ ! -x "$bin" ]; then
  echo "building golangci-lint (some minutes, once)"
  (cd integration/lint && go build -o "$bin.new" github.com/golangci/golangci-lint/v2/cmd/golangci-lint)
  mv "$bin.new" "$bin"
fi

verb=run
[ "${1:-}" != fmt ] || verb=fmt
# Two at once on a computer wait for each other.
wait=--allow-serial-runners
[ "$verb" != fmt ] || wait=
"$bin" "$verb" $wait
# A module of its own; the rules and the paths in them are the repository's.
cd integration/realnodes
"$bin" "$verb" $wait --config ../../.golangci.yml
