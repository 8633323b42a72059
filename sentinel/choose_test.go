package sentinel

import (
	"testing"
	"time"
)

// TestSteadyButBehind: a pod that keeps dying is passed over for one that has nearly the
// same data, not for one that had lost its master long before.
func TestSteadyButBehind(t *testing.T) {
	for _, c := range []struct {
		listed []Attached
		chosen string
	}{
		{[]Attached{{Addr: Addr{Host: "10.0.0.2"}, Online: true}}, "steady"},
		{[]Attached{{Addr: Addr{Host: "10.0.0.2"}}}, "dying"},
		{[]Attached{{Addr: Addr{Host: "10.0.0.2"}, Online: true, Lag: 10 * time.Second}}, "dying"},
		{nil, "dying"},
	} {
		m := NewMachine("mymaster")
		m.now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		m.set.Config, m.masterReplicas = Defaults(), c.listed
		add := func(name, host string, offset int64, deaths ...time.Time) {
			m.instances[name] = &instance{
				pod: Pod{Name: name, UID: name, Addr: Addr{Host: host}}, link: LinkUp, deaths: deaths,
				snapshot: &Snapshot{RunID: name, ReplID: "a", Offset: offset, Priority: 100},
			}
		}
		add("dying", "10.0.0.1", 200, m.now, m.now, m.now)
		add("steady", "10.0.0.2", 100)
		_, chosen := m.choose(choice{lineage: []string{"a"}, followed: m.followed})
		if chosen == nil || chosen.pod.Name != c.chosen {
			t.Errorf("listed %v: chosen %s, want %s", c.listed, podOf(chosen), c.chosen)
		}
	}
}
