#!/usr/bin/env bash
# Installs the pinned libraries and the programs into the folder that is given:
# current/ has the newest major versions, previous/ those before. The programs are
# copied beside node_modules, as Node looks for modules from where a program is.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${1:?usage: install.sh <cache folder>}

for tool in node npm; do
  if ! command -v "$tool" >/dev/null; then
    echo "$tool is missing: install Node.js 20 or newer with npm" >&2
    exit 3
  fi
done
if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
  echo "node is missing: found $(node --version), needed is 20 or newer" >&2
  exit 3
fi

# install <folder of package.json> <target> <programs>...
install() {
  local manifest=$1 target=$cache/$2
  shift 2
  mkdir -p "$target"
  if ! cat "$manifest/package.json" "$manifest/package-lock.json" | cmp -s - "$target/installed"; then
    echo "installing Node.js libraries into $target"
    rm -f "$target/installed"
    cp "$manifest/package.json" "$manifest/package-lock.json" "$target/"
    npm ci --prefix "$target" --ignore-scripts --no-audit --no-fund --loglevel=error
    cat "$manifest/package.json" "$manifest/package-lock.json" >"$target/installed"
  fi
  (cd "$here" && cp settings.js loop.js "$@" "$target/")
}

install "$here" current ioredis.js iovalkey.js node-redis.js bullmq.js
install "$here/previous" previous ioredis.js node-redis.js
