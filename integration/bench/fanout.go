package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	listeners = 10_000
	lazyOnes  = listeners / 100
	fanOut    = "+switch-master to 10000 subscribers, 100 of them not reading"
)

// spoken is what a fan-out to one server gave.
type spoken struct {
	first        series // ms from SENTINEL FAILOVER to the first who heard of it
	median, last series // ms from then on
	perListener  float64
	full         float64 // bytes resident once the lazy ones' buffers are full
	cut, harmed  int
}

// fanOut measures how long +switch-master takes to 10 000 subscribers.
func (s *stage) fanOut(ctx context.Context, o options) ([]row, error) {
	var both [2]spoken
	for side, server := range s.both() {
		var err error
		if both[side], err = server.fanOut(ctx, o.rounds, side == 0); err != nil {
			return nil, fmt.Errorf("%s: %w", server.name, err)
		}
	}
	return []row{spreadRow(both), listenerRow(both)}, nil
}

func spreadRow(both [2]spoken) row {
	text := func(s spoken) string {
		return fmt.Sprintf("last %s, median %s ms after the first; %d lazy ones cut, %d others harmed",
			s.last.spread().text(" ms"), short(s.median.spread().Median), s.cut, s.harmed)
	}
	r := row{
		What: fanOut, Aim: "last < 200 ms, lazy ones cut, others unharmed", Measured: text(both[0]), Beside: text(both[1]),
		Ratio:   ratio(both[0].last.spread(), both[1].last.spread()),
		Note:    fmt.Sprintf("a lazy one sends up to %d MB of PINGs and reads nothing; redis-sentinel cuts at 32 MB", floodMost>>20),
		Figures: map[string]spread{},
	}
	for side, prefix := range []string{"", "beside: "} {
		r.Figures[prefix+"first after the command, ms"] = both[side].first.spread()
		r.Figures[prefix+"median after the first, ms"] = both[side].median.spread()
		r.Figures[prefix+"last after the first, ms"] = both[side].last.spread()
	}
	return r
}

func listenerRow(both [2]spoken) row {
	text := func(s spoken) string {
		return fmt.Sprintf("%.1f kB each; %.0f MB in all with lazy ones", s.perListener/1e3, s.full/mega)
	}
	return row{
		What: fmt.Sprintf("memory per subscriber (%d)", listeners), Measured: text(both[0]), Beside: text(both[1]),
		Ratio: fmt.Sprintf("%.2fx", both[0].perListener/both[1].perListener),
		Figures: map[string]spread{
			"kB": series{both[0].perListener / 1e3}.spread(), "beside: kB": series{both[1].perListener / 1e3}.spread(),
		},
	}
}

// fanOut lets so many failovers be told to a crowd. With cuts it waits until the lazy
// ones are cut.
func (s *server) fanOut(ctx context.Context, rounds int, cuts bool) (result spoken, err error) {
	c, err := newCrowd(listeners, lazyOnes, "+switch-master")
	if err != nil {
		return result, err
	}
	defer c.close()
	if result.perListener, err = s.seat(ctx, c); err != nil {
		return result, err
	}
	if err := c.idle(); err != nil {
		return result, err
	}
	for range rounds {
		if err := s.announce(ctx, c, &result); err != nil {
			return result, err
		}
	}
	if result.full, err = memory(s.pid); err != nil {
		return result, err
	}
	if cuts {
		// That nobody is cut is a result, no error.
		_ = c.until(ctx, lazyWait, func() (bool, error) { return c.cut == lazyOnes, nil })
	}
	result.cut, result.harmed = c.cut, c.harmed
	return result, ctx.Err()
}

// seat subscribes all and tells what each has cost.
func (s *server) seat(ctx context.Context, c *crowd) (perListener float64, err error) {
	before, err := memory(s.pid)
	if err != nil {
		return 0, err
	}
	if err := c.join(ctx, s.addr); err != nil {
		return 0, err
	}
	after, err := memory(s.pid)
	return max(0, after-before) / listeners, err
}

// announce has the master switched and waits until all who read have heard.
func (s *server) announce(ctx context.Context, c *crowd, result *spoken) error {
	c.heard = c.heard[:0]
	var asked time.Time
	// The client's thread goes on reading meanwhile.
	sent := make(chan error, 1)
	go func() {
		sent <- await(ctx, func() error {
			asked = time.Now()
			_, err := ask(s.addr.String(), "SENTINEL FAILOVER "+s.masters[0])
			return err
		})
	}()
	readers := listeners - lazyOnes - c.harmed
	err := c.until(ctx, patience, func() (bool, error) { return len(c.heard) >= readers-c.harmed, nil })
	if err := errors.Join(err, <-sent); err != nil {
		return err
	}
	first := c.heard[0]
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }
	result.first = append(result.first, ms(first.Sub(asked)))
	result.median = append(result.median, ms(c.heard[len(c.heard)/2].Sub(first)))
	result.last = append(result.last, ms(c.heard[len(c.heard)-1].Sub(first)))
	return nil
}
