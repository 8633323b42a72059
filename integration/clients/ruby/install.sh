#!/usr/bin/env bash
# Makes sure that Ruby with redis-rb is there, from Debian.
set -euo pipefail
cd "$(dirname "$0")"

exec ../tools/debian.sh "ruby -e 'require \"redis\"'" ruby ruby-redis
