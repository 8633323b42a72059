package main

import (
	"fmt"
	"slices"
	"time"
)

// findings are the costs of all sizes.
type findings struct {
	form
	idle    cost
	stages  []scaleFindings
	lacking []row  // of what was not done in time
	limited string // why the greatest size is smaller than wanted
}

// scaleFindings are those of one size.
type scaleFindings struct {
	masters          int
	slow             bool     // more were wanted
	done             []string // the steps that came to their end
	leader, follower cost
	start, startCPU  time.Duration
	storm, stormCPU  time.Duration
	leaderChange     time.Duration
	mass             []mass
}

func (s scaleFindings) has(step string) bool { return slices.Contains(s.done, step) }

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
