package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// crash: a master is killed and restarted at once, empty, at the same address, as a
// kubelet does it.
func crash() experiment[crashed] {
	return experiment[crashed]{
		what: fmt.Sprintf("kill -9 of a master with %d keys and two replicas in sync; restarted at once, empty, at the same address", keys),
		entries: []entry{
			{open: trio("real Sentinel, diskless-sync-delay 5", trioSettings{downAfter: 5 * time.Second, delay: 5 * time.Second})},
			{open: trio("real Sentinel, diskless-sync-delay 0", trioSettings{downAfter: 5 * time.Second})},
			{open: newService},
		},
		label: byName,
		round: crashAtOnce,
		figures: []figure[crashed]{
			remaining("keys left on the killed node", func(r crashed) int { return r.kept[0] }),
			remaining("keys left on the first other", func(r crashed) int { return r.kept[1] }),
			remaining("keys left on the second other", func(r crashed) int { return r.kept[2] }),
			timed("first write acknowledged by a node with the data", "never", func(r crashed) time.Duration { return r.toWrite }),
			timed("the same, asking every node directly", "never", func(r crashed) time.Duration { return r.direct }),
			timed("+switch-master heard from all Sentinels", "none", func(r crashed) time.Duration { return r.toSwitch }),
			counted("full resyncs", func(r crashed) int { return r.fulls }),
			counted("writes acknowledged by an empty master", func(r crashed) int { return r.withEmpty }),
		},
		notes: crashNotes,
	}
}

// crashed is what one kill did.
type crashed struct {
	kept      []int         // preloaded keys on: the killed node, the others
	toWrite   time.Duration // to the first write of a Sentinel client acknowledged by a node with the data
	direct    time.Duration // the same for a client that asks all nodes all the time
	toSwitch  time.Duration // until all Sentinels had told +switch-master
	fulls     int           // full resyncs
	withEmpty int           // writes acknowledged by a node without the data
	settled   bool
}

// String is the progress line.
func (r crashed) String() string {
	line := fmt.Sprintf("keys %d  first write %s (directly %s)  +switch-master %s  full resyncs %d",
		r.kept, show(r.toWrite, "never"), show(r.direct, "never"), show(r.toSwitch, "none"), r.fulls)
	if r.withEmpty > 0 {
		line += fmt.Sprintf("  (%d writes acknowledged by an empty master)", r.withEmpty)
	}
	return line + openEnd(r.settled)
}

// openEnd is what a progress line says of a round without an end.
func openEnd(settled bool) string {
	if settled {
		return ""
	}
	return fmt.Sprintf("  NOT SETTLED within %s", settleWithin)
}

// crashAtOnce makes all whole, kills the master and measures what comes of it.
func crashAtOnce(ctx context.Context, c *contestant) (crashed, error) {
	before, err := c.warm(ctx)
	if err != nil {
		return crashed{}, err
	}
	victim := before.master
	pid, err := before.pid(victim)
	if err != nil {
		return crashed{}, err
	}
	// A new process counts from zero.
	own, _ := strconv.Atoi(before.info[victim]["sync_full"])
	fulls := before.fulls - own

	w, err := c.watch(ctx)
	if err != nil {
		return crashed{}, err
	}
	defer w.end()
	w.mark()
	if err := c.crash(c.nodes()[victim], pid); err != nil {
		return crashed{}, err
	}
	after, settled, err := c.settle(ctx, replaced(victim, before.info[victim]["run_id"]))
	if err != nil {
		return crashed{}, err
	}
	r := crashed{settled: settled, kept: c.kept(ctx, victim), fulls: after.fulls - fulls}
	r.times(ctx, w, victim != after.master)
	return r, ctx.Err()
}

// times reads the clocks of the writers and of the subscribers. What a switch and
// a master with the data make certain may still be on its way.
func (r *crashed) times(ctx context.Context, w *watch, switched bool) {
	hasData := slices.Max(r.kept) == keys
	_ = waitFor(ctx, hearWithin, func(context.Context) error { // what has not come then is reported as such
		withData, _ := w.via.first()
		if switched && w.ears.last().IsZero() || hasData && withData.IsZero() {
			return errors.New("not yet")
		}
		return nil
	})
	withData, without := w.via.first()
	r.toWrite, r.withEmpty = since(w.began, withData), without
	_, r.toSwitch = w.heard()
	withData, _ = w.direct.first()
	r.direct = since(w.began, withData)
}

// crashNotes say what a "never" means and which rounds had no end.
func crashNotes(name string, rounds []crashed) string {
	empty, open, text := 0, 0, ""
	for _, r := range rounds {
		if slices.Max(r.kept) == 0 {
			empty++
		}
		if !r.settled {
			open++
		}
	}
	if empty > 0 {
		text = fmt.Sprintf("%s: in %d of %d rounds no node had any of the data left.\n", name, empty, len(rounds))
	}
	return text + unsettled(name, open, len(rounds))
}
