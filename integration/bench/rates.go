package main

import (
	"context"
	"fmt"
)

// wanted is a work with what issue and reader want to know of it.
type wanted struct {
	work
	what string
	goal string
	size int // masters
}

// The names of figures.
const (
	figureRate      = "requests/s"
	figureCPU       = "server CPU us/request"
	besideRate      = "beside: requests/s"
	besideCPU       = "beside: server CPU us/request"
	figureConnectMs = "p99 ms"
	besideConnectMs = "beside: p99 ms"
)

// pair is a figure of both servers.
type pair struct{ rate, cpu [2]series }

func (p *pair) add(side int, s sample) {
	p.rate[side] = append(p.rate[side], s.perSecond())
	p.cpu[side] = append(p.cpu[side], s.cpuPer())
}

func (p *pair) row(what string) row {
	rate, cpu := [2]spread{p.rate[0].spread(), p.rate[1].spread()}, [2]spread{p.cpu[0].spread(), p.cpu[1].spread()}
	text := func(side int) string {
		return fmt.Sprintf("%s, %s µs CPU", rate[side].text("/s"), short(cpu[side].Median))
	}
	return row{
		What: what, Measured: text(0), Beside: text(1),
		Ratio:   fmt.Sprintf("%s, CPU %s", ratio(rate[0], rate[1]), ratio(cpu[0], cpu[1])),
		Figures: map[string]spread{figureRate: rate[0], besideRate: rate[1], figureCPU: cpu[0], besideCPU: cpu[1]},
	}
}

// rate measures the work on both servers by turns.
func (w wanted) rate(s *stage, ctx context.Context, o options) ([]row, error) {
	var p pair
	for range o.rounds {
		for side, server := range s.both() {
			result, err := w.measure(ctx, server, o.lasting)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", server.name, err)
			}
			p.add(side, result)
		}
	}
	r := p.row(w.what)
	r.Goal, r.Size = w.goal, w.size
	return []row{r}, nil
}

func (o options) visitors() string {
	return fmt.Sprintf("connect, get-master-addr-by-name, close: %d clients at once", o.at)
}

// visitsOf measures clients that connect, ask once and close.
func (s *stage) visitsOf(ctx context.Context, o options) ([]row, error) {
	c := churn{command: askAddr, at: o.at, total: o.visits}
	var p pair
	var slow [2]series
	var failed [2]int
	for range o.rounds {
		for side, server := range s.both() {
			result, err := c.measure(ctx, server)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", server.name, err)
			}
			p.add(side, result.sample)
			slow[side] = append(slow[side], float64(result.times[len(result.times)*99/100].Microseconds())/1000)
			failed[side] += result.failed
		}
	}
	r := p.row(o.visitors())
	ms := [2]spread{slow[0].spread(), slow[1].spread()}
	r.Measured += ", p99 " + span(ms[0].Median)
	r.Beside += ", p99 " + span(ms[1].Median)
	r.Figures[figureConnectMs], r.Figures[besideConnectMs] = ms[0], ms[1]
	if failed != [2]int{} {
		r.Note = fmt.Sprintf("turned away and tried again: %d beside %d", failed[0], failed[1])
	}
	return []row{r}, nil
}
