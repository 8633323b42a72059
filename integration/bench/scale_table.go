package main

import (
	"fmt"
	"slices"
	"time"
)

// findings are the costs of all sizes.
type findings struct {
	idle    cost
	stages  []scaleFindings
	limited string // why the greatest size is smaller than wanted
}

// scaleFindings are those of one size.
type scaleFindings struct {
	masters          int
	slow             bool // more were wanted
	leader, follower cost
	start, startCPU  time.Duration
	storm, stormCPU  time.Duration
	leaderChange     time.Duration
	mass             []mass
}

// stuck tells that a mass crash did not come to its end.
func (s scaleFindings) stuck() bool {
	return slices.ContainsFunc(s.mass, func(m mass) bool { return m.missing > 0 })
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}

// perMaster is what each master adds.
func (f *findings) perMaster(s scaleFindings, c cost) float64 {
	return (c.rss - f.idle.rss) / float64(s.masters)
}

// of is how large the fleet of a row was.
func of(masters int) string { return fmt.Sprintf("%d masters x %d servers", masters, serversEach) }

func single(v float64) spread { return spread{Median: v, Min: v, Max: v} }

func (f *findings) rows() []row {
	rows := []row{{
		What: "memory at rest, no masters", Aim: "< 40 MB", Measured: megabytes(f.idle.rss),
		Figures: map[string]spread{"RSS bytes": single(f.idle.rss)},
	}}
	for _, s := range f.stages {
		rows = append(rows, f.rowsOf(s)...)
	}
	return rows
}

func (f *findings) rowsOf(s scaleFindings) []row {
	whole, at := s.masters == fullSizes[len(fullSizes)-1], of(s.masters)
	last := s.masters == f.stages[len(f.stages)-1].masters
	note := ""
	switch {
	case s.slow:
		note = "this computer was too slow for more"
	case last && !whole:
		note = f.limited
	}
	aim := func(is bool, text string) string {
		if is {
			return text
		}
		return ""
	}
	leader, follower := f.perMaster(s, s.leader), f.perMaster(s, s.follower)
	rows := []row{
		{
			What: "memory at rest, " + at, Aim: aim(whole, "< 1 GB"), Note: note,
			Measured: fmt.Sprintf("leader %s, follower %s", megabytes(s.leader.rss), megabytes(s.follower.rss)),
			Figures:  map[string]spread{"leader RSS bytes": single(s.leader.rss), "follower RSS bytes": single(s.follower.rss)},
		},
		{
			What: "memory per master, " + at, Aim: aim(s.masters >= 1000, "<= 40 kB"),
			Measured: fmt.Sprintf("leader %.0f kB, follower %.0f kB; per watched pod %.1f and %.1f kB", leader/1e3, follower/1e3, leader/serversEach/1e3, follower/serversEach/1e3),
			Figures:  map[string]spread{"leader bytes/master": single(leader), "follower bytes/master": single(follower)},
		},
		{
			What: "CPU at rest, " + at, Aim: aim(s.masters == 1000, "< 10 % of a core"),
			Measured: fmt.Sprintf("leader %.1f %%, follower %.1f %%", s.leader.cpu*100, s.follower.cpu*100),
			Figures:  map[string]spread{"leader % of a core": single(s.leader.cpu * 100), "follower % of a core": single(s.follower.cpu * 100)},
		},
		{
			What: "a service replica starts until its first answer, " + at, Aim: aim(whole, "< 15 s"), Note: note,
			Measured: fmt.Sprintf("%s (%s of CPU)", seconds(s.start), seconds(s.startCPU)),
			Figures:  map[string]spread{"s": single(s.start.Seconds()), "CPU s": single(s.startCPU.Seconds())},
		},
		{
			What: "the leader and one master are killed at once, until that one is switched, " + at, Aim: aim(whole, "< 8 s (lease + 2 s)"), Note: note,
			Measured: seconds(s.leaderChange),
			Figures:  map[string]spread{"s": single(s.leaderChange.Seconds())},
		},
		{
			What:     "all connections to the API server cut, until a change is seen again, " + at,
			Measured: fmt.Sprintf("%s (%s of CPU a replica)", seconds(s.storm), seconds(s.stormCPU)),
			Figures:  map[string]spread{"s": single(s.storm.Seconds()), "CPU s": single(s.stormCPU.Seconds())},
		},
	}
	for _, m := range s.mass {
		if m.missing > 0 {
			rows = append(rows, row{
				What: fmt.Sprintf("%d of %s crash at once: last +switch-master", m.masters, at), Aim: aim(m.masters == 1000, "< 3 s, p99 < 20 ms"),
				Measured: fmt.Sprintf("%d not within %s", m.missing, m.within),
				Figures:  map[string]spread{"not switched": single(float64(m.missing))},
			})
			continue
		}
		rows = append(rows, row{
			What: fmt.Sprintf("%d of %s crash at once: last +switch-master", m.masters, at), Aim: aim(m.masters == 1000, "< 3 s, p99 < 20 ms"),
			Measured: fmt.Sprintf("%s; get-master-addr-by-name meanwhile p50 %s, p99 %s", seconds(m.last), milliseconds(m.asked.at(0.5)), milliseconds(m.asked.at(0.99))),
			Figures: map[string]spread{
				"last +switch-master s": single(m.last.Seconds()), "median +switch-master s": single(m.median.Seconds()),
				"query p50 ms": single(m.asked.at(0.5).Seconds() * 1e3), "query p99 ms": single(m.asked.at(0.99).Seconds() * 1e3),
				"failed queries": single(float64(m.asked.failed)),
			},
		})
	}
	return rows
}

func (f *findings) curves() []curve {
	line := func(name, unit string, y func(scaleFindings) float64) curve {
		c := curve{Name: name, Unit: unit}
		for _, s := range f.stages {
			c.X, c.Y = append(c.X, float64(s.masters)), append(c.Y, y(s))
		}
		return c
	}
	return []curve{
		line("memory, leader", "MB", func(s scaleFindings) float64 { return s.leader.rss / 1e6 }),
		line("memory, follower", "MB", func(s scaleFindings) float64 { return s.follower.rss / 1e6 }),
		line("CPU at rest, leader", "% of a core", func(s scaleFindings) float64 { return s.leader.cpu * 100 }),
		line("CPU at rest, follower", "% of a core", func(s scaleFindings) float64 { return s.follower.cpu * 100 }),
		line("a replica starts", "s", func(s scaleFindings) float64 { return s.start.Seconds() }),
		line("the leader and one master killed: switched", "s", func(s scaleFindings) float64 { return s.leaderChange.Seconds() }),
		line("connections to the API cut: seen again", "s", func(s scaleFindings) float64 { return s.storm.Seconds() }),
	}
}
