package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	writers     = 4
	writeRest   = time.Millisecond // bounds the load
	samples     = 10
	writesFirst = 200 // acknowledged before the event, so that all connections are there
	writesAfter = 200 // acknowledged after it, so that the last pause has an end
)

// writer writes during one round, each key once. In the same transaction it asks
// for some of the preloaded keys, which tells whether the node that acknowledged is
// one that has the data. A nil writer is one that there cannot be on a side.
type writer struct {
	prefix string
	close  func() error
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu    sync.Mutex
	since time.Time
	acks  []ack // in the order of their times
	stray int   // acknowledgements since then by nodes without the data
	data  time.Time
}

// viaSentinels writes through an unmodified Sentinel client, with what it has by
// default: after a refused connection go-redis rests for 100 ms.
func viaSentinels(ctx context.Context, sentinels []string) (*writer, error) {
	if len(sentinels) == 0 {
		return nil, nil
	}
	client := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: masterName, SentinelAddrs: sentinels})
	w := &writer{prefix: "via", close: client.Close}
	return w, w.start(ctx, slices.Repeat([]*redis.Client{client}, writers))
}

// directly writes to every node all the time and takes each answer as it comes:
// what a client would see that notices everything at once.
func directly(ctx context.Context, nodes []*redis.Client) (*writer, error) {
	w := &writer{prefix: "direct", close: func() error { return nil }}
	return w, w.start(ctx, nodes)
}

// start returns when the writes flow; on an error all has ended.
func (w *writer) start(ctx context.Context, clients []*redis.Client) error {
	writing, cancel := context.WithCancel(ctx)
	w.cancel = cancel
	for n, client := range clients {
		w.done.Go(func() { w.write(writing, client, n) })
	}
	err := w.more(ctx, warmWithin, writesFirst)
	if err != nil {
		w.end()
	}
	return err
}

// more waits until n more writes are acknowledged.
func (w *writer) more(ctx context.Context, within time.Duration, n int) error {
	if w == nil {
		return nil
	}
	want := len(w.acknowledged()) + n
	return waitFor(ctx, within, func(context.Context) error {
		if got := len(w.acknowledged()); got < want {
			return fmt.Errorf("%d writes acknowledged, want %d", got, want)
		}
		return nil
	})
}

// end may be called again.
func (w *writer) end() {
	if w == nil {
		return
	}
	w.cancel()
	w.done.Wait()
	_ = w.close() // nothing more is expected of it
}

func (w *writer) write(ctx context.Context, client *redis.Client, n int) {
	sample := make([]string, samples)
	for i := range sample {
		sample[i] = key(i * keys / samples)
	}
	for i := 0; ctx.Err() == nil; i++ {
		a := ack{key: fmt.Sprintf("written:%s:%d:%d", w.prefix, n, i), by: n, began: time.Now()}
		var found *redis.IntCmd
		_, err := client.TxPipelined(ctx, func(tx redis.Pipeliner) error {
			tx.Set(ctx, a.key, i, 0)
			found = tx.Exists(ctx, sample...)
			return nil
		})
		if err == nil {
			w.take(a, found.Val() == samples)
		}
		select {
		case <-ctx.Done():
		case <-time.After(writeRest):
		}
	}
}

func (w *writer) take(a ack, hasData bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a.at = time.Now()
	w.acks = append(w.acks, a)
	switch {
	case a.began.Before(w.since):
	case !hasData:
		w.stray++
	case w.data.IsZero():
		w.data = a.at
	}
}

// mark begins a measurement.
func (w *writer) mark(since time.Time) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.since, w.data, w.stray = since, time.Time{}, 0
}

// first is when a node with the data acknowledged a write that began after the mark,
// and how many writes were acknowledged by nodes without.
func (w *writer) first() (withData time.Time, without int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.data, w.stray
}

// acknowledged are all writes that were, until now.
func (w *writer) acknowledged() []ack {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clip(w.acks)
}

func key(n int) string { return fmt.Sprintf("preloaded:%d", n) }
