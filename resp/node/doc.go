// Package node is a thin connection to one Redis data node over go-redis: read
// its state in one atomic step, and the few commands that a failover needs.
//
// A Conn is one TCP connection and never another one behind the scenes: while it
// lives, it speaks to the process whose run id was read when it was opened. That
// makes the connection itself the proof of who gets a command. Its end is noticed while
// it is idle, too: where nobody answers any more, that is the first sign.
//
// A Pulse is such a connection to watch a node on: it only asks for signs of life and for
// the state, and costs little enough for thousands. It does without go-redis.
//
// The package knows no decision: not which node is to be promoted, when, or why.
package node
