package sentinel

import (
	"testing"
	"time"
)

// silentMaster is a set whose master lives on a silent node, and whose replica on redis-1
// has a ready pod; it is led, and well besides.
func silentMaster(t *testing.T) (m *Machine, pods []Pod, step func(time.Duration, Observation) []Order) {
	t.Helper()
	m = NewMachine("mymaster")
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	step = func(after time.Duration, o Observation) []Order {
		now = now.Add(after)
		return m.Step(now, o)
	}
	pods = []Pod{
		{Name: "redis-0", UID: "a", Addr: Addr{Host: "10.0.0.1", Port: 6379}, Ready: true, Role: RoleMaster},
		{Name: "redis-1", UID: "b", Addr: Addr{Host: "10.0.0.2", Port: 6379}, Ready: true, Role: RoleReplica, Ordinal: 1},
	}
	record := Record{
		Seq: 1, Epoch: 1, Phase: Stable, Stored: Stored{Version: "1"}, Fence: 1, Lineage: Lineage{ReplID: "id"},
		Master: Process{Pod: "redis-0", UID: "a", RunID: "run-a", Addr: pods[0].Addr},
	}
	step(0, SetSeen{Set: Set{Master: "mymaster", Owner: "redis", Size: 2, Config: Defaults(), Pods: pods}})
	step(0, RecordSeen{Record: record})
	at := now.Add(time.Millisecond)
	step(time.Millisecond, InstanceSeen{UID: "a", At: at, Snapshot: Snapshot{
		RunID: "run-a", Role: RoleMaster, ReplID: "id", Offset: 9, NeedsReplicas: true, Priority: 100,
		Attached: []Attached{{Addr: pods[1].Addr, Online: true}},
	}})
	step(0, InstanceSeen{UID: "b", At: at, Snapshot: Snapshot{
		RunID: "run-b", Role: RoleReplica, ReplID: "id", Offset: 9, Priority: 100, MasterAddr: pods[0].Addr, LinkUp: true,
	}})
	silent := append([]Pod{}, pods...)
	silent[0].Ready, silent[0].NodeSilent = false, true
	step(0, SetSeen{Set: Set{Master: "mymaster", Owner: "redis", Size: 2, Config: Defaults(), Pods: silent}})
	step(0, LeaderSeen{Leading: true, Term: 1})
	m.fenceTerm = 1
	m.op = nil // what a new leader tells a fence is not the subject
	return m, silent, step
}

// answered is what follows an answer to an order that comes before a switchover is begun, the live
// reading with these pods.
func answered(m *Machine, o Order, pods []Pod, step func(time.Duration, Observation) []Order) []Order {
	switch a := o.Action.(type) {
	case Commit:
		if a.Record.Phase == Stable { // of the term, with which a switchover begins
			record := a.Record
			return step(0, Done{ID: o.ID, Record: &record})
		}
	case ReadBack:
		record := m.rec
		return step(time.Millisecond, Done{ID: o.ID, Record: &record, Pods: pods})
	case Inspect:
		snapshot := *m.instances[a.Process.UID].snapshot
		return step(0, Done{ID: o.ID, At: m.now, Conn: 1, Snapshot: &snapshot})
	}
	return nil
}

// begun answers them all, and returns what followed.
func begun(t *testing.T, m *Machine, orders []Order, pods []Pod, step func(time.Duration, Observation) []Order) (last []Order) {
	t.Helper()
	const most = 3
	reads := 0
	for len(orders) > 0 {
		if _, is := orders[0].Action.(ReadBack); is {
			reads++
		}
		if reads > most {
			t.Fatalf("more than %d live readings within %d ms", most, most)
		}
		more := answered(m, orders[0], pods, step)
		orders, last = append(orders[1:], more...), append(last, more...)
	}
	if reads == 0 {
		t.Fatal("no live reading")
	}
	return last
}

// TestSilentNodeHeardAgain: the live list has the master's pod ready again, and the watch
// does not know yet. The master stays, and nobody is asked over and over.
func TestSilentNodeHeardAgain(t *testing.T) {
	m, pods, step := silentMaster(t)
	orders := step(silentFor, Tick{})
	live := append([]Pod{}, pods...)
	live[0].Ready, live[0].NodeSilent = true, false
	for _, o := range begun(t, m, orders, live, step) {
		if c, is := o.Action.(Commit); is && c.Record.Phase == Switching {
			t.Errorf("it hands over to %s", c.Record.Target.Pod)
		}
	}
	for range 5 {
		if again := step(retryEvery/10, Tick{}); len(again) > 0 {
			t.Fatalf("%d orders at once", len(again))
		}
	}
}

// TestSilentNode: it hands over within 5 s of being told, and wakes for that by itself.
func TestSilentNode(t *testing.T) {
	m, pods, step := silentMaster(t)
	told := m.now
	orders := []Order{}
	for len(orders) == 0 && m.now.Sub(told) < 5*time.Second {
		wake := m.Wake()
		if wake.IsZero() {
			t.Fatal("it sleeps for ever")
		}
		orders = step(wake.Sub(m.now), Tick{})
	}
	for _, o := range begun(t, m, orders, pods, step) {
		if c, is := o.Action.(Commit); is && c.Record.Phase == Switching {
			return
		}
	}
	t.Error("it stays")
}

// TestMasterInLiveList: the watch is behind, and lacks the master's new pod, which a live list
// had. The pod is not about to go: the master stays, and nobody is asked over and over.
func TestMasterInLiveList(t *testing.T) {
	m, pods, step := silentMaster(t)
	pods[0].Ready, pods[0].NodeSilent = true, false
	orders := step(0, SetSeen{Set: Set{Master: "mymaster", Owner: "redis", Size: 2, Config: Defaults(), Pods: pods[1:]}})
	for _, o := range begun(t, m, orders, pods, step) {
		if c, is := o.Action.(Commit); is && c.Record.Phase == Switching {
			t.Errorf("it hands over to %s", c.Record.Target.Pod)
		}
	}
	for range 5 {
		if again := step(retryEvery/10, Tick{}); len(again) > 0 {
			t.Fatalf("%d orders at once", len(again))
		}
	}
}

// TestDisruptionTakenBack: an eviction came to nothing, which a live list has and the watch has
// not. The master stays, and the list is not asked for at the speed of the API server.
func TestDisruptionTakenBack(t *testing.T) {
	m, pods, step := silentMaster(t)
	pods[0].Ready, pods[0].NodeSilent = true, false
	live := append([]Pod{}, pods...)
	watched := append([]Pod{}, pods...)
	watched[0].Disrupted = true // as the watch has it still
	orders := step(0, SetSeen{Set: Set{Master: "mymaster", Owner: "redis", Size: 2, Config: Defaults(), Pods: watched}})
	for _, o := range begun(t, m, orders, live, step) {
		if c, is := o.Action.(Commit); is && c.Record.Phase == Switching {
			t.Errorf("it hands over to %s", c.Record.Target.Pod)
		}
	}
}
