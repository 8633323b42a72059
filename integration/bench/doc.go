// Command bench measures this service beside the real redis-sentinel, in one run on
// one computer, and then the service alone with 10 to 10 000 masters.
//
// Both servers are started by it, their runs are interleaved (ours, theirs, ours,
// theirs), and every figure is a median with its least and greatest value. Client and
// server share the cores, so the server's own CPU time per request stands beside each
// throughput: it does not depend on who else is running.
//
//	make bench                          # the quick form, under 5 minutes
//	make bench BENCHFLAGS=--full        # every combination, up to 10 000 masters
//	make bench BENCHFLAGS=--smoke       # every row in seconds; as its test does
//
// It writes the figures to bin/bench.json, the curves to bin/bench.svg and two tables to
// standard output: the aims (goals.go), and all else. `make bench` then makes README's
// section of them (readme.go); the figures behind it are figures.json and figures.svg
// here.
//
// It never fails because something was slow, and it always ends: every row is bounded
// in time, and so is the whole run (form.go). What does not come to its end is told
// with what it had reached. The size of the fleet is bounded by the limit of open files
// (scale_files.go): the row then says how many masters there were.
package main
