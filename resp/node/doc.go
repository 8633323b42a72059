// Package node is a thin connection to one Redis data node: read its state in one
// atomic step, and the few commands that a failover needs.
//
// A Conn is one TCP connection and never another one behind the scenes: while it
// lives, it speaks to the process whose run id was read when it was opened. That
// makes the connection itself the proof of who gets a command.
//
// There may be a hundred thousand of them, nearly all of them idle. So a Conn has no
// goroutine, no timer and no buffer of its own: whoever gives a command reads its
// reply, with buffers that all share, and one watcher notices the ends of all
// connections. That is why this is no general client library, which would keep all
// of that for each connection; the commands are few and always the same.
//
// The package knows no decision: not which node is to be promoted, when, or why.
package node
