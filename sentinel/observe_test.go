package sentinel

import (
	"testing"
	"time"
)

// TestLateAnswerRaisesNobody: a process answers an order and ends. The answer comes after
// the news of its end, and must not keep the instance of a pod that is gone for ever: it
// would be counted among those that take a full resync.
func TestLateAnswerRaisesNobody(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	p := Pod{Name: "redis-1", UID: "b", Addr: Addr{Host: "10.0.0.2", Port: 6379}}
	was := Snapshot{RunID: "old", Role: RoleReplica}
	for _, c := range []struct {
		answers string
		kept    bool
	}{
		{"old", false},
		{"new", true}, // its successor in the same pod
	} {
		m := NewMachine("mymaster")
		step := func(o Observation) { now = now.Add(time.Millisecond); m.Step(now, o) }
		step(SetSeen{Set: Set{Master: "mymaster", Size: 2, Config: Defaults(), Pods: []Pod{p}}})
		step(InstanceSeen{UID: "b", At: now, Snapshot: was})
		id := m.send(Follow{Process: m.instances["b"].process()})
		m.instances["b"].order = id
		step(InstanceLost{UID: "b", Loss: LinkGone})
		answer := was
		answer.RunID = c.answers
		step(Done{ID: id, At: now, Snapshot: &answer})
		if up := m.instances["b"].up(); up != c.kept {
			t.Errorf("%s answers: up %t, want %t", c.answers, up, c.kept)
		}
		step(SetSeen{Set: Set{Master: "mymaster", Size: 2, Config: Defaults()}})
		if _, kept := m.instances["b"]; kept != c.kept {
			t.Errorf("%s answers, and the pod goes: kept %t, want %t", c.answers, kept, c.kept)
		}
	}
}

// TestReplacedStaysReplaced: a process answers an order and restarts. Its successor is seen
// before the answer comes, whose time is that of its arrival.
func TestReplacedStaysReplaced(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	m := NewMachine("mymaster")
	step := func(o Observation) { now = now.Add(time.Millisecond); m.Step(now, o) }
	p := Pod{Name: "redis-1", UID: "b", Addr: Addr{Host: "10.0.0.2", Port: 6379}}
	step(SetSeen{Set: Set{Master: "mymaster", Size: 2, Config: Defaults(), Pods: []Pod{p}}})
	before := Snapshot{RunID: "old", Role: RoleMaster}
	step(InstanceSeen{UID: "b", At: now, Snapshot: before})
	i := m.instances["b"]
	i.order = m.send(Follow{Process: i.process()})
	step(InstanceSeen{UID: "b", At: now, Snapshot: Snapshot{RunID: "new", Role: RoleReplica, MasterAddr: Nowhere}})
	step(Done{ID: i.order, At: now, Snapshot: &before})
	if i.process().RunID != "new" || len(i.deaths) != 1 {
		t.Errorf("%s answers after %d ends", i.process().RunID, len(i.deaths))
	}
	step(InstanceLost{UID: "b", Loss: LinkGone})
	step(InstanceSeen{UID: "b", At: now, Snapshot: before})
	if i.up() {
		t.Errorf("%s answers again", i.process().RunID)
	}
}
