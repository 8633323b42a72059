package sentinel

import "testing"

// TestTheLeaderHurries: what is changing is read by the leader in quick succession, as
// it decides by it, and by the others as often as by a real Sentinel.
func TestTheLeaderHurries(t *testing.T) {
	w := newWorld(3, 2)
	for n := range 3 {
		w.pod(n)
	}
	if err := w.happen([]string{"leader", "0"}); err != nil {
		t.Fatal(err)
	}
	w.settle()
	cut := w.find("redis-1")
	if cut.pod.UID == w.record.Master.UID {
		cut = w.find("redis-2")
	}
	for n, m := range w.services {
		for _, target := range m.Targets() {
			if often := n == w.leader && target.Master; target.Hurry || target.Often != often {
				t.Errorf("at rest, replica %d: %s: hurry %t, often %t, want %t", n, target.Pod, target.Hurry, target.Often, often)
			}
		}
		detached := w.reading(cut)
		detached.LinkUp = false
		m.Step(w.now, InstanceSeen{UID: cut.pod.UID, At: w.now, Snapshot: detached})
		for _, target := range m.Targets() {
			leads := n == w.leader
			if target.UID == cut.pod.UID && (target.Hurry != leads || target.Often == leads) {
				t.Errorf("detached, replica %d (leads: %t): hurry %t, often %t", n, leads, target.Hurry, target.Often)
			}
		}
	}
}
