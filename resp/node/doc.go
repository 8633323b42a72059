// Package node connects to one Redis data node: it reads its state in one atomic step,
// and gives the few commands that a failover needs.
//
// A Pulse is a connection on which a node is watched: it only asks for signs of life and
// for the state, and costs little enough for thousands.
//
// A Conn is a Pulse on which commands are given, over go-redis. It is one TCP connection
// and never another one behind the scenes: while it lives, it speaks to the process whose
// run id was read when it was opened. That makes the connection itself the proof of who
// gets a command. The end of both is noticed while they are idle, too: where nobody answers
// any more, that is the first sign.
//
// What answers need not be a Redis. What may come is bounded by what is asked: a reply in
// bytes, elements and depth (guard.go), a reading in what is kept of it (parse.go), and all
// that is shown or written down (bounds.go). Who says more, or something else, has not
// answered.
//
// The package knows no decision: not which node is to be promoted, when, or why.
package node
