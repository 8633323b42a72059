package sentinel

import (
	"slices"
	"time"
)

// server is a modelled Redis process.
type server struct {
	s     *sim
	pod   *simPod
	runID string
	addr  Addr
	place place

	up      bool
	bornAt  time.Duration
	endedAt time.Duration // once it is not
	frozen  bool
	frozeAt time.Duration
	loading bool // what lay on its disk
	// inbox is what lies in the sockets of a frozen process, in the order of arrival.
	inbox []func()
	// waking: the first turn of its event loop after it was frozen; what it answers
	// leaves at the end of that turn, to those who were not cut in it.
	waking bool
	outbox []func()
	woken  bool // and its cron has not run since

	role            Role
	master          Addr
	replid, replid2 string
	second          int64 // second_repl_offset, as the last offset under replid2
	backlog         bool
	base            int64   // offset at which stream begins
	stream          []int32 // ids of writes, 0 for a PING
	data            []int32 // ids of the writes it holds
	syncing         bool

	link     *replication // to its master
	linked   bool         // one was established since it started, or was master
	joined   bool         // one was established since it started
	old      bool         // what it has is from a disk alone
	dialing  bool
	attempt  int
	replicas []*replication

	fence     int
	maxLag    time.Duration
	good      int // as counted last: min-replicas-to-write is judged by it
	pauseEnd  time.Duration
	postponed []func()
	conns     []*conn
	unfenced  bool // by an order of ours
	// refuses are commands that it refuses; briefly: for less than anybody is waited for.
	refuses map[string]bool
	briefly bool
	// phantoms are listed as replicas since then, as redis-cli --replica is.
	phantoms []time.Duration
	forGood  bool // frozen until the end
	// cutShort: its grace period ended while the leader could not reach the API server, so
	// that nobody could have switched over. It ends as in a crash.
	cutShort bool
	// noFIN, noPill: while it was frozen, a way to a member was cut, on which the end of a
	// replica's link would have come, and one to a replica of the service, on which the
	// pill would have, or the leader had no connection for one: it began to lead after the
	// freeze. heardAtWake is when it last found acknowledgements of replicas in its
	// sockets; another freeze does not end what they are worth.
	noFIN, noPill bool
	heardAtWake   time.Duration
}

// boot starts a process in a pod: fenced, unless that fence is left out.
func (s *sim) boot(p *simPod) {
	r := &server{
		s: s, pod: p, runID: s.name("run"), addr: p.Addr, place: p.place, up: true,
		role: RoleReplica, master: Nowhere, replid: s.name("id"), maxLag: 10 * time.Second, bornAt: s.now,
	}
	if s.mutant == "boot fence" && s.healthyOnce {
		r.role, r.master = RoleMaster, Addr{}
	}
	p.server = r
	s.servers = append(s.servers, r)
	s.tell("%s boots as %s (%s)", p.Name, r.runID, r.role)
	r.readDisk()
	s.after(s.between(0, time.Second), r.cron)
}

func (r *server) offset() int64 { return r.base + int64(len(r.stream)) }

// receive is a command that arrives on a connection.
func (r *server) receive(c *conn, do func(answer func(any)), reply func(any)) {
	if !r.up || c.closed {
		return
	}
	if r.frozen {
		r.inbox = append(r.inbox, func() { r.receive(c, do, reply) })
		return
	}
	do(func(value any) { r.reply(c, value, reply) })
}

func (r *server) reply(c *conn, value any, reply func(any)) {
	if r.waking {
		r.outbox = append(r.outbox, func() { r.send(c, value, reply) })
		return
	}
	r.send(c, value, reply)
}

// send lets an answer leave; a write counts as acknowledged by the process from here.
func (r *server) send(c *conn, value any, reply func(any)) {
	if c.closed {
		return
	}
	if w, ok := value.(accepted); ok {
		r.s.checkAccepted(r, w)
	}
	c.answer(value, reply)
}

// turn carries out what arrives otherwise than by a client's connection.
func (r *server) turn(do func()) {
	switch {
	case !r.up:
	case r.frozen:
		r.inbox = append(r.inbox, func() { r.turn(do) })
	default:
		do()
	}
}

func (r *server) forget(c *conn) {
	r.turn(func() {
		c.closed = true
		r.conns = slices.DeleteFunc(r.conns, func(d *conn) bool { return d == c })
	})
}

// freeze is SIGSTOP.
func (r *server) freeze() {
	r.frozen, r.frozeAt, r.noFIN, r.noPill = true, r.s.now, false, false
	for from, cut := range r.s.cut[r.place] {
		if cut {
			r.missWhileFrozen(place(from))
		}
	}
	r.s.tell("%s is frozen", r.pod.Name)
}

// missWhileFrozen: the way from there is cut, and if it is frozen, what would have come
// from there is not in its sockets when it wakes.
func (r *server) missWhileFrozen(from place) {
	r.noFIN = r.noFIN || r.frozen && from < firstService
	r.noPill = r.noPill || r.frozen && from >= firstService && from < apiServer
}

// wake is SIGCONT: one turn of the event loop takes in all that came meanwhile.
func (r *server) wake() {
	if !r.frozen || !r.up {
		return
	}
	r.frozen, r.waking, r.woken = false, true, true
	r.s.tell("%s wakes with %d things in its sockets", r.pod.Name, len(r.inbox))
	inbox := r.inbox
	r.inbox = nil
	for _, do := range inbox {
		do()
	}
	outbox := r.outbox
	r.outbox = nil
	for _, do := range outbox {
		do()
	}
	r.waking = false
	if r.pauseEnd <= r.s.now {
		r.resume()
	}
}

// die is SIGKILL. The kernel closes the connections some milliseconds later.
func (r *server) die() {
	if !r.up {
		return
	}
	r.s.tell("%s dies (%s)", r.pod.Name, r.runID)
	r.up, r.frozen, r.endedAt = false, false, r.s.now
	r.inbox = nil
	r.s.noteEnd()
	fin := r.s.rarely(0.1, 12*time.Millisecond, 400*time.Millisecond)
	r.pod.closing = true
	pod := r.pod
	r.s.after(fin, func() {
		pod.closing = false
		for _, c := range r.conns {
			c.end()
		}
		for _, l := range r.replicas {
			l.finDown()
		}
		if r.link != nil {
			r.link.finUp()
		}
		r.s.restartLater(pod)
	})
}

// writable: a client that reaches it would get its write acknowledged.
func (r *server) writable() bool {
	return r.up && !r.frozen && r.role == RoleMaster && r.good >= r.fence && r.pauseEnd <= r.s.now
}

// snapshot is what INFO tells.
func (r *server) snapshot() Snapshot {
	s := Snapshot{
		RunID: r.runID, Role: r.role, ReplID: r.replid, ReplID2: r.replid2, Offset: r.offset(),
		SecondOffset: r.second + 1, ReplicaOffset: r.offset(), MasterAddr: r.master, SyncInProgress: r.syncing, Loading: r.loading,
		Priority: 100, Announced: true, NeedsReplicas: r.fence > 0, Keys: int64(len(r.data)),
	}
	if r.link != nil && r.link.established {
		s.LinkUp = true
		s.LastIO = r.s.now.Truncate(time.Second) - r.link.heard.Truncate(time.Second) // of two readings of a clock in whole seconds
	}
	s.LinkWasUp = r.linked && !s.LinkUp
	for _, l := range r.replicas {
		a := Attached{Addr: l.replica.addr, Online: l.online, Lag: time.Duration(r.s.second()-l.ack) * time.Second}
		if l.online {
			a.Acked = max(1, r.offset())
		}
		if r.s.profile.foreign {
			a.Addr.Host = "127.0.0.6"
		}
		s.Attached = append(s.Attached, a)
	}
	for _, since := range r.phantoms { // who never acknowledges anything
		s.Attached = append(s.Attached, Attached{Addr: Addr{Host: "192.0.2.1"}, Online: true, Lag: r.s.now - since})
	}
	return s
}

// second is the wall clock as Redis counts lags by it.
func (s *sim) second() int64 { return int64(s.now / time.Second) }
