// Command bench measures this service beside the real redis-sentinel, in one run on
// one computer, and then the service alone with 10 to 10 000 masters.
//
// Both servers are started by it, their runs are interleaved (ours, theirs, ours,
// theirs), and every figure is a median with its least and greatest value. Client and
// server share the cores, so the server's own CPU time per request stands beside each
// throughput: it does not depend on who else is running.
//
//	make bench                          # the quick form, under 5 minutes
//	make bench BENCHFLAGS=--full        # every combination
//
// It writes the figures to bin/bench.json, the curves to bin/bench.svg and a table to
// standard output. It never fails because something was slow.
package main
