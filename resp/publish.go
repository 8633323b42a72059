package resp

import (
	"context"
	"sync"
)

// maxPublished is how much may be published and not delivered yet, in bytes: a hundred
// thousand events.
const maxPublished = 16 << 20

// message is what somebody has published.
type message struct{ channel, payload string }

// published are messages on the way to the subscribers. Whoever publishes only adds to
// them; one goroutine, which lives while there are any, finds those who listen.
type published struct {
	mu         sync.Mutex
	waiting    []message
	bytes      int
	lost       bool          // some were dropped
	delivering chan struct{} // closed when all are delivered; nil while nobody delivers
}

// Publish delivers a message in the background, and never waits: what subscribers and
// their patterns cost is in nobody's way. Messages come to all subscribers in the order of
// the calls. Should more be published than can be delivered, every subscriber is cut rather
// than one message be missed, so that clients connect again and ask.
func (h *Hub) Publish(channel, payload string) {
	p := &h.published
	p.mu.Lock()
	defer p.mu.Unlock()
	size := len(channel) + len(payload)
	if p.bytes+size > maxPublished {
		p.waiting, p.bytes, p.lost = nil, 0, true
	}
	p.waiting = append(p.waiting, message{channel, payload})
	p.bytes += size
	if p.delivering == nil {
		p.delivering = make(chan struct{})
		go h.deliverAll()
	}
}

// Flush waits until what was published before is in the queues of its subscribers, or
// until ctx ends.
func (h *Hub) Flush(ctx context.Context) {
	h.published.mu.Lock()
	done := h.published.delivering
	h.published.mu.Unlock()
	if done == nil {
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
}

func (h *Hub) deliverAll() {
	for {
		batch, lost := h.published.take()
		if lost {
			h.cutAll("more was published than could be delivered")
		}
		if len(batch) == 0 {
			return
		}
		for _, m := range batch {
			h.deliver(m.channel, m.payload)
		}
	}
}

// take returns what waits; after nothing the goroutine has to end.
func (p *published) take() (batch []message, lost bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	batch, lost = p.waiting, p.lost
	p.waiting, p.bytes, p.lost = nil, 0, false
	if len(batch) == 0 {
		close(p.delivering)
		p.delivering = nil
	}
	return batch, lost
}
