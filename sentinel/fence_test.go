package sentinel

import (
	"testing"
	"time"
)

// TestOnlyWhatEndedFeedsNobody: a silent master had listed a replica whose pod is gone.
// It stands in the way unless its process is known to have ended.
func TestOnlyWhatEndedFeedsNobody(t *testing.T) {
	listed := Addr{Host: "10.0.0.2", Port: 6379}
	for link, want := range map[Link]int{LinkNew: 1, LinkSilent: 1, LinkGone: 0} {
		m := NewMachine("mymaster")
		m.now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		master := Pod{Name: "redis-0", UID: "a", Addr: Addr{Host: "10.0.0.1", Port: 6379}}
		replica := Pod{Name: "redis-1", UID: "b", Addr: listed}
		m.takePods([]Pod{master, replica})
		m.see(m.instances["a"], Snapshot{Attached: []Attached{{Addr: listed, Online: true, Acked: 1}}}, once(m.now))
		m.now = m.now.Add(time.Second)
		m.instances["b"].link = link
		replica.Addr = Addr{} // the kubelet gives it back before the pod goes
		m.takePods([]Pod{master, replica})
		m.takePods([]Pod{master})
		m.start("the master is silent")
		if feeds := m.mayFeed(Process{UID: "a"}, m.now.Add(time.Hour)); len(feeds) != want {
			t.Errorf("link %d: %q may feed it, want %d", link, feeds, want)
		}
	}
}

// TestMasterGoesWhileItsFenceIsChanged: its pod may go between any two steps.
func TestMasterGoesWhileItsFenceIsChanged(t *testing.T) {
	m := NewMachine("mymaster")
	m.rec.Master = Process{UID: "a", RunID: "a"}
	changed := false
	m.changeFence("the write fence was raised", func(*Machine) { changed = true })
	if m.op != nil || changed {
		t.Error("the fence of a master that is gone is being changed")
	}
}

// TestNewLeaderReadsTheFenceFirst: what a replica of the service heard of a master before it
// led may be from before its fence was raised. Who does well is left alone.
func TestNewLeaderReadsTheFenceFirst(t *testing.T) {
	for _, c := range []struct {
		what   string
		needs  bool // it asks for replicas when it is read
		orders int
	}{
		{"its fence is what the record says", true, 0},
		{"it has none", false, 1},
	} {
		s := newCutOff(t)
		given := 0
		take := func(o Observation) {
			s.now = s.now.Add(time.Second)
			for _, order := range s.m.Step(s.now, o) {
				if _, is := order.Action.(Inspect); is {
					given++
				}
			}
		}
		says := func(needs bool) InstanceSeen {
			attached := []Attached{{Addr: cutOffPods[1].Addr, Online: true}, {Addr: cutOffPods[2].Addr, Online: true}}
			return InstanceSeen{UID: "a", At: s.now.Add(time.Second), Snapshot: Snapshot{RunID: "a", Role: RoleMaster, NeedsReplicas: needs, Attached: attached}}
		}
		take(says(false))
		take(LeaderSeen{Leading: true, Term: 2})
		take(says(c.needs))
		if given != c.orders {
			t.Errorf("%s: %d times about to change it, want %d", c.what, given, c.orders)
		}
	}
}
