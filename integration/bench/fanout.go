package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// spoken is what a fan-out to one server gave.
type spoken struct {
	first        series // ms from SENTINEL FAILOVER to the first who heard of it
	median, last series // ms from then on
	perListener  float64
	full         float64 // bytes resident once the lazy ones' buffers are full
	cut, harmed  int
	late         error // it was not done in time
}

// spreading is the row's name.
func (o options) spreading() string {
	return fmt.Sprintf("+switch-master to %s, %d of them not reading", count(o.crowd, "subscriber"), o.lazy)
}

// fanOut measures how long +switch-master takes to all subscribers. One server that is
// late does not hide the other.
func (s *stage) fanOut(ctx context.Context, o options) ([]row, error) {
	var both [2]spoken
	for side, server := range s.both() {
		within := o.most
		if side == 0 {
			within += o.cutWithin
		}
		err := bounded(ctx, within, func(ctx context.Context) (err error) {
			both[side], err = server.fanOut(ctx, o, side == 0)
			return err
		})
		if wrong := inTime(err); wrong != nil || err != nil && side == 0 {
			return nil, fmt.Errorf("%s: %w", server.name, err)
		}
		both[side].late = err
	}
	rows := []row{o.spreadRow(both)}
	if both[1].late == nil {
		rows = append(rows, o.listenerRow(both))
	}
	return rows, nil
}

func (o options) spreadRow(both [2]spoken) row {
	text := func(s spoken) string {
		if s.late != nil {
			return s.late.Error()
		}
		return fmt.Sprintf("last %s, median %s ms after the first; %d lazy ones cut, %d others harmed",
			s.last.spread().text(" ms"), short(s.median.spread().Median), s.cut, s.harmed)
	}
	r := row{
		What: o.spreading(), Goal: goalFanOut, Size: o.crowd, Measured: text(both[0]), Beside: text(both[1]),
		Ratio:   ratio(both[0].last.spread(), both[1].last.spread()),
		Note:    fmt.Sprintf("a lazy one sends up to %d MB of PINGs and reads nothing; redis-sentinel cuts at 32 MB", floodMost>>20),
		Figures: map[string]spread{},
	}
	for side, prefix := range []string{"", "beside: "} {
		if both[side].late != nil {
			continue
		}
		r.Figures[prefix+"first after the command, ms"] = both[side].first.spread()
		r.Figures[prefix+"median after the first, ms"] = both[side].median.spread()
		r.Figures[prefix+"last after the first, ms"] = both[side].last.spread()
	}
	return r
}

func (o options) listenerRow(both [2]spoken) row {
	text := func(s spoken) string {
		return fmt.Sprintf("%.1f kB each; %.0f MB in all with lazy ones", s.perListener/1e3, s.full/mega)
	}
	each := [2]spread{series{both[0].perListener / 1e3}.spread(), series{both[1].perListener / 1e3}.spread()}
	return row{
		What: fmt.Sprintf("memory per subscriber (%s)", thousands(o.crowd)), Measured: text(both[0]), Beside: text(both[1]),
		Ratio: ratio(each[0], each[1]), Figures: map[string]spread{"kB": each[0], "beside: kB": each[1]},
	}
}

// fanOut lets so many failovers be told to a crowd. With cuts it waits until the lazy
// ones are cut.
func (s *server) fanOut(ctx context.Context, o options, cuts bool) (result spoken, err error) {
	c, err := newCrowd(o.crowd, o.lazy, "+switch-master")
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
	for range o.rounds {
		if err := s.announce(ctx, c, &result); err != nil {
			return result, err
		}
	}
	if result.full, err = memory(s.pid); err != nil {
		return result, err
	}
	if cuts {
		// That nobody is cut is a result, no error.
		waiting, cancel := context.WithTimeout(ctx, o.cutWithin)
		defer cancel()
		_ = c.until(waiting, func() (bool, error) { return c.cut == o.lazy, nil })
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
	return max(0, after-before) / float64(len(c.members)), err
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
	readers := c.readers()
	err := c.until(ctx, func() (bool, error) { return len(c.heard) >= readers-c.harmed, nil })
	if err := errors.Join(err, <-sent); err != nil {
		return err
	}
	if len(c.heard) == 0 {
		return fmt.Errorf("all %d who read were cut", c.harmed)
	}
	first := c.heard[0]
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }
	result.first = append(result.first, ms(first.Sub(asked)))
	result.median = append(result.median, ms(c.heard[len(c.heard)/2].Sub(first)))
	result.last = append(result.last, ms(c.heard[len(c.heard)-1].Sub(first)))
	return nil
}
