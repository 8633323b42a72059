#!/usr/bin/env bash
# Makes sure that Ruby with redis-rb is there, from Debian, and brings what is newer or
# missing in its current release out of the one after it: these gems are plain Ruby.
set -euo pipefail
cd "$(dirname "$0")"
cache=${1:?usage: install.sh <cache folder>}

# Sidekiq's worker needs Concurrent Ruby.
../tools/debian.sh "ruby -e 'require \"redis\"; require \"concurrent\"'" ruby ruby-redis ruby-concurrent
../tools/suite.sh "$cache/trixie" trixie \
  ruby-connection-pool=2.4.1 ruby-redis-client=0.22.2 ruby-redis=5.3.0 ruby-sidekiq=7.3.2
cp -r "$cache"/trixie/usr/share/rubygems-integration/all/gems/*/lib "$cache/trixie/"
