package monitor_test

import (
	"slices"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// process is a modelled Redis.
type process struct {
	w     *world
	pod   *simPod
	runID string
	addr  sentinel.Addr
	place place

	up      bool
	frozen  bool
	loading bool // what lay on its disk
	// inbox is what lies in the sockets of a frozen process, in the order of arrival.
	inbox []func()
	// waking: the first turn of its event loop after it was frozen; what it answers
	// leaves at the end of that turn, to those who were not cut in it.
	waking bool
	outbox []func()
	woken  bool // and its cron has not run since

	role            sentinel.Role
	master          sentinel.Addr
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
	conns     []*wire
	unfenced  bool // by an order of ours
	// cutShort: its grace period ended while the leader could not reach the API server, so
	// that nobody could have switched over. It ends as in a crash.
	cutShort bool
	// noFIN: while it was frozen, a way to a member was cut, on which the end of a replica's
	// link would have come; heardAtWake: it found acknowledgements of replicas in its sockets.
	noFIN, heardAtWake bool
	wokeAt             time.Duration
}

// boot starts a process in a pod: fenced, unless that fence is left out.
func (w *world) boot(p *simPod) {
	r := &process{
		w: w, pod: p, runID: w.name("run"), addr: p.Addr, place: p.place, up: true,
		role: sentinel.RoleReplica, master: sentinel.Nowhere, replid: w.name("id"), maxLag: 10 * time.Second,
	}
	if w.mutant == "boot fence" && w.healthyOnce {
		r.role, r.master = sentinel.RoleMaster, sentinel.Addr{}
	}
	p.process = r
	w.processes = append(w.processes, r)
	w.tell("%s boots as %s (%s)", p.Name, r.runID, r.role)
	r.readDisk()
	w.after(w.dice.between(0, time.Second), r.cron)
}

func (r *process) offset() int64 { return r.base + int64(len(r.stream)) }

// receive is a command that arrives on a connection.
func (r *process) receive(c *wire, do func(answer func(any)), reply func(any)) {
	if !r.up || c.closed {
		return
	}
	if r.frozen {
		r.inbox = append(r.inbox, func() { r.receive(c, do, reply) })
		return
	}
	do(func(value any) {
		if r.waking {
			r.outbox = append(r.outbox, func() { r.send(c, value, reply) })
			return
		}
		r.send(c, value, reply)
	})
}

// send lets an answer leave; a write counts as acknowledged by the process from here.
func (r *process) send(c *wire, value any, reply func(any)) {
	if c.closed {
		return
	}
	if a, ok := value.(accepted); ok {
		r.w.checkAccepted(r, a)
	}
	c.answer(value, reply)
}

// turn carries out what arrives otherwise than by a client's connection.
func (r *process) turn(do func()) {
	switch {
	case !r.up:
	case r.frozen:
		r.inbox = append(r.inbox, func() { r.turn(do) })
	default:
		do()
	}
}

func (r *process) forget(c *wire) {
	r.turn(func() {
		c.closed = true
		r.conns = slices.DeleteFunc(r.conns, func(d *wire) bool { return d == c })
	})
}

// freeze is SIGSTOP.
func (r *process) freeze() {
	r.frozen, r.noFIN = true, slices.Contains(r.w.cut[r.place][:firstService], true)
	r.w.tell("%s is frozen", r.pod.Name)
}

// wake is SIGCONT: one turn of the event loop takes in all that came meanwhile.
func (r *process) wake() {
	if !r.frozen || !r.up {
		return
	}
	r.frozen, r.waking, r.woken = false, true, true
	r.wokeAt, r.heardAtWake = r.w.now(), false
	r.w.tell("%s wakes with %d things in its sockets", r.pod.Name, len(r.inbox))
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
	if r.pauseEnd <= r.w.now() {
		r.resume()
	}
}

// die is SIGKILL. The kernel closes the connections some milliseconds later.
func (r *process) die() {
	if !r.up {
		return
	}
	w, pod := r.w, r.pod
	w.tell("%s dies (%s)", pod.Name, r.runID)
	r.up, r.frozen, r.inbox = false, false, nil
	w.noteEnd()
	pod.closing = true
	w.after(w.dice.rarely(0.1, 12*time.Millisecond, 400*time.Millisecond), func() {
		pod.closing = false
		r.reset()
		w.restartLater(pod)
	})
}

// reset ends all connections of a process that is no more.
func (r *process) reset() {
	for _, c := range r.conns {
		c.end()
	}
	for _, l := range r.replicas {
		l.finDown()
	}
	if r.link != nil {
		r.link.finUp()
	}
}

// writable: a client that reaches it would get its write acknowledged.
func (r *process) writable() bool {
	return r.up && !r.frozen && r.role == sentinel.RoleMaster && r.good >= r.fence && r.pauseEnd <= r.w.now()
}

// snapshot is what INFO tells.
func (r *process) snapshot() sentinel.Snapshot {
	s := sentinel.Snapshot{
		RunID: r.runID, Role: r.role, ReplID: r.replid, ReplID2: r.replid2, Offset: r.offset(),
		SecondOffset: r.second + 1, ReplicaOffset: r.offset(), MasterAddr: r.master, SyncInProgress: r.syncing, Loading: r.loading,
		Priority: 100, Announced: true, NeedsReplicas: r.fence > 0, Keys: int64(len(r.data)),
	}
	if r.link != nil && r.link.established {
		s.LinkUp = true
		s.LastIO = r.w.now().Truncate(time.Second) - r.link.heard.Truncate(time.Second) // of two readings of a clock in whole seconds
	}
	s.LinkWasUp = r.linked && !s.LinkUp && r.w.mutant != "first reading" || r.w.mutant == "own life"
	for _, l := range r.replicas {
		s.Attached = append(s.Attached, sentinel.Attached{
			Addr: l.replica.addr, Online: l.online,
			Lag: time.Duration(r.w.second()-l.ack) * time.Second,
		})
	}
	return s
}
