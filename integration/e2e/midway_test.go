package e2e

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// TestTargetLost: the chosen replica dies, another time it falls silent, in the moment
// in which the record is to say that it is promoted. The third one takes over with all
// data, and the one that was chosen does not serve when it is back.
func TestTargetLost(t *testing.T) {
	r := install(t, nil)
	r.settled(3)
	preload(t, r.client())
	moments := r.moments()
	ok := t.Run("dies", func(t *testing.T) {
		r := r.in(t)
		c := r.loseTarget(moments, func(target string) error {
			return r.Agent.Signal(r.namespace, target, "redis", syscall.SIGKILL)
		})
		r.isWell(c)
	})
	if !ok {
		return
	}
	t.Run("falls silent", func(t *testing.T) {
		r := r.in(t)
		c := r.loseTarget(moments, func(target string) error { return r.freeze(target, "redis") })
		var queued []<-chan error
		for range 10 { // in the sockets of the frozen process, behind its promotion
			queued = append(queued, queueWrite(t, c.target.addr()))
		}
		r.wake(c.target.Pod, "redis")
		for _, acked := range queued {
			if err := <-acked; err == nil {
				t.Errorf("%s acknowledged a write after another one had become master", c.target.Pod)
			}
		}
		r.isWell(c)
	})
}

// change is a change of the master that was disturbed.
type change struct {
	from   string
	target process // which was chosen when it was disturbed
	to     string
	v      *rivals
}

// loseTarget kills the master, loses the target in the moment of its promotion, and
// waits until the third one serves.
func (r *release) loseTarget(moments *moments, lose func(target string) error) change {
	r.t.Helper()
	c := r.beginChange()
	promoting := moments.before("Promoting", func(written record, _ string) error {
		c.target = written.Target
		return lose(written.Target.Pod)
	})
	r.kill(r.podAt(c.from))
	promoting.await(r.t)
	c.to = r.moved(c.from)
	if third := others(r.redisAddrs(), c.from, c.target.addr()); len(third) != 1 || c.to != third[0] {
		r.t.Fatalf("%s is master after %s was lost, want the third one %v", c.to, c.target.addr(), third)
	}
	c.v.awaitAt(r.t, c.to)
	return c
}

// beginChange begins to watch who takes writes.
func (r *release) beginChange() change {
	r.t.Helper()
	c := change{from: r.fenced()}
	r.caughtUp(c.from)
	c.v = startRivals(r.t, r.redisAddrs())
	c.v.awaitAt(r.t, c.from)
	return c
}

// isWell holds that the data is kept, that there was one master at a time, and that
// nothing is lost that the new one acknowledged.
func (r *release) isWell(c change) {
	r.t.Helper()
	if got := r.settled(3); got != c.to {
		r.t.Errorf("the master moved once more, from %s to %s", c.to, got)
		c.to = got
	}
	c.v.check(r.t, uniq(c.from, c.to)...)
	now := node(r.t, c.to)
	if lost := c.v.lost(r.t.Context(), r.t, now, c.to); lost > 0 {
		r.t.Errorf("%d writes lost that the new master had acknowledged", lost)
	}
	for _, addr := range r.redisAddrs() {
		if got := keptKeys(r.t.Context(), r.t, node(r.t, addr)); got != preloaded {
			r.t.Errorf("%d of %d keys on %s", got, preloaded, addr)
		}
	}
}

// queueWrite sends a write that waits for as long as its server is frozen.
func queueWrite(t *testing.T, addr string) <-chan error {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1, ReadTimeout: time.Minute, Protocol: 2, DisableIdentity: true})
	t.Cleanup(func() { _ = client.Close() })
	acked, key := make(chan error, 1), fmt.Sprintf("queued:%d", time.Now().UnixNano())
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		acked <- client.Set(ctx, key, "x", 0).Err()
	}()
	return acked
}
