package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const channel = "+switch-master"

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
		client := redis.NewSentinelClient(&redis.Options{Addr: addr, MaxRetries: -1, DisableIdentity: true, Protocol: 2})
		subscriber := client.Subscribe(ctx, channel)
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
// was heard of, by the last subscriber to hear. To hear of one twice is an error.
func (e *ears) all(ctx context.Context, within time.Duration) ([]time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var mu sync.Mutex
	last := map[string]time.Time{}
	var running sync.WaitGroup
	failed := make(chan error, len(e.subscribers))
	for _, subscriber := range e.subscribers {
		running.Go(func() {
			failed <- e.one(ctx, subscriber, func(name string, at time.Time) {
				mu.Lock()
				defer mu.Unlock()
				if at.After(last[name]) {
					last[name] = at
				}
			})
		})
	}
	running.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			return nil, err
		}
	}
	var times []time.Time
	for _, at := range last {
		times = append(times, at)
	}
	slices.SortFunc(times, time.Time.Compare)
	return times, nil
}

func (e *ears) one(ctx context.Context, subscriber *redis.PubSub, heard func(string, time.Time)) error {
	missing := map[string]bool{}
	for _, name := range e.names {
		missing[name] = true
	}
	for len(missing) > 0 {
		message, err := subscriber.ReceiveMessage(ctx)
		at := time.Now()
		if err != nil {
			return fmt.Errorf("%d of %d masters were not heard of: %w", len(missing), len(e.names), err)
		}
		name, _, _ := strings.Cut(message.Payload, " ")
		if !missing[name] {
			return fmt.Errorf("heard once more: %s %s", channel, message.Payload)
		}
		delete(missing, name)
		heard(name, at)
	}
	return nil
}
