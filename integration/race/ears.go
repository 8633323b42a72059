package main

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const switchChannel = "+switch-master"

// ears are subscribed at every Sentinel for the whole run.
type ears struct {
	clients []*redis.Client
	done    sync.WaitGroup
	cancel  context.CancelFunc

	mu         sync.Mutex
	subscribed map[string]bool
	heard      map[string]time.Time // the first since the last mark
	addrs      []string
}

func listen(ctx context.Context, sentinels []string) *ears {
	ctx, cancel := context.WithCancel(ctx)
	e := &ears{cancel: cancel, subscribed: map[string]bool{}, heard: map[string]time.Time{}, addrs: sentinels}
	for _, addr := range sentinels {
		client := redis.NewClient(&redis.Options{Addr: addr, Protocol: 2, DisableIdentity: true})
		e.clients = append(e.clients, client)
		e.done.Go(func() { e.listen(ctx, addr, client) })
	}
	return e
}

// listen goes on until ctx is done; go-redis subscribes again when it has to.
func (e *ears) listen(ctx context.Context, addr string, client *redis.Client) {
	subscription := client.Subscribe(ctx, switchChannel)
	defer subscription.Close()
	for ctx.Err() == nil {
		message, err := subscription.Receive(ctx)
		if err != nil {
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
			continue
		}
		e.take(addr, message)
	}
}

func (e *ears) take(addr string, message any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch message := message.(type) {
	case *redis.Subscription:
		e.subscribed[addr] = true
	case *redis.Message:
		if strings.HasPrefix(message.Payload, masterName+" ") && e.heard[addr].IsZero() {
			e.heard[addr] = time.Now()
		}
	}
}

// missing is a Sentinel that is not listened to yet, empty when there is none.
func (e *ears) missing() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, addr := range e.addrs {
		if !e.subscribed[addr] {
			return addr
		}
	}
	return ""
}

// mark forgets what was heard.
func (e *ears) mark() {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.heard)
}

// first is when the first of all Sentinels told of a switch; zero while none has.
func (e *ears) first() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	var first time.Time
	for _, at := range e.heard {
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first
}

// last is when the last of all Sentinels had told of a switch; zero while one has not.
func (e *ears) last() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	var last time.Time
	for _, addr := range e.addrs {
		at := e.heard[addr]
		if at.IsZero() {
			return at
		}
		if at.After(last) {
			last = at
		}
	}
	return last
}

func (e *ears) close() {
	e.cancel()
	for _, client := range e.clients {
		_ = client.Close() // this ends a Receive that waits
	}
	e.done.Wait()
}
