package main

// curves are the costs over the number of masters, as far as they were measured.
func (f *findings) curves() (curves []curve) {
	line := func(name, unit, step string, y func(scaleFindings) float64) {
		c := curve{Name: name, Unit: unit}
		for _, s := range f.stages {
			if s.has(step) {
				c.X, c.Y = append(c.X, float64(s.masters)), append(c.Y, y(s))
			}
		}
		if len(c.X) > 0 {
			curves = append(curves, c)
		}
	}
	line("memory, leader", "MB", atRest, func(s scaleFindings) float64 { return s.leader.rss / 1e6 })
	line("memory, follower", "MB", atRest, func(s scaleFindings) float64 { return s.follower.rss / 1e6 })
	line("CPU at rest, leader", "% of a core", atRest, func(s scaleFindings) float64 { return s.leader.cpu * 100 })
	line("CPU at rest, follower", "% of a core", atRest, func(s scaleFindings) float64 { return s.follower.cpu * 100 })
	line("a replica starts", "s", oneMore, func(s scaleFindings) float64 { return s.start.Seconds() })
	line("the leader and one master killed: switched", "s", leaderChange, func(s scaleFindings) float64 { return s.leaderChange.Seconds() })
	line("connections to the API cut: seen again", "s", watchesCut, func(s scaleFindings) float64 { return s.storm.Seconds() })
	crash := curve{Name: "all crash at once: the last switched", Unit: "s"}
	for _, s := range f.stages {
		for _, m := range s.mass {
			if m.masters == s.masters && m.told == m.masters {
				crash.X, crash.Y = append(crash.X, float64(m.masters)), append(crash.Y, m.last.Seconds())
			}
		}
	}
	if len(crash.X) > 0 {
		curves = append(curves, crash)
	}
	return curves
}
