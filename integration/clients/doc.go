// Package clients runs Sentinel-aware client libraries, unmodified, through real
// failovers: under this service, and under a real redis-sentinel trio as the oracle,
// so that a difference is told as ours or as theirs.
//
// Each language has a folder with one small program a library, written as its users
// write it; README.md shows them as snippets. The folder's programs.json says which
// library and mode each line of the matrix is, and install.sh brings what it needs
// into a cache folder. What a program is told and what it says:
//
//	argument 1         the mode, as programs.json names it
//	SENTINELS          host:port,host:port,host:port
//	MASTER             the master's name
//	NAME               what its keys begin with
//	SENTINEL_PASSWORD  of the Sentinel port; empty or unset for none. It is that of a user who
//	                   may do what the chart's README recommends, and nothing else
//	REDIS_PASSWORD     of Redis; empty or unset for none
//	CA_FILE            set: TLS to Sentinel and to Redis, certificates checked against it
//	HOLD               a file; while it exists nothing is written or read, the client stays connected
//	PAUSE              milliseconds between two writes, 25 by default
//
//	version V          the library's version, as it says itself
//	ok N MICROS        SET NAME:N was acknowledged at that time (microseconds of Unix time)
//	error N MICROS E   it failed, in the library's words, on one line; N is never tried again
//	read MICROS        a read through the library's way to replicas came back
//	read-error MICROS E
//
// A program goes on for ever, whatever fails, and is ended from outside. It makes its
// client once, with the library's own defaults; if that fails it says so as error 0
// and tries again after a second, as a supervisor would restart it.
//
// This package knows no library: what it judges is what the programs acknowledged,
// which Redis executed it (MONITOR), and what reached the Sentinel ports (through
// recording proxies).
package clients
