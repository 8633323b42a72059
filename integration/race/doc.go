// Command race shows why this project exists: it does the same to a Redis master
// under real Redis Sentinels at their common settings and under this project's
// service (as bin/demo runs it), in turns, in one run, with one measuring client,
// and prints what came of it side by side.
//
//	crash       killed, and restarted at once, empty, at the same address, as a kubelet does it
//	away        killed, and nothing is at its address until another is master
//	switchover  a planned change of the master under writers
//	freeze      stopped (SIGSTOP), and woken once another is master
//
// Each event has a file of its name, which is the description of the experiment.
//
// A write counts as lost when a client was told OK for it and the master does not
// have it after all was settled: the killed, replaced or woken process is a replica
// with the master's history.
//
// All processes are started here, listen on loopback addresses only and die with
// this program.
package main
