package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	// queued is how many writes lie in the sockets of a frozen master.
	queued      = 200
	standWithin = 5 * time.Second
)

// freeze: a master is stopped (SIGSTOP): it answers nobody, and no connection ends.
// Clients that were connected before write to it; their writes lie in its sockets,
// half of them since the beginning, half since all Sentinels have told of another
// master. Then it wakes (SIGCONT) and finds them.
func freeze() experiment[frozen] {
	return experiment[frozen]{
		what: fmt.Sprintf("SIGSTOP of a master with %d writes laid into its sockets; SIGCONT once all Sentinels have told of another", queued),
		entries: []entry{
			{open: trio("real Sentinel", trioSettings{downAfter: time.Second, failoverTimeout: 10 * time.Second})},
			{open: trio("real Sentinel", trioSettings{downAfter: 5 * time.Second}), slow: true},
			{open: newService},
		},
		label: byDownAfter,
		round: freezeMaster,
		figures: []figure[frozen]{
			timed("freeze to +switch-master at the first subscriber", "none", func(r frozen) time.Duration { return r.first }),
			timed("freeze to +switch-master at all three", "none", func(r frozen) time.Duration { return r.last }),
			timed("longest gap between acknowledged writes, Sentinel clients", "never", func(r frozen) time.Duration { return r.gapVia }),
			counted(fmt.Sprintf("of %d queued writes acknowledged when it wakes", queued), func(r frozen) int { return r.answers.acked }),
			counted("of these lost", func(r frozen) int { return r.lostQueued }),
			timed("it takes new writes beside the new master for", "never", func(r frozen) time.Duration { return r.twoMasters }),
			counted("acknowledged writes lost, Sentinel clients", func(r frozen) int { return r.lostVia }),
			counted("acknowledged writes lost, asking every node", func(r frozen) int { return r.lostDirect }),
		},
		notes: func(name string, rounds []frozen) string {
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

// frozen is what one sleep did.
type frozen struct {
	first, last         time.Duration // to the Sentinels' +switch-master
	gapVia              time.Duration
	answers             answers
	lostQueued          int
	twoMasters          time.Duration // since it woke
	lostVia, lostDirect int
	settled             bool
}

// String is the progress line.
func (r frozen) String() string {
	return fmt.Sprintf("+switch-master %s, all %s  longest gap %s  queued: %s, %d lost  two masters for %s  %d lost (directly %d)",
		show(r.first, "none"), show(r.last, "none"), show(r.gapVia, ""), r.answers, r.lostQueued, show(r.twoMasters, ""),
		r.lostVia, r.lostDirect) + openEnd(r.settled)
}

func freezeMaster(ctx context.Context, c *contestant) (frozen, error) {
	before, err := c.warm(ctx)
	if err != nil {
		return frozen{}, err
	}
	victim := before.master
	pid, err := before.pid(victim)
	if err != nil {
		return frozen{}, err
	}
	if err := waitFor(ctx, warmWithin, func(ctx context.Context) error { return c.fenced(ctx, c.clients[victim]) }); err != nil {
		return frozen{}, err
	}
	q, err := newQueue(ctx, c.nodes()[victim], queued)
	if err != nil {
		return frozen{}, err
	}
	defer q.close()
	w, err := c.watch(ctx)
	if err != nil {
		return frozen{}, err
	}
	defer w.end()
	woke, err := w.sleep(ctx, pid, q)
	if err != nil {
		return frozen{}, err
	}
	after, settled, err := c.settle(ctx, other(victim))
	if err != nil {
		return frozen{}, err
	}
	w.flows(ctx)
	w.end()
	r := frozen{settled: settled, gapVia: w.gap(w.via), answers: q.answers()}
	r.first, r.last = w.heard()
	r.twoMasters = twoMasters(w.direct.acknowledged(), victim, woke)
	final := c.final(after, settled)
	if r.lostVia, r.lostDirect, err = w.losses(ctx, final); err != nil {
		return frozen{}, err
	}
	if r.lostQueued, err = lost(ctx, final, q.acked); err != nil {
		return frozen{}, err
	}
	return r, ctx.Err()
}

// sleep is the time from SIGSTOP to SIGCONT; it returns when that was.
func (w *watch) sleep(ctx context.Context, pid int, q *queue) (woke time.Time, err error) {
	w.mark()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return woke, err
	}
	defer func() {
		woke = time.Now()
		if wake := syscall.Kill(pid, syscall.SIGCONT); err == nil {
			err = wake
		}
	}()
	if err := waitFor(ctx, standWithin, func(context.Context) error { return standsStill(pid) }); err != nil {
		return woke, err
	}
	if err := q.lay(queued / 2); err != nil {
		return woke, err
	}
	w.told(ctx, w.downAfter+patience)
	return woke, q.lay(queued - queued/2)
}

// standsStill says whether a thread of a stopped process still runs: it may serve
// what comes.
func standsStill(pid int) error {
	stats, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil || len(stats) == 0 {
		return fmt.Errorf("process %d is gone (%w)", pid, err)
	}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if _, rest, ok := strings.Cut(string(text), ") "); !ok || rest[0] != 'T' {
			return fmt.Errorf("process %d still runs", pid)
		}
	}
	return nil
}
