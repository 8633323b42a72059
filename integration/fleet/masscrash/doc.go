// Masscrash crashes the masters of many sets at the same moment and measures until
// when subscribers of the service have heard of all their successors:
//
//	go run ./integration/fleet/masscrash --masters 300 --rounds 5
//
// Servers and Kubernetes share this process, see package fleet for what is modelled;
// the service's binary (make build) runs in processes of its own. Each round is checked
// too: one survivor of each set was promoted, the one that had received most, and the epoch
// rose by one. The service may be short of processor or memory (--milli, --memory), and be
// attacked in every second round by all that package hostile has (--siege), from a process of its own.
package main
