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
	writesFirst = 200 // acknowledged before the kill, so that all connections are there
)

// writer writes during one round. In the same transaction it asks for some of the
// preloaded keys, which tells whether the node that acknowledged is one that has
// the data.
type writer struct {
	prefix string
	close  func() error
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu       sync.Mutex
	since    time.Time
	count    int       // acknowledgements in all
	withData time.Time // the first acknowledgement by such a node of a write begun after since
	without  int       // acknowledgements by other nodes
}

// viaSentinels writes through an unmodified Sentinel client, with what it has by
// default: after a refused connection go-redis rests for 100 ms.
func viaSentinels(ctx context.Context, sentinels []string) (*writer, error) {
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
	err := waitFor(ctx, warmWithin, func(context.Context) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.count < writesFirst {
			return fmt.Errorf("%d writes acknowledged, want %d", w.count, writesFirst)
		}
		return nil
	})
	if err != nil {
		w.end()
	}
	return err
}

func (w *writer) end() {
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
		began := time.Now()
		var found *redis.IntCmd
		_, err := client.TxPipelined(ctx, func(tx redis.Pipeliner) error {
			tx.Set(ctx, fmt.Sprintf("written:%s:%d:%d", w.prefix, n, i%1000), i, 0)
			found = tx.Exists(ctx, sample...)
			return nil
		})
		if err == nil {
			w.acked(began, found.Val() == samples)
		}
		select {
		case <-ctx.Done():
		case <-time.After(writeRest):
		}
	}
}

func (w *writer) acked(began time.Time, hasData bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count++
	switch {
	case began.Before(w.since):
	case !hasData:
		w.without++
	case w.withData.IsZero():
		w.withData = time.Now()
	}
}

// mark begins a measurement.
func (w *writer) mark(since time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.since, w.withData, w.without = since, time.Time{}, 0
}

// first is when a node with the data acknowledged, and how many writes were
// acknowledged by nodes without.
func (w *writer) first() (withData time.Time, without int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.withData, w.without
}

func key(n int) string { return fmt.Sprintf("preloaded:%d", n) }
