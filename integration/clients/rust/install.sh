#!/usr/bin/env bash
# Builds the programs of redis-rs and fred into the given cache folder.
set -euo pipefail
cd "$(dirname "$0")"

if ! command -v cargo >/dev/null; then
  echo "cargo is missing: install Rust 1.88 or later, see https://rustup.rs" >&2
  exit 3
fi
mkdir -p "$1"
cache=$(cd "$1" && pwd)
stamp=$(cargo --version | cat - Cargo.toml Cargo.lock src/*.rs src/bin/*.rs src/bin/*/*.rs | sha256sum)
if [ "$(cat "$cache/stamp" 2>/dev/null)" = "$stamp" ]; then
  exit 0
fi
echo "building redis-rs and fred (some minutes, once)"
CARGO_TARGET_DIR=$cache/target nice cargo build --locked --quiet
echo "$stamp" >"$cache/stamp"
