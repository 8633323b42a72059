package main

import "strconv"

// goal is one line of the table of aims: what a machine with 2 cores is to reach.
type goal struct {
	key  string // the rows that measure it have it
	what string
	aim  string
	size int    // it speaks of so many
	unit string // of these
}

// The keys of goals.
const (
	goalAddr      = "addr"
	goalAddr16    = "addr, P=16"
	goalMasters   = "masters"
	goalReplicas  = "replicas"
	goalCrash     = "crash"
	goalFanOut    = "fan-out"
	goalPerMaster = "memory per master"
	goalMemory    = "memory"
	goalIdle      = "idle"
	goalCPU       = "cpu"
	goalStart     = "start"
	goalLeader    = "leader"
)

// goals are the table's lines from the first to the last.
var goals = []goal{
	{goalAddr, "`get-master-addr-by-name`, 50 connections, P=1", "≥ 1.0x", 1, "master"},
	{goalAddr16, "`get-master-addr-by-name`, 50 connections, P=16", "≥ 1.0x", 1, "master"},
	{goalMasters, "`MASTERS` with 100 masters", "≥ 3x", 100, "master"},
	{goalReplicas, "`REPLICAS`", "≥ 3x", 1, "master"},
	{goalCrash, "1000 masters crash at once (modelled): the last `+switch-master`, and queries meanwhile", "< 3 s, p99 < 20 ms", 1000, "master"},
	{goalFanOut, "`+switch-master` to 10 000 subscribers, 1 % of them not reading", "last < 200 ms; lazy ones cut, others unharmed", 10_000, "subscriber"},
	{goalPerMaster, "memory per master with two replicas", "≤ 40 kB", 10_000, "master"},
	{goalMemory, "memory with 10 000 masters", "< 1 GB", 10_000, "master"},
	{goalIdle, "memory, idle", "< 40 MB", 1, "master"},
	{goalCPU, "CPU at rest with 1000 masters x 3 servers", "< 10 % of a core", 1000, "master"},
	{goalStart, "a service replica starts with 10 000 masters, until its first answer", "< 15 s", 10_000, "master"},
	{goalLeader, "leader killed with 10 000 masters, and one of them with it, until that one is switched", "< 8 s (lease + 2 s)", 10_000, "master"},
}

// reached is the row of a goal: the last that has figures, which is the largest, or
// what one that has none tells. A larger one that has none is told in the note.
func (g goal) reached(rows []row) (best row, found bool) {
	for _, r := range rows {
		if r.Goal != g.key || r.Size > g.size {
			continue
		}
		switch {
		case len(r.Figures) > 0 || !found:
			best, found = r, true
		case len(best.Figures) > 0:
			best.Note = sentences(best.Note, "with "+count(r.Size, g.unit)+": "+r.Measured)
		}
	}
	return best, found
}

// title says, too, when it was measured with fewer than the goal speaks of.
func (g goal) title(r row) string {
	if r.Size == 0 || r.Size >= g.size {
		return g.what
	}
	return g.what + "; **measured with " + count(r.Size, g.unit) + "**"
}

func sentences(some, more string) string {
	if some == "" {
		return more
	}
	return some + "; " + more
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return thousands(n) + " " + what + "s"
}

// thousands has a blank where readers need one.
func thousands(n int) string {
	text := strconv.Itoa(n)
	if n < 10_000 {
		return text
	}
	return text[:len(text)-3] + " " + text[len(text)-3:]
}
