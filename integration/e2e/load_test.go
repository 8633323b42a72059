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

// load writes numbered keys through an unmodified Sentinel client and remembers
// what was acknowledged and when.
type load struct {
	client *redis.Client
	stop   context.CancelFunc
	wg     sync.WaitGroup

	mu     sync.Mutex
	acked  []string
	times  []time.Time
	errors map[string]int
}

// writers is how many connections write at once.
const writers = 4

func startLoad(t *testing.T, client *redis.Client, prefix string) *load {
	t.Helper()
	l := &load{client: client, errors: map[string]int{}}
	ctx, cancel := context.WithCancel(context.Background())
	l.stop = cancel
	t.Cleanup(l.end)
	for n := range writers {
		l.wg.Go(func() { l.write(ctx, fmt.Sprintf("%s:%d", prefix, n)) })
	}
	l.awaitMore(t, 100)
	return l
}

// write paces itself to about two thousand writes a second and connection, so
// that the measured gaps are those of the system and not of a full machine.
func (l *load) write(ctx context.Context, prefix string) {
	for i := 0; ctx.Err() == nil; i++ {
		key := fmt.Sprintf("%s:%d", prefix, i)
		err := l.client.Set(ctx, key, i, 0).Err()
		if ctx.Err() != nil {
			return
		}
		l.mu.Lock()
		if err == nil {
			l.acked = append(l.acked, key)
			l.times = append(l.times, time.Now())
		} else {
			l.errors[err.Error()]++
		}
		l.mu.Unlock()
		time.Sleep(500 * time.Microsecond)
	}
}

func (l *load) end() {
	l.stop()
	l.wg.Wait()
}

// count is how many writes were acknowledged so far.
func (l *load) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acked)
}

// awaitMore waits until n more writes were acknowledged.
func (l *load) awaitMore(t *testing.T, n int) {
	t.Helper()
	want := l.count() + n
	for deadline := time.Now().Add(30 * time.Second); l.count() < want; {
		if time.Now().After(deadline) {
			l.mu.Lock()
			defer l.mu.Unlock()
			t.Fatalf("%d of %d writes acknowledged; errors %v", len(l.acked), want, l.errors)
		}
		time.Sleep(time.Millisecond)
	}
}

// gap is the longest time without any acknowledged write that began after a
// moment, and when it ended.
func (l *load) gap(since time.Time) (longest time.Duration, end time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := since
	for _, at := range l.times {
		if at.Before(since) {
			continue
		}
		if d := at.Sub(last); d > longest {
			longest, end = d, at
		}
		last = at
	}
	return longest, end
}

// lost counts the acknowledged writes that a Redis does not have.
func (l *load) lost(ctx context.Context, t *testing.T, master *redis.Client) int {
	t.Helper()
	l.mu.Lock()
	acked := slices.Clone(l.acked)
	l.mu.Unlock()
	lost := 0
	for chunk := range slices.Chunk(acked, 1000) {
		n, err := master.Exists(ctx, chunk...).Result()
		if err != nil {
			t.Fatal(err)
		}
		lost += len(chunk) - int(n)
	}
	return lost
}

// figures are durations of many rounds.
type figures []time.Duration

func (f figures) String() string {
	s := slices.Sorted(slices.Values(f))
	if len(s) == 0 {
		return "none"
	}
	return fmt.Sprintf("median %s, 90%% %s, worst %s of %d", round(s[len(s)/2]), round(s[len(s)*9/10]), round(s[len(s)-1]), len(s))
}

func round(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }

// listener hears +switch-master at one replica of the service.
type listener struct {
	addr  string
	heard chan time.Time
}

func listen(t *testing.T, addr string) *listener {
	t.Helper()
	s := redis.NewSentinelClient(&redis.Options{Addr: addr})
	sub := s.Subscribe(t.Context(), "+switch-master")
	t.Cleanup(func() { _ = sub.Close(); _ = s.Close() })
	if _, err := sub.Receive(t.Context()); err != nil {
		t.Fatal(err)
	}
	l := &listener{addr: addr, heard: make(chan time.Time, 100)}
	go func() {
		for range sub.Channel() {
			l.heard <- time.Now()
		}
	}()
	return l
}

// await is when the next +switch-master came.
func (l *listener) await(t *testing.T) time.Time {
	t.Helper()
	select {
	case at := <-l.heard:
		return at
	case <-time.After(20 * time.Second):
		t.Fatalf("%s: no +switch-master", l.addr)
	}
	return time.Time{}
}
