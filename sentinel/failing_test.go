package sentinel

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestHears: what a replica tells is the difference of two readings of a clock in whole
// seconds, so the time without a word may be almost a second less. A healthy idle link
// is silent for a bit more than a second, and tells 2 for a moment.
func TestHears(t *testing.T) {
	for _, c := range []struct {
		what      string
		downAfter time.Duration
		told      []int // seconds since the last word, a reading every 100 ms
		hears     bool
	}{
		{"nothing is amiss", 2 * time.Second, []int{0, 1, 1, 0, 0}, true},
		{"a ping was late", 2 * time.Second, []int{1, 2, 2, 0, 1}, true},
		{"a ping was late just now", 2 * time.Second, []int{1, 1, 2, 2, 2}, true},
		{"late, and late again", 2 * time.Second, []int{2, 2, 1, 2, 2}, true},
		{"nothing comes", 2 * time.Second, []int{1, 2, 2, 2, 2}, false},
		{"less than two pings", time.Millisecond, []int{1, 1, 1, 1, 1, 1}, true},
		{"two pings", time.Millisecond, []int{2, 2, 2, 2}, false},
		{"not down-after yet", 30 * time.Second, []int{29, 29, 29, 29, 29}, true},
		{"down-after", 30 * time.Second, []int{29, 30, 30, 30, 30}, false},
	} {
		m := NewMachine("mymaster")
		m.now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		m.set.Config.DownAfter = c.downAfter
		m.rec.Master.Addr = Addr{Host: "10.0.0.1", Port: 6379}
		r := &instance{}
		s := Snapshot{Role: RoleReplica, RunID: "a", MasterAddr: m.rec.Master.Addr, LinkUp: true}
		for _, seconds := range c.told {
			m.now = m.now.Add(100 * time.Millisecond)
			s.LastIO = time.Duration(seconds) * time.Second
			m.see(r, s, once(m.now))
		}
		if got := m.hears(r); got != c.hears {
			t.Errorf("%s: hears %t, want %t", c.what, got, c.hears)
		}
		s.LinkUp = false
		if m.see(r, s, once(m.now)); m.hears(r) {
			t.Errorf("%s: hears though its link is down", c.what)
		}
	}
}

// TestAnsweredMeanwhile: the probe finds the master silent for down-after, and an order was
// answered within that: the probe's attempt to connect began before anybody listened there.
func TestAnsweredMeanwhile(t *testing.T) {
	m := NewMachine("mymaster")
	m.now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	m.set = Set{Size: 2, Config: Defaults()}
	m.set.Config.DownAfter = 2 * time.Second
	m.takePods([]Pod{
		{Name: "redis-0", UID: "a", Addr: Addr{Host: "10.0.0.1", Port: 6379}},
		{Name: "redis-1", UID: "b", Ordinal: 1, Addr: Addr{Host: "10.0.0.2", Port: 6379}},
	})
	m.rec.Master = Process{Pod: "redis-0", UID: "a", RunID: "ra", Addr: Addr{Host: "10.0.0.1", Port: 6379}}
	m.leading = true
	m.see(m.instances["a"], Snapshot{Role: RoleMaster, RunID: "ra"}, once(m.now))
	answered := m.now
	m.now = m.now.Add(100 * time.Millisecond)
	InstanceLost{UID: "a", Loss: LinkSilent}.observe(m)
	free := Snapshot{Role: RoleReplica, RunID: "rb", MasterAddr: m.rec.Master.Addr}
	m.see(m.instances["b"], free, once(m.now))
	if m.masterSilent() {
		t.Error("silent 100 ms after an order was answered")
	}
	if want := answered.Add(m.config().DownAfter); m.Wake().After(want) {
		t.Errorf("looked at again at %s, want by %s", m.Wake(), want)
	}
	m.now = answered.Add(m.config().DownAfter)
	m.see(m.instances["b"], free, once(m.now))
	if !m.masterSilent() {
		t.Error("not silent down-after later")
	}
}

// TestRefusesToStandStill: the target of a handover does not stand still when it is told to,
// while the master's process ends. It is asked anew a few times a second, and not with each
// round trip, for as long as that lasts. Where it says that it is a replica the next best is
// promoted; where it says nothing it may be a master, and nobody is.
func TestRefusesToStandStill(t *testing.T) {
	for _, c := range []struct {
		refuses string
		phase   Phase
		master  string
	}{
		{"freeze", Stable, "redis-2"},
		{"freeze info", Switching, "redis-0"},
	} {
		w := newWorld(3, 2)
		began := w.now
		for _, line := range []string{
			"boot 0 1 2", "leader 0", "write", "hold demote", "request-failover",
			"refuse redis-1 " + c.refuses, "kill redis-0", "leader 1",
		} {
			if err := w.happen(strings.Fields(line)); err != nil {
				t.Fatal(line, err)
			}
		}
		took, asked := w.now.Sub(began), strings.Count(w.out.String(), "freeze redis-1\n")
		if w.record.Phase != c.phase || w.record.Master.Pod != c.master || asked < 8 {
			t.Errorf("refuses %s: phase %s, master %s, asked %d times; want %s and %s",
				c.refuses, w.record.Phase, w.record.Master.Pod, asked, c.phase, c.master)
		}
		if most := int(10 * took.Seconds()); asked > most {
			t.Errorf("refuses %s: asked %d times in %s, want %d at most", c.refuses, asked, took, most)
		}
	}
}

// TestReadsSeldom: where nobody can be promoted for long, the record and the pods are read about
// once a second, and not with each answer of one that refuses.
func TestReadsSeldom(t *testing.T) {
	for what, story := range map[string][]string{
		"a master that answers cannot be read half-way": {
			"boot 0 1 2", "leader 0", "write", "freeze redis-2", "pass 20s",
			"hold demote", "request-failover", "refuse redis-0 info freeze", "leader 1",
		},
		"the only one with the data loads for long": {
			"boot 0 1 2", "leader 0", "write", "loading redis-1 yes", "freeze redis-2", "pass 20s", "kill redis-0", "vanish redis-2",
		},
		"one of those that are empty cannot be read": {
			"boot 0 1 2", "on-total-loss manual", "leader 0", "write", "api away", "kill redis-0", "kill redis-1", "kill redis-2",
			"restart redis-0", "restart redis-1", "restart redis-2", "refuse redis-1 info freeze", "api back",
		},
	} {
		w := newWorld(3, 2)
		for _, line := range append(story, "pass 1m") {
			if err := w.happen(strings.Fields(line)); err != nil {
				t.Fatal(line, err)
			}
		}
		w.reads = 0
		w.pass(5 * time.Minute)
		if most := 5 * 60; w.reads == 0 || w.reads > most {
			t.Errorf("%s: %d reads in 5 minutes, want %d at most, and some\n%s", what, w.reads, most, w.out.String())
		}
	}
}

// TestAsksTwice: who did not answer for as long as that is waited for is asked once more before
// others are compared without him, since it may be the API server that took so long.
func TestAsksTwice(t *testing.T) {
	m := NewMachine("mymaster")
	m.now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	m.instances["a"] = &instance{pod: Pod{UID: "a"}, link: LinkUp, snapshot: &Snapshot{RunID: "run"}}
	m.start("the master's process is gone")
	for asked, misses := range []bool{true, true, false} { // never, once, twice
		m.op.asked["run"] = asked
		m.op.gathered = m.now.Add(-time.Hour)
		if got := m.missesAnswer(); got != misses {
			t.Errorf("asked %d times: waited for is %t, want %t", asked, got, misses)
		}
	}
	m.noteWaitedOut()
	m.start("the same loss")
	m.op.gathered = m.now
	if m.missesAnswer() {
		t.Error("it is waited for anew in the next operation of the same loss")
	}
}

// TestObserveDemotesNobody: a master in the middle of a failover may have been made by others.
func TestObserveDemotesNobody(t *testing.T) {
	for mode, masters := range map[Mode]bool{Manage: true, Observe: false} {
		m := NewMachine("mymaster")
		m.set.Config.Mode = mode
		m.start("the master is silent")
		m.op.sure = true
		i := &instance{pod: Pod{UID: "a"}, link: LinkUp, snapshot: &Snapshot{RunID: "run", Role: RoleReplica}}
		if got := freeze(m, i).(Freeze).Masters; got != masters {
			t.Errorf("mode %s: masters are frozen is %t, want %t", mode, got, masters)
		}
	}
}

// TestStrayMasterIsNotAdopted: without a record one that is master and has no replicas is none
// for those who hear of another one that this service does not reach.
func TestStrayMasterIsNotAdopted(t *testing.T) {
	w := newWorld(3, 2)
	for _, line := range []string{
		"boot 0 1 2", "master-outside redis-0", "replica-outside redis-1 redis-0", "master-outside redis-2",
		"hide redis-0", "leader 0", "pass 30s",
	} {
		if err := w.happen(strings.Fields(line)); err != nil {
			t.Fatal(line, err)
		}
	}
	if w.record.Exists() {
		t.Fatalf("%s is adopted as master", w.record.Master.Pod)
	}
	if err := w.happen([]string{"unhide", "redis-0"}); err != nil {
		t.Fatal(err)
	}
	if w.record.Master.Pod != "redis-0" {
		t.Errorf("master %q, want redis-0, which has a replica", w.record.Master.Pod)
	}
}

// TestLateAnswerIsNoLife: a probe tells a silence once, so that an order which is answered late
// does not take it back: the next silence, which may be for good, would not be told.
func TestLateAnswerIsNoLife(t *testing.T) {
	m := NewMachine("mymaster")
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	pod := Pod{Name: "redis-0", UID: "a", Addr: Addr{Host: "10.0.0.1", Port: 6379}}
	reading := Snapshot{RunID: "run", Role: RoleReplica}
	m.Step(now, SetSeen{Set: Set{Master: "mymaster", Config: Defaults(), Pods: []Pod{pod}}})
	m.Step(now, InstanceSeen{UID: "a", At: now, Snapshot: reading})
	i := m.instances["a"]
	i.order = m.send(Inspect{Process: i.process()})
	m.Step(now.Add(3*time.Second), InstanceLost{UID: "a", Loss: LinkSilent})
	m.Step(now.Add(4*time.Second), Done{ID: i.order, At: now.Add(4 * time.Second), Snapshot: &reading})
	if i.link != LinkSilent {
		t.Errorf("the link is %d, want it silent until the probe hears of it", i.link)
	}
	m.Step(now.Add(5*time.Second), InstanceSeen{UID: "a", At: now.Add(5 * time.Second), Snapshot: reading})
	if i.link != LinkUp {
		t.Errorf("the link is %d, want it up", i.link)
	}
}

// TestUnknownLagIsToldFirst: what min-replicas-max-lag a master has is not known of a record that an
// older version has written, whatever it kept there. Redis is told before the record claims it.
func TestUnknownLagIsToldFirst(t *testing.T) {
	w := newWorld(3, 2)
	for _, line := range []string{"boot 0 1 2", "leader 0", "write"} {
		if err := w.happen(strings.Fields(line)); err != nil {
			t.Fatal(line, err)
		}
	}
	w.record.Format = formatOfLags - 1
	w.record.Seq++
	w.record.Version = fmt.Sprint(w.record.Seq)
	w.out.Reset()
	w.settle()
	told, written := strings.Index(w.out.String(), "fence redis-0 1"), strings.Index(w.out.String(), "min-replicas-max-lag was changed")
	if told < 0 || written < told {
		t.Errorf("want Redis told, and then the record written:\n%s", w.out.String())
	}
}
