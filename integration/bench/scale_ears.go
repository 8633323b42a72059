package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const switchChannel = "+switch-master"

// ears are subscribers, one at each replica of the service.
type ears struct {
	names       []string
	clients     []*redis.SentinelClient
	subscribers []*redis.PubSub
}

// listen returns when all have subscribed.
func listen(ctx context.Context, sentinels, names []string) (*ears, error) {
	e := &ears{names: names}
	for _, addr := range sentinels {
		client := sentinelAt(addr)
		subscriber := client.Subscribe(ctx, switchChannel)
		e.clients, e.subscribers = append(e.clients, client), append(e.subscribers, subscriber)
		if _, err := subscriber.Receive(ctx); err != nil {
			e.close()
			return nil, fmt.Errorf("subscribe at %s: %w", addr, err)
		}
	}
	return e, nil
}

func (e *ears) close() {
	for i := range e.clients {
		_ = e.subscribers[i].Close()
		_ = e.clients[i].Close()
	}
}

// all waits until every subscriber has heard of every master, and returns when each
// was heard of, by the last to hear. Those that one has not heard of while ctx lasts
// are missing.
func (e *ears) all(ctx context.Context) ([]time.Time, error) {
	heard := make([]map[string]time.Time, len(e.subscribers))
	failed := make([]error, len(e.subscribers))
	var running sync.WaitGroup
	for i, subscriber := range e.subscribers {
		running.Go(func() { heard[i], failed[i] = e.one(ctx, subscriber) })
	}
	running.Wait()
	if err := errors.Join(failed...); err != nil {
		return nil, err
	}
	var times []time.Time
	for _, name := range e.names {
		if last, all := lastOf(heard, name); all {
			times = append(times, last)
		}
	}
	return times, nil
}

// lastOf is when the last one heard of a master, if all did.
func lastOf(heard []map[string]time.Time, name string) (last time.Time, all bool) {
	for _, by := range heard {
		at, did := by[name]
		if !did {
			return last, false
		}
		if at.After(last) {
			last = at
		}
	}
	return last, true
}

func (e *ears) one(ctx context.Context, subscriber *redis.PubSub) (map[string]time.Time, error) {
	missing := map[string]bool{}
	for _, name := range e.names {
		missing[name] = true
	}
	heard := map[string]time.Time{}
	for len(missing) > 0 {
		message, err := subscriber.ReceiveMessage(ctx)
		if ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) {
			return heard, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%d of %d masters were not heard of: %w", len(missing), len(e.names), err)
		}
		name, _, _ := strings.Cut(message.Payload, " ")
		if missing[name] {
			delete(missing, name)
			heard[name] = time.Now()
		}
	}
	return heard, nil
}

// Clients that ask for the addresses of masters, with a pause between two questions.
const (
	askers   = 4
	askEvery = 2 * time.Millisecond
)

type asking struct {
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu  sync.Mutex
	got answered
}

// answered are how long the answers took, in order, and how many did not come.
type answered struct {
	took   []time.Duration
	failed int
}

// at is a quantile; 0 without any answer.
func (a answered) at(q float64) time.Duration {
	if len(a.took) == 0 {
		return 0
	}
	return a.took[min(len(a.took)-1, int(q*float64(len(a.took))))]
}

// askAll begins; the clients share the Sentinels in turn.
func askAll(ctx context.Context, sentinels, names []string) *asking {
	ctx, cancel := context.WithCancel(ctx)
	a := &asking{cancel: cancel}
	for i := range askers {
		a.running.Go(func() { a.one(ctx, sentinels[i%len(sentinels)], names) })
	}
	return a
}

func (a *asking) one(ctx context.Context, addr string, names []string) {
	client := sentinelAt(addr)
	defer func() { _ = client.Close() }()
	for pause(ctx, askEvery) == nil {
		began := time.Now()
		_, err := client.GetMasterAddrByName(ctx, names[rand.IntN(len(names))]).Result()
		took := time.Since(began)
		if ctx.Err() != nil {
			return
		}
		a.mu.Lock()
		a.got.took = append(a.got.took, took)
		if err != nil {
			a.got.failed++
		}
		a.mu.Unlock()
	}
}

func (a *asking) end() answered {
	a.cancel()
	a.running.Wait()
	slices.Sort(a.got.took)
	return a.got
}
