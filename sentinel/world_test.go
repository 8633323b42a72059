package sentinel

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// world is a set of modelled Redis processes, a modelled record and some replicas
// of the service, driven without time or sockets. It carries orders out at once
// and prints them, with the events of the first replica that does not lead.
type world struct {
	now      time.Time
	redis    []*process
	record   Record
	services []*Machine
	leader   int
	shown    *View
	size     int
	first    int // spec.ordinals.start
	// foreign: masters list their replicas with a proxy's address; strangers are others that
	// they list, and strangerAcks whether these acknowledge what they get.
	foreign      bool
	strangers    int
	strangerAcks bool
	ownerUID     string
	rival        string
	config       Config
	runs         int
	term         uint64      // of the leader Lease
	actor        *Machine    // whose orders are being carried out
	late         []lateOrder // held back, to be carried out by release
	held         string      // an action that is not carried out: the leader is stuck there
	apiAway      bool
	// labelsDenied: a webhook lets no pod be labelled.
	labelsDenied bool
	deaf         map[int]bool // replicas of the service whose watch of the record stands still
	blind        map[int]bool // and that hear nothing of any Redis
	out          strings.Builder
	writes       int // to the API server
	reads        int // of a record and its pods
}

// lateOrder is an order that its leader sent and that has not arrived yet.
type lateOrder struct {
	from  int
	order Order
}

// process is a modelled Redis in its pod.
type process struct {
	pod      Pod
	up       bool
	gone     bool // the pod object does not exist any more
	role     Role
	runID    string
	replid   string
	replid2  string
	second   int64
	offset   int64
	keys     int64
	master   Addr
	link     bool
	linked   bool // since it started, or was master
	paused   bool
	frozenAt time.Time
	hidden   bool              // no service reaches it; its replicas and clients do
	rejected bool              // a firewall refuses the service's connections to it, and nobody else's
	why      string            // and the cause of that, where it is known
	frozen   bool              // SIGSTOP, or its node is lost: silent, and keeps what it was
	island   bool              // its clients reach it, and nobody else
	ill      bool              // as a master it answers PING with an error, a new replica's, too (MISCONF)
	loading  bool              // its data from disk
	foreign  bool              // it belongs to somebody else
	deaf     bool              // it says yes to whom it is to follow, and goes on as before
	pill     bool              // lies in the socket of a frozen process
	fence    int               // min-replicas-to-write
	maxLag   time.Duration     // min-replicas-max-lag
	conns    map[uint64]uint64 // control connections: number -> term
	prio     int
	backlog  bool
	resident int64 // bytes
	copying  int64 // bytes of a child that writes a copy
	syncs    int64 // full ones that it has begun to give
	cut      bool  // its full syncs end before it has its copy
	// refuses are commands, see refusal; refusesFor is for how many of them, 0 for all.
	refuses    map[string]bool
	refusesFor int
}

func newWorld(size, services int) *world {
	w := &world{deaf: map[int]bool{}, blind: map[int]bool{}, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), size: size, config: Defaults(), leader: -1}
	for range services {
		w.services = append(w.services, NewMachine("mymaster"))
	}
	return w
}

func (w *world) printf(format string, args ...any) { fmt.Fprintf(&w.out, format+"\n", args...) }

// pod makes a pod with a fenced Redis; the same name again is a successor.
func (w *world) pod(ordinal int) *process {
	w.runs++
	name := fmt.Sprintf("redis-%d", ordinal)
	p := &process{pod: Pod{
		Name: name, UID: fmt.Sprintf("%s-uid%d", name, w.runs), Ordinal: ordinal,
		Node: fmt.Sprintf("node-%d", ordinal), Addr: Addr{Host: fmt.Sprintf("10.0.0.%d", w.runs), Port: 6379},
	}}
	w.redis = append(w.redis, p)
	w.boot(p)
	return p
}

// boot starts an empty, fenced process in the pod.
func (w *world) boot(p *process) {
	w.runs++
	p.up, p.role, p.master, p.link, p.linked, p.paused, p.prio = true, RoleReplica, Nowhere, false, false, false, 100
	p.runID, p.replid, p.replid2 = fmt.Sprintf("run%d", w.runs), fmt.Sprintf("id%d", w.runs), ""
	p.pod.ContainerID = fmt.Sprintf("c%d", w.runs)
	p.offset, p.second, p.keys, p.backlog = 0, 0, 0, false
	p.resident, p.copying, p.syncs = 10<<20, 0, 0
	p.frozen, p.pill, p.fence, p.conns, p.refuses = false, false, 0, map[uint64]uint64{}, nil
	p.maxLag = 10 * time.Second
}

func (w *world) find(name string) *process {
	for _, p := range slices.Backward(w.redis) {
		if p.pod.Name == name {
			return p
		}
	}
	panic("no such pod: " + name)
}

func (w *world) byAddr(a Addr) *process {
	for _, p := range w.redis {
		if p.pod.Addr == a && p.up {
			return p
		}
	}
	return nil
}

// replicate lets every replica that can reach its master take in what it has.
func (w *world) replicate() {
	for _, p := range w.redis {
		if !p.up || p.frozen || p.role == RoleMaster {
			continue
		}
		m := w.byAddr(p.master)
		if m != nil && (m.frozen || m.island || p.island) {
			continue // the link stays as it was; nothing comes
		}
		p.link = m != nil && m.role == RoleMaster && (p.link || !m.ill) && !p.cut
		if !p.link {
			continue
		}
		if !m.backlog { // syncCommand: a fresh backlog takes a fresh id
			m.backlog = true
			w.runs++
			m.replid, m.replid2 = fmt.Sprintf("id%d", w.runs), ""
		}
		if p.replid != m.replid && (p.replid != m.replid2 || p.offset > m.second) {
			w.printf("! %s full resync from %s", p.pod.Name, m.pod.Name)
			m.syncs++
		}
		p.linked = true
		p.replid, p.replid2, p.second = m.replid, m.replid2, m.second
		p.offset, p.keys, p.backlog = m.offset, m.keys, true
	}
}

func (p *process) snapshot() Snapshot {
	return Snapshot{
		RunID: p.runID, Role: p.role, ReplID: p.replid, ReplID2: p.replid2, Offset: p.offset,
		SecondOffset: p.second + 1, ReplicaOffset: p.offset, MasterAddr: p.master, LinkUp: p.link, LinkWasUp: p.linked && !p.link, Priority: p.prio, Announced: true, Keys: p.keys, NeedsReplicas: p.fence > 0, Loading: p.loading,
		Resident: p.resident, CopyOnWrite: p.copying, FullSyncs: p.syncs,
	}
}

// reading is a snapshot with what depends on the others.
func (w *world) reading(p *process) Snapshot {
	s := p.snapshot()
	if m := w.byAddr(p.master); p.link && m != nil && (m.frozen || m.island) {
		s.LastIO = time.Duration(w.now.Unix()-m.frozenAt.Unix()) * time.Second
	}
	for _, r := range w.redis {
		if r.up && r.link && r.master == p.pod.Addr {
			a := Attached{Addr: r.pod.Addr, Online: true, Acked: r.offset}
			if w.foreign {
				a.Addr.Host = "127.0.0.6"
			}
			switch {
			case r.frozen:
				a.Lag = w.now.Sub(r.frozenAt)
			case p.island:
				a.Lag = w.now.Sub(p.frozenAt)
			}
			s.Attached = append(s.Attached, a)
		}
	}
	for range w.strangers {
		if p.role == RoleMaster {
			s.Attached = append(s.Attached, w.stranger())
		}
	}
	return s
}

// stranger is one that a master lists beside its replicas: a replica of another set, or
// redis-cli --replica, which acknowledges nothing.
func (w *world) stranger() Attached {
	if w.strangerAcks {
		return Attached{Addr: Addr{Host: "192.0.2.1", Port: 6379}, Online: true, Acked: 1}
	}
	return Attached{Addr: Addr{Host: "192.0.2.1"}, Online: true, Lag: 20 * time.Second}
}

// writable: a client that reaches it would get its write acknowledged.
func (w *world) writable(p *process) bool {
	return p.up && p.role == RoleMaster && !p.paused && w.reading(p).Good(p.maxLag) >= p.fence
}

func (w *world) set() Set {
	s := Set{Master: "mymaster", Owner: "redis", OwnerUID: w.ownerUID, Rival: w.rival, Size: w.size, First: w.first, Config: w.config}
	for _, p := range w.redis {
		if !p.gone {
			s.Pods = append(s.Pods, p.pod)
		}
	}
	return s
}

// settle tells everybody everything, again and again, until nothing more happens.
func (w *world) settle() {
	for range 60 {
		w.replicate()
		before := w.runs + int(w.record.Seq) + w.out.Len()
		w.round()
		if before == w.runs+int(w.record.Seq)+w.out.Len() {
			break
		}
	}
	w.check()
}

// round tells everybody everything once.
func (w *world) round() {
	w.tell(SetSeen{Set: w.set()})
	for n, m := range w.services {
		if !w.apiAway && !w.deaf[n] {
			w.step(n, m, RecordSeen{Record: w.record})
		}
	}
	for _, p := range w.redis {
		w.look(p)
	}
	w.now = w.now.Add(200 * time.Millisecond)
	for _, p := range w.redis { // time has passed for those that are asked all the time
		if m := w.byAddr(p.master); m != nil && (m.frozen || m.island) {
			w.look(p)
		}
	}
	w.tell(Tick{})
}

func (w *world) look(p *process) {
	switch {
	case p.pod.Addr.IsZero(): // nobody asks it
	case p.refuses["info"]: // it answers PING, and the last reading stands
	case p.island && w.now.Sub(p.frozenAt) < w.config.DownAfter:
	case p.rejected:
		w.tell(InstanceLost{UID: p.pod.UID, Loss: LinkGone})
	case p.hidden:
		w.tell(InstanceLost{UID: p.pod.UID, Loss: LinkSilent, Why: p.why})
	case p.frozen && w.now.Sub(p.frozenAt) < w.config.DownAfter:
	case p.frozen:
		w.tell(InstanceLost{UID: p.pod.UID, Loss: LinkSilent})
	case p.up && p.ill && p.role == RoleMaster:
		w.tell(InstanceLost{UID: p.pod.UID, Loss: LinkSilent, Unwell: true})
	case p.up:
		w.tell(InstanceSeen{UID: p.pod.UID, At: w.now, Snapshot: w.reading(p)})
	default:
		w.tell(InstanceLost{UID: p.pod.UID, Loss: LinkGone})
	}
}

// tell gives an observation to all services and carries the leader's orders out.
func (w *world) tell(o Observation) {
	for n, m := range w.services {
		if !w.blind[n] || !ofInstance(o) {
			w.step(n, m, o)
		}
	}
}

// ofInstance tells whether it is what a replica of the service hears of a Redis by itself.
func ofInstance(o Observation) bool {
	switch o.(type) {
	case InstanceSeen, InstanceLost:
		return true
	}
	return false
}

func (w *world) step(n int, m *Machine, o Observation) {
	w.now = w.now.Add(time.Millisecond)
	orders := m.Step(w.now, o)
	w.actor = m
	if n == w.observer() {
		w.show(m.View())
	}
	for _, order := range orders {
		w.actor = m
		if w.held != "" && w.held == nameOf(order.Action) {
			w.late = append(w.late, lateOrder{n, order})
			continue
		}
		done, ok := w.perform(order)
		if ok {
			done.ID, done.At = order.ID, w.now
			w.step(n, m, done)
		}
	}
}

// observer is the replica of the service whose events are printed.
func (w *world) observer() int {
	if w.leader == len(w.services)-1 {
		return 0
	}
	return len(w.services) - 1
}

func (w *world) show(v *View) {
	if v == nil || v == w.shown {
		return
	}
	for _, e := range Events(w.shown, v, len(w.services)) {
		w.printf("  %s %s", e.Type, e.Payload)
	}
	w.shown = v
}

// check prints what must never be: a transcript cannot be redone unnoticed with it.
func (w *world) check() {
	var masters []string
	for _, p := range w.redis {
		if w.writable(p) && !p.foreign {
			masters = append(masters, p.pod.Name)
		}
	}
	if len(masters) > 1 && w.config.Mode != Observe { // what others do is not promised
		w.printf("!! two masters: %s", strings.Join(masters, " "))
	}
}

// swallow: a frozen process wakes, and reads what lies in its sockets.
func (p *process) swallow() {
	if p.pill {
		p.pill, p.role, p.master, p.link = false, RoleReplica, Nowhere, false
	}
}

var errModelGone = errors.New("connection refused")
