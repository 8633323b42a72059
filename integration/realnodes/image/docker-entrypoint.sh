#!/bin/sh
# What the official image's entrypoint does that can be seen from outside: options alone
# are the server's, root does not stay root, files are for the owner only.
set -e

case ${1:-} in
-* | *.conf) set -- KIN-server "$@" ;;
esac

if [ "${1:-}" = KIN-server ] && [ "$(id -u)" = 0 ]; then
	chown -R KIN .
	exec su -s "$0" -- KIN "$@"
fi

[ "$(umask)" != 0022 ] || umask 0077

# Words of a variable that is Valkey's alone; Redis' image does not look at it.
if [ KIN = valkey ]; then
	# shellcheck disable=SC2086
	set -- "$@" $VALKEY_EXTRA_FLAGS
fi
exec "$@"
