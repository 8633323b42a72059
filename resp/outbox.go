package resp

import (
	"net"
	"sync"
)

// outbox is the bounded queue between everybody who has something for a
// subscriber and the one goroutine that writes to it. A published message is
// rendered once and shared by all queues it is in.
type outbox struct {
	limit int

	mu     sync.Mutex
	queue  net.Buffers
	bytes  int  // waiting and being written
	closed bool // nothing more is taken in; what waits is still written

	wake chan struct{} // something to write, or closed
	room chan struct{} // the queue has become shorter
}

func newOutbox(limit int) *outbox {
	return &outbox{limit: limit, wake: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

// push adds bytes that nobody changes any more. It never waits; false means that
// the queue is full, and nothing was added.
func (o *outbox) push(b []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return true
	}
	if o.bytes+len(b) > o.limit {
		return false
	}
	o.add(b)
	return true
}

// offer adds bytes however full the queue is: replies to a client's own commands,
// which the client's own loop holds back with full.
func (o *outbox) offer(b []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed {
		o.add(b)
	}
}

func (o *outbox) add(b []byte) {
	o.queue = append(o.queue, b)
	o.bytes += len(b)
	signal(o.wake)
}

// full tells that the session's own replies should wait: a quarter of the limit
// is taken, the rest is for messages.
func (o *outbox) full() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.closed && o.bytes > o.limit/4
}

// take empties the queue; done is true when nothing is left and nothing can come.
// The bytes count as waiting until written is called.
func (o *outbox) take() (batch net.Buffers, size int, done bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	batch, o.queue = o.queue, nil
	for _, b := range batch {
		size += len(b)
	}
	return batch, size, o.closed && len(batch) == 0
}

func (o *outbox) written(size int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bytes -= size
	signal(o.room)
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
