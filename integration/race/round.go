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
	settleWithin = 40 * time.Second // after the kill
	hearWithin   = 5 * time.Second  // for what must come soon after a settled switch
)

// never stands for a time that did not come.
const never = time.Duration(-1)

// round is what one kill did.
type round struct {
	kept      [3]int        // preloaded keys on: the killed node, the two others
	toWrite   time.Duration // to the first write of a Sentinel client acknowledged by a node with the data
	direct    time.Duration // the same for a client that asks all nodes all the time
	toSwitch  time.Duration // until all Sentinels had told +switch-master
	fulls     int           // full resyncs
	withEmpty int           // writes acknowledged by a node without the data
	settled   bool
}

// String is the progress line.
func (r round) String() string {
	line := fmt.Sprintf("keys %d, %d, %d  first write %s (directly %s)  +switch-master %s  full resyncs %d",
		r.kept[0], r.kept[1], r.kept[2], show(r.toWrite, "never"), show(r.direct, "never"), show(r.toSwitch, "none"), r.fulls)
	if r.withEmpty > 0 {
		line += fmt.Sprintf("  (%d writes acknowledged by an empty master)", r.withEmpty)
	}
	if !r.settled {
		line += fmt.Sprintf("  NOT SETTLED within %s", settleWithin)
	}
	return line
}

// round makes all whole, kills the master and measures what comes of it.
func (c *contestant) round(ctx context.Context) (round, error) {
	before, err := c.warm(ctx)
	if err != nil {
		return round{}, err
	}
	victim := before.master
	pid, err := strconv.Atoi(before.info[victim]["process_id"])
	if err != nil {
		return round{}, fmt.Errorf("process id of %s: %w", c.nodes()[victim], err)
	}
	// A new process counts from zero.
	own, _ := strconv.Atoi(before.info[victim]["sync_full"])
	fulls := before.fulls - own

	via, err := viaSentinels(ctx, c.sentinels())
	if err != nil {
		return round{}, err
	}
	defer via.end()
	direct, err := directly(ctx, c.clients)
	if err != nil {
		return round{}, err
	}
	defer direct.end()
	began := time.Now()
	c.ears.mark()
	via.mark(began)
	direct.mark(began)
	if err := c.crash(c.nodes()[victim], pid); err != nil {
		return round{}, err
	}
	after, settled, err := c.settle(ctx, victim, before.info[victim]["run_id"])
	if err != nil {
		return round{}, err
	}
	r := round{settled: settled, kept: c.kept(ctx, victim), fulls: after.fulls - fulls}
	c.times(ctx, &r, clocks{began, via, direct}, victim != after.master)
	return r, ctx.Err()
}

// settle waits until the killed node is back and all is settled, or gives up.
func (c *contestant) settle(ctx context.Context, victim int, runID string) (after state, settled bool, err error) {
	err = waitFor(ctx, settleWithin, func(ctx context.Context) error {
		found, err := c.settled(ctx)
		if err == nil && found.info[victim]["run_id"] == runID {
			err = errors.New("the killed process still answers")
		}
		if len(found.info) == len(c.clients) {
			after = found
		}
		return err
	})
	return after, err == nil, ctx.Err()
}

// clocks measure a round.
type clocks struct {
	began       time.Time
	via, direct *writer
}

// times reads the clocks of the writers and of the subscribers. What a switch and
// a master with the data make certain may still be on its way.
func (c *contestant) times(ctx context.Context, r *round, k clocks, switched bool) {
	hasData := slices.Max(r.kept[:]) == keys
	_ = waitFor(ctx, hearWithin, func(context.Context) error { // what has not come then is reported as such
		withData, _ := k.via.first()
		if switched && c.ears.last().IsZero() || hasData && withData.IsZero() {
			return errors.New("not yet")
		}
		return nil
	})
	withData, without := k.via.first()
	r.toWrite, r.toSwitch, r.withEmpty = since(k.began, withData), since(k.began, c.ears.last()), without
	withData, _ = k.direct.first()
	r.direct = since(k.began, withData)
}

func since(began, at time.Time) time.Duration {
	if at.IsZero() {
		return never
	}
	return at.Sub(began)
}

// warm waits until the set is settled, writes all keys again and waits until both
// replicas have them.
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
	if n, err := waitReplicas(ctx, master); err != nil || n < 2 {
		return found, fmt.Errorf("%d replicas have all keys, want 2 (%w)", n, err)
	}
	kept := c.kept(ctx, found.master)
	if slices.Min(kept[:]) != keys {
		return found, fmt.Errorf("keys %v before the kill, want %d on every node", kept, keys)
	}
	return c.settled(ctx)
}

// waitReplicas is WAIT on one connection, after a write of that connection.
func waitReplicas(ctx context.Context, master *redis.Client) (int64, error) {
	conn := master.Conn()
	defer conn.Close()
	if err := conn.Set(ctx, "warm", time.Now().UnixNano(), 0).Err(); err != nil {
		return 0, err
	}
	return conn.Wait(ctx, 2, 4*time.Second).Result()
}

func preload(ctx context.Context, master *redis.Client) error {
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
func (c *contestant) kept(ctx context.Context, victim int) [3]int {
	var kept [3]int
	all := make([]string, keys)
	for n := range all {
		all[n] = key(n)
	}
	at := 1
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
		kept[at] = found
		at++
	}
	return kept
}
