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
