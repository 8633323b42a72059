#!/usr/bin/env bash
# Builds the programs of this folder into a cache folder: install.sh <cache folder>
set -euo pipefail
cache=${1:?usage: install.sh <cache folder>}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
cd "$(dirname "$0")"

if ! command -v go >/dev/null; then
  echo "go is missing: please install Go (https://go.dev/dl), version $(awk '$1 == "go" {print $2}' go.mod) or newer" >&2
  exit 3
fi
stamp=$({
  go version
  cat install.sh go.mod go.sum ./*/*.go
} | sha256sum)
[ "$(cat "$cache/stamp" 2>/dev/null)" = "$stamp" ] && exit 0

echo "building the Go programs (a minute when nothing is cached)"
rm -f "$cache/stamp"
CGO_ENABLED=0 GOWORK=off go build -trimpath -o "$cache/" ./...
echo "$stamp" >"$cache/stamp"
