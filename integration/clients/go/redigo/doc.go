// Command redigo writes through a redigo pool whose connections FZambia/sentinel leads
// to the master, as that library's documentation shows it (and Harbor does it), and
// reads through a second pool that is led to replicas.
package main
