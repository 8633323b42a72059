package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// patience is how much longer than down-after a switch is waited for.
	patience = 45 * time.Second
	// leastAway is how long nothing is there even when another is master at once.
	leastAway = 2 * time.Second
)

// away: a master is killed, and nothing is at its address for two seconds, and until
// all Sentinels have told of another master. Only so real Sentinels get to a failover
// at all.
func away() experiment[absence] {
	return experiment[absence]{
		what: fmt.Sprintf("kill -9 of a master with %d keys and two replicas in sync; it stays away for %s, and until all Sentinels have told of another", keys, leastAway),
		entries: []entry{
			{open: trio("real Sentinel", trioSettings{downAfter: time.Second, failoverTimeout: 10 * time.Second})},
			{open: trio("real Sentinel, defaults", trioSettings{}), slow: true},
			{open: newGatedService},
		},
		label: byDownAfter,
		round: leaveForLong,
		figures: []figure[absence]{
			timed("kill to +switch-master at the first subscriber", "none", func(r absence) time.Duration { return r.first }),
			timed("kill to +switch-master at all three", "none", func(r absence) time.Duration { return r.last }),
			timed("first write acknowledged by a node with the data", "never", func(r absence) time.Duration { return r.toWrite }),
			timed("the same, asking every node directly", "never", func(r absence) time.Duration { return r.direct }),
			counted("acknowledged writes lost, Sentinel clients", func(r absence) int { return r.lostVia }),
			counted("acknowledged writes lost, asking every node", func(r absence) int { return r.lostDirect }),
		},
		notes: func(name string, rounds []absence) string {
			open := 0
			for _, r := range rounds {
				if !r.settled {
					open++
				}
			}
			return unsettled(name, open, len(rounds))
		},
	}
}

// absence is what the absence of a master did.
type absence struct {
	first, last     time.Duration // to the Sentinels' +switch-master
	toWrite, direct time.Duration // to the first write acknowledged by a node with the data
	lostVia         int           // of what Sentinel clients wrote
	lostDirect      int           // of what was written to every node
	settled         bool
}

// String is the progress line.
func (r absence) String() string {
	return fmt.Sprintf("+switch-master %s, all %s  first write %s (directly %s)  %d lost (directly %d)",
		show(r.first, "none"), show(r.last, "none"), show(r.toWrite, "never"), show(r.direct, "never"), r.lostVia, r.lostDirect) + openEnd(r.settled)
}

func leaveForLong(ctx context.Context, c *contestant) (absence, error) {
	before, err := c.warm(ctx)
	if err != nil {
		return absence{}, err
	}
	victim := before.master
	pid, err := before.pid(victim)
	if err != nil {
		return absence{}, err
	}
	w, err := c.watch(ctx)
	if err != nil {
		return absence{}, err
	}
	defer w.end()
	w.mark()
	if err := c.leave(c.nodes()[victim], pid); err != nil {
		return absence{}, err
	}
	w.told(ctx, c.downAfter+patience)
	_ = waitFor(ctx, hearWithin, w.written) // it shows as a time that did not come
	select {
	case <-ctx.Done():
		return absence{}, ctx.Err()
	case <-time.After(time.Until(w.began.Add(leastAway))):
	}
	if err := c.back(c.nodes()[victim]); err != nil {
		return absence{}, err
	}
	after, settled, err := c.settle(ctx, replaced(victim, before.info[victim]["run_id"]))
	if err != nil {
		return absence{}, err
	}
	w.end()
	r := absence{settled: settled}
	r.first, r.last = w.heard()
	withData, _ := w.via.first()
	r.toWrite = since(w.began, withData)
	withData, _ = w.direct.first()
	r.direct = since(w.began, withData)
	if r.lostVia, r.lostDirect, err = w.losses(ctx, c.final(after, settled)); err != nil {
		return absence{}, err
	}
	return r, ctx.Err()
}

// written says that a writer still waits for its first acknowledgement.
func (w *watch) written(context.Context) error {
	for _, of := range []*writer{w.via, w.direct} {
		if withData, _ := of.first(); withData.IsZero() {
			return errors.New("not yet")
		}
	}
	return nil
}
