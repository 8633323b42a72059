package resp

import (
	"net"
	"sync"
)

// outbox is the bounded queue between everybody who has something for a
// subscriber and the one goroutine that writes to it. A published message is
// rendered once and shared by all queues it is in, so each bears its share of it.
//
// The methods that return a number tell by how much what counts for the session (see
// budget) has changed.
type outbox struct {
	limit int

	mu      sync.Mutex
	queue   net.Buffers
	bytes   int  // waiting and being written
	cost    int  // of these in memory
	counted int  // of cost; in steps, so that little of it never counts
	closed  bool // nothing more is taken in; what waits is still written

	wake chan struct{} // something to write, or closed
	room chan struct{} // the queue has become shorter
}

func newOutbox(limit int) *outbox {
	return &outbox{limit: limit, wake: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

// push adds bytes that nobody changes any more, and that so many queues share. It never
// waits; false means that the queue is full, and nothing was added.
func (o *outbox) push(b []byte, sharers int) (ok bool, more int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return true, 0
	}
	if o.bytes+len(b) > o.limit {
		return false, 0
	}
	return true, o.add(b, len(b)/sharers)
}

// offer adds bytes however full the queue is: replies to a client's own commands,
// which the client's own loop holds back with full.
func (o *outbox) offer(b []byte) (more int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return 0
	}
	return o.add(b, cap(b))
}

func (o *outbox) add(b []byte, cost int) (more int) {
	o.queue = append(o.queue, b)
	o.bytes += len(b)
	o.cost += cost + queueEntry
	signal(o.wake)
	return o.count()
}

func (o *outbox) count() (more int) {
	counted := o.cost / queueStep * queueStep
	more = counted - o.counted
	o.counted = counted
	return more
}

// full tells that the session's own replies should wait: a quarter of the limit
// is taken, the rest is for messages.
func (o *outbox) full() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.closed && o.bytes > o.limit/4
}

// take empties the queue; done is true when nothing is left and nothing can come.
// The bytes count as waiting until written is called, and all that is counted then.
func (o *outbox) take() (batch net.Buffers, size, cost int, done bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	batch, o.queue = o.queue, nil
	return batch, o.bytes, o.cost, o.closed && len(batch) == 0
}

func (o *outbox) written(size, cost int) (more int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bytes -= size
	o.cost -= cost
	signal(o.room)
	return o.count()
}

// close lets the writer finish what waits and stop, and nobody wait for room any
// more. It reports whether the queue was open until now.
func (o *outbox) close() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	was := !o.closed
	o.closed = true
	signal(o.wake)
	signal(o.room)
	return was
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
