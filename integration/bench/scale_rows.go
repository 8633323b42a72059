package main

import "fmt"

// unfinished tells, in the rows that a step is for, why they have no figure.
func (f *findings) unfinished(step string, masters int, err error) {
	goals := map[string][]string{
		atRest: {goalPerMaster, goalMemory, goalCPU}, oneMore: {goalStart}, leaderChange: {goalLeader}, massCrash: {goalCrash},
	}
	what := step + ", " + of(masters)
	if len(goals[step]) == 0 {
		f.lacking = append(f.lacking, without(what, "", masters, err))
	}
	for _, goal := range goals[step] {
		f.lacking = append(f.lacking, without(what, goal, masters, err))
	}
}

// rows are all figures, and what has none.
func (f *findings) rows() []row {
	var rows []row
	if f.idle.rss > 0 {
		rows = append(rows, row{
			What: "memory at rest, no masters", Measured: megabytes(f.idle.rss), Figures: map[string]spread{"RSS bytes": single(f.idle.rss)},
		})
	}
	for _, s := range f.stages {
		for _, part := range []struct {
			step string
			rows func(scaleFindings) []row
		}{{atRest, f.restRows}, {oneMore, f.startRows}, {watchesCut, f.stormRows}, {leaderChange, f.changeRows}} {
			if s.has(part.step) {
				rows = append(rows, part.rows(s)...)
			}
		}
		for _, m := range s.mass {
			rows = append(rows, m.row(s))
		}
	}
	if n := len(f.stages); n > 0 && len(f.lacking) == 0 {
		note := f.why(f.stages[n-1])
		for i := range rows {
			if rows[i].Size == f.stages[n-1].masters {
				rows[i].Note = note
			}
		}
	}
	return append(rows, f.lacking...)
}

// why there is no larger fleet than that.
func (f *findings) why(last scaleFindings) string {
	switch {
	case last.masters >= goals[len(goals)-1].size:
		return ""
	case last.slow:
		return fmt.Sprintf("this computer started no more than %d masters within %s", last.masters, f.growFor)
	case f.limited != "":
		return f.limited
	}
	return fmt.Sprintf("the %s form goes no further, the full form does: make bench BENCHFLAGS=--full", f.name)
}

func (f *findings) restRows(s scaleFindings) []row {
	at, leader, follower := of(s.masters), f.perMaster(s, s.leader), f.perMaster(s, s.follower)
	return []row{
		{
			What: "memory at rest, " + at, Goal: goalMemory, Size: s.masters,
			Measured: fmt.Sprintf("leader %s, follower %s", megabytes(s.leader.rss), megabytes(s.follower.rss)),
			Figures:  map[string]spread{"leader RSS bytes": single(s.leader.rss), "follower RSS bytes": single(s.follower.rss)},
		},
		{
			What: "memory per master, " + at, Goal: goalPerMaster, Size: s.masters,
			Measured: fmt.Sprintf("leader %.0f kB, follower %.0f kB; per watched pod %.1f and %.1f kB", leader/1e3, follower/1e3, leader/serversEach/1e3, follower/serversEach/1e3),
			Figures:  map[string]spread{"leader bytes/master": single(leader), "follower bytes/master": single(follower)},
		},
		{
			What: "CPU at rest, " + at, Goal: goalCPU, Size: s.masters,
			Measured: fmt.Sprintf("leader %.1f %%, follower %.1f %%", s.leader.cpu*100, s.follower.cpu*100),
			Figures:  map[string]spread{"leader % of a core": single(s.leader.cpu * 100), "follower % of a core": single(s.follower.cpu * 100)},
		},
	}
}

func (f *findings) startRows(s scaleFindings) []row {
	return []row{{
		What: "a service replica starts until its first answer, " + of(s.masters), Goal: goalStart, Size: s.masters,
		Measured: fmt.Sprintf("%s (%s of CPU)", seconds(s.start), seconds(s.startCPU)),
		Figures:  map[string]spread{"s": single(s.start.Seconds()), "CPU s": single(s.startCPU.Seconds())},
	}}
}

func (f *findings) stormRows(s scaleFindings) []row {
	return []row{{
		What: "all connections to the API server cut, until a change is seen again, " + of(s.masters), Size: s.masters,
		Measured: fmt.Sprintf("%s (%s of CPU a replica)", seconds(s.storm), seconds(s.stormCPU)),
		Figures:  map[string]spread{"s": single(s.storm.Seconds()), "CPU s": single(s.stormCPU.Seconds())},
	}}
}

func (f *findings) changeRows(s scaleFindings) []row {
	return []row{{
		What: "the leader and one master are killed at once, until that one is switched, " + of(s.masters), Goal: goalLeader, Size: s.masters,
		Measured: seconds(s.leaderChange), Figures: map[string]spread{"s": single(s.leaderChange.Seconds())},
	}}
}

func (m mass) row(s scaleFindings) row {
	meanwhile := fmt.Sprintf("; queries meanwhile p50 %s, p99 %s, %d of %d failed; %s",
		milliseconds(m.asked.at(0.5)), milliseconds(m.asked.at(0.99)), m.asked.failed, len(m.asked.took), m.spent)
	r := row{
		What: fmt.Sprintf("%d of %s crash at once: last +switch-master", m.masters, of(s.masters)), Goal: goalCrash, Size: m.masters,
		Figures: map[string]spread{
			"switched": single(float64(m.switched)), "query p50 ms": single(m.asked.at(0.5).Seconds() * 1e3),
			"query p99 ms": single(m.asked.at(0.99).Seconds() * 1e3), "failed queries": single(float64(m.asked.failed)),
			"leader CPU s": single(m.spent.leader.Seconds()), "follower CPU s": single(m.spent.follower.Seconds()),
			"other CPU s": single(m.spent.rest.Seconds()),
		},
	}
	if m.told < m.masters {
		r.Measured = m.String() + meanwhile
		return r
	}
	r.Measured = "last " + seconds(m.last) + ", median " + seconds(m.median) + meanwhile
	r.Figures["last +switch-master s"], r.Figures["median +switch-master s"] = single(m.last.Seconds()), single(m.median.Seconds())
	return r
}
