package sentinel

import (
	"testing"
	"time"
)

// TestSteadyButBehind: a pod that keeps dying is passed over for one that has nearly the
// same data, not for one that had lost its master long before, nor for one that has
// restarted since then with what lay on its disk.
func TestSteadyButBehind(t *testing.T) {
	for _, c := range []struct {
		listed   []Attached
		attached bool
		chosen   string
	}{
		{[]Attached{{Addr: Addr{Host: "10.0.0.2"}, Online: true}}, true, "steady"},
		{[]Attached{{Addr: Addr{Host: "10.0.0.2"}, Online: true}}, false, "dying"},
		{[]Attached{{Addr: Addr{Host: "10.0.0.2"}}}, true, "dying"},
		{[]Attached{{Addr: Addr{Host: "10.0.0.2"}, Online: true, Lag: 10 * time.Second}}, true, "dying"},
		{nil, true, "dying"},
	} {
		m := NewMachine("mymaster")
		m.now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		m.set.Config, m.masterReplicas = Defaults(), c.listed
		add := func(name, host string, offset int64, deaths ...time.Time) {
			m.instances[name] = &instance{
				pod: Pod{Name: name, UID: name, Addr: Addr{Host: host}}, link: LinkUp, deaths: deaths, attached: c.attached,
				snapshot: &Snapshot{RunID: name, ReplID: "a", Offset: offset, Priority: 100},
			}
		}
		add("dying", "10.0.0.1", 200, m.now, m.now, m.now)
		add("steady", "10.0.0.2", 100)
		_, chosen := m.choose(choice{lineage: []string{"a"}, followed: m.followed})
		if chosen == nil || chosen.pod.Name != c.chosen {
			t.Errorf("listed %v, attached %t: chosen %s, want %s", c.listed, c.attached, podOf(chosen), c.chosen)
		}
	}
}
