package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	warmWithin   = 30 * time.Second
	settleWithin = 40 * time.Second // after the event
	hearWithin   = 5 * time.Second  // for what must come soon after a settled switch
)

// warm waits until the set is settled, writes all keys anew, and nothing else, and
// waits until all replicas have them.
func (c *contestant) warm(ctx context.Context) (state, error) {
	var found state
	err := waitFor(ctx, warmWithin, func(ctx context.Context) (err error) {
		found, err = c.settled(ctx)
		return err
	})
	if err != nil {
		return found, err
	}
	master := c.clients[found.master]
	if err := preload(ctx, master); err != nil {
		return found, err
	}
	replicas := len(c.clients) - 1
	err = waitFor(ctx, warmWithin, func(ctx context.Context) error { // one may be in the middle of a full resync
		n, err := waitReplicas(ctx, master, replicas)
		if err == nil && int(n) < replicas {
			err = fmt.Errorf("%d replicas have all keys, want %d", n, replicas)
		}
		return err
	})
	if err != nil {
		return found, err
	}
	kept := c.kept(ctx, found.master)
	if slices.Min(kept) != keys {
		return found, fmt.Errorf("keys %v before the event, want %d on every node", kept, keys)
	}
	return c.settled(ctx)
}

// waitReplicas is WAIT on one connection, after a write of that connection.
func waitReplicas(ctx context.Context, master *redis.Client, n int) (int64, error) {
	conn := master.Conn()
	defer conn.Close()
	if err := conn.Set(ctx, "warm", time.Now().UnixNano(), 0).Err(); err != nil {
		return 0, err
	}
	return conn.Wait(ctx, n, 4*time.Second).Result()
}

func preload(ctx context.Context, master *redis.Client) error {
	if err := master.FlushAll(ctx).Err(); err != nil {
		return err
	}
	for first := 0; first < keys; first += 1000 {
		pipe := master.Pipeline()
		for n := first; n < first+1000; n++ {
			pipe.Set(ctx, key(n), strings.Repeat("x", 32), 0)
		}
		if _, err := pipe.Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// kept counts the preloaded keys: on the victim first. A node that does not answer
// has none for anybody.
func (c *contestant) kept(ctx context.Context, victim int) []int {
	all := make([]string, keys)
	for n := range all {
		all[n] = key(n)
	}
	kept := []int{0}
	for i, client := range c.clients {
		found := 0
		for chunk := range slices.Chunk(all, 1000) {
			n, _ := client.Exists(ctx, chunk...).Result()
			found += int(n)
		}
		if i == victim {
			kept[0] = found
			continue
		}
		kept = append(kept, found)
	}
	return kept
}

// settle waits until all is settled and what is wanted beside that has come, or
// gives up.
func (c *contestant) settle(ctx context.Context, also func(state) error) (after state, settled bool, err error) {
	err = waitFor(ctx, settleWithin, func(ctx context.Context) error {
		found, err := c.settled(ctx)
		if err == nil {
			err = also(found)
		}
		if len(found.info) == len(c.clients) {
			after = found
		}
		return err
	})
	return after, err == nil, ctx.Err()
}

// final is the master that all others copy, nil when nothing was settled.
func (c *contestant) final(s state, settled bool) *redis.Client {
	if !settled {
		return nil
	}
	return c.clients[s.master]
}

// other wants another master than the victim.
func other(victim int) func(state) error {
	return func(s state) error {
		if s.master == victim {
			return errors.New("the master is still the same")
		}
		return nil
	}
}

// replaced wants another process in the place of the victim.
func replaced(victim int, runID string) func(state) error {
	return func(s state) error {
		if s.info[victim]["run_id"] == runID {
			return errors.New("the killed process still answers")
		}
		return nil
	}
}

// pid is the process of a node.
func (s state) pid(node int) (int, error) { return strconv.Atoi(s.info[node]["process_id"]) }
