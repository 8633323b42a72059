#!/usr/bin/env bash
# Brings the client libraries of the matrix into a cache folder, each at the version
# that the files beside it pin.
#
#   install.sh             all languages
#   install.sh go node     these only
#   install.sh --where     only prints the folder
#
# Every language's own install.sh does nothing when nothing has changed. A tool of the
# machine that is missing is said; with CI=true it is an error, otherwise the matrix
# does without that language. REDIS_SENTINEL_K8S_TOOLS moves the folder.
set -euo pipefail
cd "$(dirname "$0")"
root=${REDIS_SENTINEL_K8S_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/redis-sentinel-k8s/tools}/clients
if [ "${1:-}" = --where ]; then
  echo "$root"
  exit 0
fi
[ $# -gt 0 ] || set -- go java python node rust php ruby perl tools
mkdir -p "$root"
failed=0
for language in "$@"; do
  echo "clients: $language"
  status=0
  "$language/install.sh" "$root/$language" || status=$?
  if [ "$status" -eq 3 ] && [ "${CI:-}" != true ]; then
    touch "$root/$language.missing"
  elif [ "$status" -ne 0 ]; then
    failed=1
  else
    rm -f "$root/$language.missing"
    mkdir -p "$root/$language"
  fi
done
exit "$failed"
