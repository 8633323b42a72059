// Package resp serves the Redis protocol (RESP2 and RESP3) over TCP: it checks
// what comes in, keeps the sessions, delivers published messages and renders
// replies. What a command means is the Handler's business.
//
// It must not know Sentinel, Kubernetes or any command but the protocol's own.
//
// # What is redcon's, what is ours
//
// redcon parses requests (ReadNextCommand) and encodes some replies (Append...). The
// accept and read loops are ours. With redcon's own loops every subscriber would
// have to be detached, after which its server neither closes nor counts it, and a
// second loop would be needed anyway; with one loop a session is the same thing
// before, during and after a subscription.
//
// redcon trusts its input. guard goes first and lets a request through only when
// it is complete and within the limits, so a length that overflows, a count that
// never ends or a frame without bound never reaches the parser.
//
// # Who writes to a socket
//
// A session that never subscribed is written to by its own loop, one system call
// for each pipeline. From its first subscription on, everything for it goes
// through a bounded queue and one writer, so that a message cannot overtake the
// confirmation of its subscription, and a client that does not read delays nobody:
// when its queue is full or a write makes no progress it is disconnected.
//
// # What a reply costs
//
// Nothing that stays. A reply is rendered into a buffer that the session borrows
// while it answers a pipeline; what is asked often or is long is rendered straight
// from its source (Written). With one request in a pipeline nine tenths of the time
// are the kernel's and the scheduler's: a read that finds nothing before each wait,
// and the wake-ups of Go's poller, which a single-threaded server has not. To leave that
// read out was tried and saves a tenth: everything must then happen within one
// syscall.RawConn.Read, and while a handler waits there, nobody can close the connection.
//
// # What a client can cost
//
// Bounded are: connections, arguments, bulks, inline lines and whole requests,
// subscriptions, queued bytes, and the time of a write. A panic in a handler costs
// the one connection.
package resp
