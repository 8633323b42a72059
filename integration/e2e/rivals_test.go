package e2e

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// rivals writes to every Redis of a set straight, as clients do that keep an address
// which they were told once, and remembers who acknowledged what and when. It shows
// whether two took writes at the same time.
type rivals struct {
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu   sync.Mutex
	acks map[string][]ack // by address, in the order of their being sent
}

// ack is a write that was acknowledged. The Redis took it between the two times.
type ack struct {
	key        string
	sent, done time.Time
}

func startRivals(t *testing.T, addrs []string) *rivals {
	t.Helper()
	v := &rivals{acks: map[string][]ack{}}
	ctx, cancel := context.WithCancel(context.Background())
	v.stop = cancel
	t.Cleanup(v.end)
	for _, addr := range addrs {
		v.wg.Go(func() { v.write(ctx, addr) })
	}
	return v
}

func (v *rivals) write(ctx context.Context, addr string) {
	client := redis.NewClient(&redis.Options{
		Addr: addr, MaxRetries: -1, PoolSize: 1, DialTimeout: time.Second, ReadTimeout: time.Second,
	})
	defer client.Close()
	began := time.Now()
	for i := 0; ctx.Err() == nil; i++ {
		one := ack{key: fmt.Sprintf("rival:%s:%d:%d", addr, began.UnixNano(), i), sent: time.Now()}
		if client.Set(ctx, one.key, i, 0).Err() == nil {
			one.done = time.Now()
			v.mu.Lock()
			v.acks[addr] = append(v.acks[addr], one)
			v.mu.Unlock()
		}
		time.Sleep(2 * time.Millisecond) // the pace of the load
	}
}

func (v *rivals) end() {
	v.stop()
	v.wg.Wait()
}

// awaitAt waits for writes that one Redis takes from now on.
func (v *rivals) awaitAt(t *testing.T, addr string) {
	t.Helper()
	count := func() int {
		v.mu.Lock()
		defer v.mu.Unlock()
		return len(v.acks[addr])
	}
	want := count() + 20
	for deadline := time.Now().Add(30 * time.Second); count() < want; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s does not take writes", addr)
		}
	}
}

// check ends the writing and holds that the masters were these, one after the other:
// nobody else took a write, and none of them took one that was sent after its
// successor had acknowledged its first.
func (v *rivals) check(t *testing.T, masters ...string) {
	t.Helper()
	v.end()
	for addr, acks := range v.acks {
		at := slices.Index(masters, addr)
		if at < 0 {
			t.Errorf("%s took %d writes, though the masters were %v", addr, len(acks), masters)
			continue
		}
		for _, later := range masters[at+1:] {
			if after := v.acks[later]; len(after) > 0 && acks[len(acks)-1].sent.After(after[0].done) {
				t.Errorf("%s took a write %s after %s had taken one", addr, acks[len(acks)-1].sent.Sub(after[0].done), later)
			}
		}
	}
}

// lost counts the writes acknowledged by these that a Redis does not have.
func (v *rivals) lost(ctx context.Context, t *testing.T, master *redis.Client, by ...string) int {
	t.Helper()
	var keys []string
	for _, addr := range by {
		for _, each := range v.acks[addr] {
			keys = append(keys, each.key)
		}
	}
	lost := 0
	for chunk := range slices.Chunk(keys, 1000) {
		n, err := master.Exists(ctx, chunk...).Result()
		if err != nil {
			t.Fatal(err)
		}
		lost += len(chunk) - int(n)
	}
	return lost
}
