// Command race shows why this project exists. A Redis master without a volume is
// killed and restarted at once, empty, at the same address, as a kubelet does it;
// what is left of its data then depends on who watches over it. Real Redis
// Sentinels at their common settings and this project's service (as bin/demo runs
// it) get the same treatment, in turns, in one run, by one measuring client.
//
// All processes are started here, listen on loopback addresses only and die with
// this program.
package main
