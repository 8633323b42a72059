package sentinel

import (
	"testing"
	"time"
)

// TestStrangers: of those that a master lists, as many are members as told of a link to it
// and are not listed by their own addresses; the others count if they acknowledge.
func TestStrangers(t *testing.T) {
	const proxy = "127.0.0.6"
	read := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	addr := func(host string) Addr { return Addr{Host: host, Port: 6379} }
	online := func(host string) Attached { return Attached{Addr: addr(host), Online: true, Acked: 10} }
	linked := func(from, until time.Duration, open bool) stream {
		return stream{to: addr("10.0.0.1"), from: read.Add(from), until: read.Add(until), open: open}
	}
	all := linked(-time.Minute, time.Second, true)
	for _, c := range []struct {
		what    string
		listed  []Attached
		members [2]stream
		ended   []streams
		want    int
	}{
		{"both by their own addresses", []Attached{online("10.0.0.2"), online("10.0.0.3")}, [2]stream{all, all}, nil, 0},
		{"both by a proxy's", []Attached{online(proxy), online(proxy)}, [2]stream{all, all}, nil, 0},
		{"one of each", []Attached{online("10.0.0.2"), online(proxy)}, [2]stream{all, all}, nil, 0},
		{"one more by its own", []Attached{online("10.0.0.2"), online("10.0.0.3"), online("192.0.2.1")}, [2]stream{all, all}, nil, 1},
		{"one more by the proxy's", []Attached{online(proxy), online(proxy), online(proxy)}, [2]stream{all, all}, nil, 1},
		{"in place of one that has no link", []Attached{online(proxy), online(proxy)}, [2]stream{all, {}}, nil, 1},
		{"in place of one that follows another", []Attached{online(proxy)}, [2]stream{{to: addr("10.0.0.9"), from: read.Add(-time.Minute), open: true}}, nil, 1},
		{"in place of one whose link had ended before", []Attached{online(proxy)}, [2]stream{linked(-time.Minute, -time.Second, false)}, nil, 1},
		{"whose link has ended since", []Attached{online(proxy)}, [2]stream{linked(-time.Minute, time.Second, false)}, nil, 0},
		{"who was silent already", []Attached{online(proxy)}, [2]stream{linked(-time.Minute, -5*time.Second, true)}, nil, 0},
		{"who was read after its master", []Attached{online(proxy)}, [2]stream{linked(time.Second, time.Second, true)}, nil, 0},
		{"in place of one that came later", []Attached{online(proxy)}, [2]stream{linked(5*time.Second, 5*time.Second, true)}, nil, 1},
		{"who has ended since", []Attached{online(proxy)}, [2]stream{}, []streams{{linked(-time.Minute, time.Second, false)}}, 0},
		{"who had ended before", []Attached{online(proxy)}, [2]stream{}, []streams{{linked(-time.Minute, -time.Second, false)}}, 1},
		{"who had another link since, and has ended", []Attached{online(proxy)}, [2]stream{}, []streams{{all, linked(5*time.Second, 5*time.Second, false)}}, 0},
		{"that never acknowledged", []Attached{{Addr: addr(proxy), Online: true, Lag: time.Second}}, [2]stream{}, nil, 0},
		{"that does not acknowledge any more", []Attached{{Addr: addr(proxy), Online: true, Acked: 10, Lag: time.Minute}}, [2]stream{}, nil, 0},
		{"the second connection of a full sync", []Attached{{Addr: Addr{Host: "10.0.0.2"}}}, [2]stream{}, nil, 0},
	} {
		m := NewMachine("mymaster")
		m.now, m.set.Config = read.Add(10*time.Second), Defaults()
		for n, host := range []string{"10.0.0.1", "10.0.0.2", "10.0.0.3"} {
			m.instances[host] = &instance{pod: Pod{Name: host, UID: host, Addr: addr(host)}, link: LinkUp, begun: read, asOf: read, snapshot: &Snapshot{RunID: host}}
			if n > 0 {
				m.instances[host].streams = streams{c.members[n-1]}
			}
		}
		m.instances["10.0.0.1"].snapshot.Attached, m.streamsEnded = c.listed, c.ended
		if got := m.strangers(Process{UID: "10.0.0.1"}); len(got) != c.want {
			t.Errorf("%s: %q may feed it, want %d", c.what, got, c.want)
		}
	}
}

// TestStream: what a replica's readings tell of its link.
func TestStream(t *testing.T) {
	at := func(s int) time.Time { return time.Date(2026, 1, 2, 3, 4, s, 0, time.UTC) }
	a, b := Addr{Host: "10.0.0.1", Port: 6379}, Addr{Host: "10.0.0.2", Port: 6379}
	up := func(to Addr) Snapshot { return Snapshot{Role: RoleReplica, MasterAddr: to, LinkUp: true} }
	down := func(to Addr) Snapshot { return Snapshot{Role: RoleReplica, MasterAddr: to} }
	var s streams
	for n, step := range []struct {
		told  Snapshot
		first bool
		want  stream
	}{
		{down(a), true, stream{}},
		{up(a), false, stream{to: a, from: at(1), until: at(1), open: true}},
		{up(a), false, stream{to: a, from: at(1), until: at(2), open: true}},
		{down(Nowhere), false, stream{to: a, from: at(1), until: at(3)}},
		{down(a), false, stream{to: a, from: at(1), until: at(3)}},
		{up(b), false, stream{to: b, from: at(5), until: at(5), open: true}},
		{up(a), false, stream{to: a, from: at(6), until: at(6), open: true}},
		{up(a), true, stream{to: a, from: at(7), until: at(7), open: true}}, // another process
		{down(Nowhere), true, stream{to: a, from: at(7), until: at(8)}},
	} {
		if s.note(step.told, step.first, at(n)); s.last() != step.want {
			t.Errorf("reading %d: %+v, want %+v", n, s, step.want)
		}
	}
	for n := range 10 {
		s.note(up(a), true, at(10+n))
	}
	if oldest := s[0].from; len(s) != streamsMost || oldest != at(20-streamsMost) {
		t.Errorf("%d streams are kept, the oldest of %v", len(s), oldest)
	}
}

// TestListsForeign: where members are listed by a proxy's address, nobody sees in the list that
// one has ended, or came back. So the master is read once more after each such change: if it
// falls silent, all whom it listed have to be known.
func TestListsForeign(t *testing.T) {
	changed := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	addr := func(host string) Addr { return Addr{Host: host, Port: 6379} }
	for _, c := range []struct {
		what   string
		listed string
		read   time.Duration // after the change
		want   bool
	}{
		{"read before one came", "127.0.0.6", -time.Second, false},
		{"read since", "127.0.0.6", time.Millisecond, true},
		{"by its own address, which tells all", "10.0.0.2", -time.Second, true},
	} {
		m := NewMachine("mymaster")
		m.now, m.changedAt = changed.Add(time.Second), changed
		m.rec.Master = Process{UID: "10.0.0.1", RunID: "10.0.0.1", Addr: addr("10.0.0.1")}
		for _, host := range []string{"10.0.0.1", "10.0.0.2"} {
			m.instances[host] = &instance{
				pod: Pod{Name: host, UID: host, Addr: addr(host)}, link: LinkUp, asOf: changed,
				snapshot: &Snapshot{RunID: host, Role: RoleReplica, MasterAddr: addr("10.0.0.1"), LinkUp: true},
			}
		}
		master := m.master()
		master.begun, master.asOf = changed.Add(c.read), changed.Add(c.read)
		master.snapshot = &Snapshot{RunID: "10.0.0.1", Role: RoleMaster, Attached: []Attached{{Addr: addr(c.listed), Online: true, Acked: 10}}}
		if got := m.listsRightly(master); got != c.want {
			t.Errorf("%s: %t, want %t", c.what, got, c.want)
		}
	}
}

// TestEndedBehindAnOrder: a master lists a replica in its answer to an order, the replica ends and
// its pod goes, and then the answer arrives. Whom it lists is no stranger: nobody could
// promote anybody any more if that master froze now.
func TestEndedBehindAnOrder(t *testing.T) {
	for _, own := range []string{"10.0.0.2", "127.0.0.6"} {
		now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		m := NewMachine("mymaster")
		step := func(o Observation) { now = now.Add(10 * time.Millisecond); m.Step(now, o) }
		pods := []Pod{
			{Name: "redis-0", UID: "a", Addr: Addr{Host: "10.0.0.1", Port: 6379}},
			{Name: "redis-1", UID: "b", Addr: Addr{Host: "10.0.0.2", Port: 6379}},
		}
		set := Set{Master: "mymaster", Size: 2, Config: Defaults(), Pods: pods}
		master := Snapshot{RunID: "a", Role: RoleMaster, Attached: []Attached{{Addr: Addr{Host: own, Port: 6379}, Online: true, Acked: 10}}}
		step(SetSeen{Set: set})
		step(InstanceSeen{UID: "a", At: now, Snapshot: master})
		step(InstanceSeen{UID: "b", At: now, Snapshot: Snapshot{RunID: "b", Role: RoleReplica, MasterAddr: pods[0].Addr, LinkUp: true}})
		m.now = now
		id := m.send(Inspect{Process: m.instances["a"].process()})
		m.instances["a"].order = id
		set.Pods = pods[:1]
		step(InstanceLost{UID: "b", Loss: LinkGone})
		step(SetSeen{Set: set})
		now = now.Add(50 * time.Millisecond)
		step(Done{ID: id, At: now, Snapshot: &master})
		if strangers := m.strangers(m.instances["a"].process()); len(strangers) > 0 {
			t.Errorf("listed as %s: %q may feed it for ever", own, strangers)
		}
	}
}
