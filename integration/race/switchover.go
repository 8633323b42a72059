package main

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// switchover: somebody asks for another master while clients write. Redis itself
// can do it with FAILOVER; Sentinels and this service with SENTINEL FAILOVER.
func switchover() experiment[switched] {
	return experiment[switched]{
		what: fmt.Sprintf("a planned switchover under %d writers through a Sentinel client, and one to every node directly", writers),
		entries: []entry{
			{open: pair("Redis's FAILOVER")},
			{open: trio("real Sentinel, SENTINEL FAILOVER", trioSettings{downAfter: 5 * time.Second})},
			{open: newService},
		},
		label: byName,
		round: switchOver,
		figures: []figure[switched]{
			timed("longest gap between acknowledged writes, Sentinel clients", "never", func(r switched) time.Duration { return r.gapVia }),
			timed("longest gap, asking every node directly", "never", func(r switched) time.Duration { return r.gapDirect }),
			counted("acknowledged writes lost, Sentinel clients", func(r switched) int { return r.lostVia }),
			counted("acknowledged writes lost, asking every node", func(r switched) int { return r.lostDirect }),
			timed("two masters that take writes", "never", func(r switched) time.Duration { return r.twoMasters }),
			timed("command to +switch-master at all three", "none", func(r switched) time.Duration { return r.heard }),
			counted("full resyncs", func(r switched) int { return r.fulls }),
		},
		notes: func(name string, rounds []switched) string {
			open, writes := 0, 0
			for _, r := range rounds {
				writes += r.writes
				if !r.settled {
					open++
				}
			}
			return fmt.Sprintf("%s: %d writes were acknowledged in all.\n", name, writes) + unsettled(name, open, len(rounds))
		},
	}
}

// switched is what one switchover did.
type switched struct {
	gapVia, gapDirect   time.Duration
	lostVia, lostDirect int
	twoMasters          time.Duration
	heard               time.Duration // +switch-master from all Sentinels
	fulls               int
	writes              int
	settled             bool
}

// String is the progress line.
func (r switched) String() string {
	line := fmt.Sprintf("longest gap %s (directly %s)  ", show(r.gapVia, ""), show(r.gapDirect, ""))
	if r.lostVia != unmeasured {
		line += fmt.Sprintf("%d lost ", r.lostVia)
	}
	return line + fmt.Sprintf("(directly %d)  two masters for %s  +switch-master %s  full resyncs %d",
		r.lostDirect, show(r.twoMasters, ""), show(r.heard, "none"), r.fulls) + openEnd(r.settled)
}

func switchOver(ctx context.Context, c *contestant) (switched, error) {
	before, err := c.warm(ctx)
	if err != nil {
		return switched{}, err
	}
	victim := before.master
	w, err := c.watch(ctx)
	if err != nil {
		return switched{}, err
	}
	defer w.end()
	// A Sentinel that has not heard of its replicas lately finds none good enough.
	err = waitFor(ctx, hearWithin, func(ctx context.Context) error {
		w.mark()
		return c.askForSwitch(ctx, c.clients[victim])
	})
	if err != nil {
		return switched{}, err
	}
	after, settled, err := c.settle(ctx, other(victim))
	if err != nil {
		return switched{}, err
	}
	w.told(ctx, hearWithin)
	w.flows(ctx)
	w.end()
	r := switched{settled: settled, fulls: after.fulls - before.fulls, gapVia: w.gap(w.via), gapDirect: w.gap(w.direct)}
	_, r.heard = w.heard()
	r.writes = len(w.via.acknowledged()) + len(w.direct.acknowledged())
	r.twoMasters = twoMasters(w.direct.acknowledged(), victim, w.began)
	r.lostVia, r.lostDirect, err = w.losses(ctx, c.final(after, settled))
	if err != nil {
		return switched{}, err
	}
	return r, ctx.Err()
}

// askForSwitch asks whoever watches, else the master itself.
func (c *contestant) askForSwitch(ctx context.Context, master *redis.Client) error {
	if len(c.sentinels()) == 0 {
		return master.Do(ctx, "failover").Err()
	}
	return c.sentinel.Failover(ctx, masterName).Err()
}
