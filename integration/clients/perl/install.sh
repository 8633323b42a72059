#!/usr/bin/env bash
# Makes sure that Perl's Redis with TLS is there, from Debian.
set -euo pipefail
cd "$(dirname "$0")"

exec ../tools/debian.sh "/usr/bin/perl -MRedis -MIO::Socket::SSL -e 1" \
  perl libredis-perl libio-socket-ssl-perl
