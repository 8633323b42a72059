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
// A session that never subscribed is written to by its own loop, or by a poller, one
// system call for each pipeline. From its first subscription on, everything for it goes
// through a bounded queue and one writer, so that a message cannot overtake the
// confirmation of its subscription, and a client that does not read delays nobody:
// when its queue is full or a write makes no progress it is disconnected.
//
// Whoever publishes waits for nobody, not even for the search for those who listen: a
// message goes into one more queue, of which a goroutine of its own takes the messages in
// their order (publish.go). So what subscribers and their patterns cost delays no decision.
//
// # What a reply costs
//
// Nothing that stays. A reply is rendered into a buffer that the session borrows
// while it answers a pipeline; what is asked often is rendered straight
// from its source (Written), and what is long is written while it is rendered (List). With one request in a pipeline nine tenths of the time
// are the kernel's.
//
// # Who runs a session
//
// Its own goroutine at first: most clients ask once or twice and leave, or subscribe and
// listen. Go's poller wakes that goroutine for each request, and it must read once more in
// vain before it can wait again. So whoever asks often goes into a poller (poller.go),
// which does for many sessions what a single-threaded server does: it asks who has sent
// something, reads, answers and writes, and never waits. A session for which something has
// to be waited for (a handler that waits and says so with StepAside, a client that does not
// read its replies, a subscription, a protocol error to be told) keeps the poller's
// goroutine for itself, and a new one goes on for the others. It may come back. TLS
// sessions stay on their own.
//
// # What a client can cost
//
// Bounded are: connections, arguments, bulks, inline lines and whole requests,
// subscriptions and patterns, queued bytes, and the time of a write, of a login and of a
// request. A panic in a handler costs the one connection.
//
// What all sessions together have kept for them is bounded, too (budget.go), and who has
// most of it is cut: replies that are not read, with what the kernel keeps of them,
// requests that are not complete, subscriptions, and what the handler keeps. When all
// connections are taken, those who only hold them make room (room.go). So a client that
// asks, reads and goes on is served whatever others do, unless these have more addresses
// than there are connections, or the same one as the client.
package resp
