package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// askEvery is the pause of one client between two questions.
const askEvery = 2 * time.Millisecond

// questions are clients that ask for the addresses of masters until end.
type questions struct {
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu  sync.Mutex
	got answers
}

// answers are how long the answers took, in order, and how many did not come.
type answers struct {
	took   []time.Duration
	failed int
}

// ask begins; the clients share the Sentinels in turn.
func ask(ctx context.Context, sentinels, names []string, clients int) *questions {
	ctx, cancel := context.WithCancel(ctx)
	q := &questions{cancel: cancel}
	for i := range clients {
		q.running.Go(func() { q.one(ctx, sentinels[i%len(sentinels)], names) })
	}
	return q
}

func (q *questions) one(ctx context.Context, addr string, names []string) {
	client := redis.NewSentinelClient(&redis.Options{Addr: addr, MaxRetries: -1, DisableIdentity: true, Protocol: 2})
	defer func() { _ = client.Close() }()
	for ctx.Err() == nil {
		began := time.Now()
		_, err := client.GetMasterAddrByName(ctx, names[rand.IntN(len(names))]).Result()
		took := time.Since(began)
		if ctx.Err() != nil {
			return
		}
		q.mu.Lock()
		q.got.took = append(q.got.took, took)
		if err != nil {
			q.got.failed++
		}
		q.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(askEvery):
		}
	}
}

func (q *questions) end() answers {
	q.cancel()
	q.running.Wait()
	slices.Sort(q.got.took)
	return q.got
}

// quantile of sorted values; 0 without any.
func quantile[T any](sorted []T, q float64) (value T) {
	if len(sorted) == 0 {
		return value
	}
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
