package sentinel

import "time"

// What goes wrong, and when: at any moment, or just while an order of a certain kind
// is being carried out.

// profile is a family of schedules.
type profile struct {
	name     string
	lossless bool // nothing acknowledged may be lost
	faults   []fault
	// first is one that always comes, traps are moments that are always waited for.
	first *fault
	traps []trap
	// patience is how much longer than usual everything is left to itself.
	patience time.Duration
}

// fault is one thing that may happen, with its weight.
type fault struct {
	name   string
	weight int
	happen func(s *sim)
}

// trap lets a fault happen when an order of this kind is given.
type trap struct {
	order string
	skip  int
	fault fault
}

var (
	plannedFaults = []fault{
		{"failover asked for", 4, func(s *sim) { s.ask(s.anyService()) }},
		{"pod deleted", 4, func(s *sim) { s.evict(false) }},
		{"pod evicted", 2, func(s *sim) { s.evict(true) }},
	}
	serviceFaults = []fault{
		{"leader changes", 4, func(s *sim) { s.changeLeader() }},
		{"service crashes", 2, func(s *sim) { s.crashService(s.anyService()) }},
		{"leader crashes", 2, func(s *sim) { s.crashService(s.services[s.leader]) }},
		{"service stands still", 2, func(s *sim) { s.standStill() }},
		{"API server away", 2, func(s *sim) { s.loseAPI() }},
	}
	sizeFaults = []fault{
		{"scaled", 1, func(s *sim) { s.scale(1 + s.rng.IntN(5)) }},
	}
	crashFaults = []fault{
		{"master crashes", 5, func(s *sim) { s.crash(s.recordMaster()) }},
		{"target crashes", 2, func(s *sim) { s.crash(s.recordTarget()) }},
		{"process crashes", 3, func(s *sim) { s.crash(s.anyServer()) }},
	}
	freezeFaults = []fault{
		{"master frozen", 4, func(s *sim) { s.stop(s.recordMaster()) }},
		{"process frozen", 2, func(s *sim) { s.stop(s.anyServer()) }},
	}
	cutFaults = []fault{
		{"master isolated", 3, func(s *sim) { s.island(s.recordMaster(), nil) }},
		{"master isolated with a client", 3, func(s *sim) { s.island(s.recordMaster(), []place{s.anyWriter()}) }},
		{"process isolated", 2, func(s *sim) { s.island(s.anyServer(), nil) }},
		{"one way cut", 6, func(s *sim) { s.cutSome() }},
		{"leader cut from the master", 2, func(s *sim) { s.cutFor(s.services[s.leader].place, placeOf(s.recordMaster())) }},
		{"leader cut from the API server", 2, func(s *sim) { s.cutFor(s.services[s.leader].place, apiServer) }},
		{"node lost", 2, func(s *sim) { s.power() }},
	}
)

// leaderFaults let two leaders act at once, each with processes that the other one
// does not reach.
var leaderFaults = []fault{
	{"leader overtaken", 5, func(s *sim) { s.overtake() }},
	{"services split", 4, func(s *sim) { s.split() }},
	{"leader changes", 2, func(s *sim) { s.changeLeader() }},
	{"failover asked for", 3, func(s *sim) { s.ask(s.anyService()) }},
	{"master crashes", 4, func(s *sim) { s.crash(s.recordMaster()) }},
	{"target crashes", 1, func(s *sim) { s.crash(s.recordTarget()) }},
}

// starveFaults take its replicas from a master that lives, so that its write fence is
// lowered, and hide it while that is done.
var starveFaults = []fault{
	{"replicas cut from the master", 4, func(s *sim) { s.starve() }},
	{"master hidden, its leader gone", 4, func(s *sim) { s.hide() }},
	{"API server away", 2, func(s *sim) { s.loseAPI() }},
	{"leader changes", 2, func(s *sim) { s.changeLeader() }},
}

var profiles = []profile{
	{name: "planned", lossless: true, faults: join(plannedFaults, serviceFaults)},
	{name: "crashes", faults: join(crashFaults, serviceFaults)},
	{name: "crashes and freezes", faults: join(crashFaults, freezeFaults, serviceFaults)},
	{name: "cuts", faults: join(cutFaults, serviceFaults)},
	{name: "two leaders", faults: leaderFaults, first: &leaderFaults[4], traps: []trap{{order: "Commit Promoting", fault: leaderFaults[0]}}},
	{name: "starved", faults: starveFaults, first: &starveFaults[0], traps: []trap{{order: "SetFence", fault: starveFaults[1]}}, patience: 20 * time.Second},
	{name: "everything", faults: join(plannedFaults, crashFaults, freezeFaults, cutFaults, serviceFaults, sizeFaults, leaderFaults, starveFaults)},
}

func join(lists ...[]fault) []fault {
	var all []fault
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// orderKinds are the moments for traps; rare ones more often.
var orderKinds = []string{"Commit Promoting", "Commit Promoting", "Commit Switching", "Commit Stable", "Commit Failing", "Promote", "Promote", "Freeze", "Inspect", "Pause", "AwaitOffset",
	"Demote", "SetFence", "Follow", "ReadBack", "Pill"}

// planFaults draws what will happen in this schedule.
func (s *sim) planFaults() time.Duration {
	span := []time.Duration{5 * time.Millisecond, 200 * time.Millisecond, 2 * time.Second, 10 * time.Second}[s.rng.IntN(4)]
	begin := s.now + s.between(0, 2*time.Second)
	for range 1 + s.rng.IntN(5) {
		f := s.draw()
		s.at(begin+s.between(0, span), func() { s.strike(f) })
	}
	if s.profile.first != nil && s.chance(0.8) {
		s.at(begin, func() { s.strike(*s.profile.first) })
	}
	for _, t := range s.profile.traps {
		t.skip = s.rng.IntN(2)
		s.traps = append(s.traps, t)
	}
	for range s.rng.IntN(4) {
		s.traps = append(s.traps, trap{order: orderKinds[s.rng.IntN(len(orderKinds))], skip: s.rng.IntN(3), fault: s.draw()})
	}
	return begin + span + s.between(0, 8*time.Second) + s.profile.patience
}

func (s *sim) draw() fault {
	total := 0
	for _, f := range s.profile.faults {
		total += f.weight
	}
	n := s.rng.IntN(total)
	for _, f := range s.profile.faults {
		if n -= f.weight; n < 0 {
			return f
		}
	}
	panic("the weights do not add up")
}

func (s *sim) strike(f fault) {
	if s.healed {
		return
	}
	s.count("fault: " + f.name)
	f.happen(s)
}

// trapped lets what waits for such an order happen within the next milliseconds.
func (s *sim) trapped(_ *service, order string) {
	if !s.healthyOnce && s.chance(0.7) {
		return
	}
	for i := range s.traps {
		t := &s.traps[i]
		if t.order != order {
			continue
		}
		if t.skip--; t.skip == -1 {
			f := t.fault
			s.after(s.rarely(0.1, 4*time.Millisecond, 100*time.Millisecond), func() {
				s.count("in the middle of " + order)
				s.strike(f)
			})
		}
	}
}

func (s *sim) anyService() *service { return s.services[s.rng.IntN(len(s.services))] }
func (s *sim) anyWriter() place     { return s.writers[s.rng.IntN(len(s.writers))].place }

func (s *sim) anyServer() *server {
	return s.pods[s.rng.IntN(len(s.pods))].server
}

func (s *sim) recordMaster() *server { return s.process(s.record.Master) }
func (s *sim) recordTarget() *server { return s.process(s.record.Target) }

func placeOf(r *server) place {
	if r == nil {
		return apiServer
	}
	return r.place
}

func (s *sim) crash(r *server) {
	if r != nil {
		r.die()
	}
}

// evict deletes a pod as the eviction API does: one at a time, while all are ready.
func (s *sim) evict(announced bool) {
	p := s.pods[s.rng.IntN(len(s.pods))]
	if m := s.recordMaster(); m != nil && s.chance(0.5) {
		p = m.pod
	}
	for _, q := range s.pods {
		if s.profile.lossless && !q.alive() || len(s.pods) < s.size {
			return
		}
	}
	if p.gone || p.Terminating {
		return
	}
	if !announced {
		s.deletePod(p)
		return
	}
	s.tell("%s is to be evicted", p.Name)
	p.Disrupted = true
	s.podsChanged()
	s.after(s.between(0, time.Second), func() { s.deletePod(p) })
}

func (s *sim) changeLeader() {
	n := s.rng.IntN(len(s.services))
	if n == s.leader || !s.services[n].up {
		return
	}
	s.lead(n, s.rarely(0.6, 5*time.Millisecond, 12*time.Second))
}

func (s *sim) crashService(v *service) {
	if !v.up {
		return
	}
	v.crash()
	down := s.rarely(0.5, 200*time.Millisecond, 4*time.Second)
	s.after(down, v.start)
	if s.services[s.leader] != v {
		return
	}
	s.after(s.between(10*time.Millisecond, 6*time.Second), func() {
		if s.services[s.leader] == v {
			s.electAny()
		}
	})
}

// electAny makes a service that runs the leader, and tries again if none does.
func (s *sim) electAny() {
	first := s.rng.IntN(len(s.services))
	for i := range s.services {
		n := (first + i) % len(s.services)
		if s.services[n].up {
			s.lead(n, 0)
			return
		}
	}
	s.after(100*time.Millisecond, s.electAny)
}

// standStill holds one replica of the service up, mostly the leader, and mostly
// another one leads meanwhile.
func (s *sim) standStill() {
	v := s.services[s.leader]
	d := s.rarely(0.6, 100*time.Millisecond, 8*time.Second)
	v.stall(d)
	if s.chance(0.8) {
		s.after(s.between(0, d), s.changeLeader)
	}
}

// overtake holds the leader up while another one leads and more happens.
func (s *sim) overtake() {
	d := s.between(time.Second, 9*time.Second)
	s.services[s.leader].stall(d)
	s.after(s.rarely(0.3, 50*time.Millisecond, time.Second), s.changeLeader)
	for range s.rng.IntN(4) {
		f := s.draw()
		s.after(s.between(0, d), func() { s.strike(f) })
	}
}

// starve cuts the master off from the other members alone, until its lags show.
func (s *sim) starve() {
	m := s.recordMaster()
	if m == nil {
		return
	}
	s.tell("%s is cut off from the other members", m.pod.Name)
	d := s.between(10*time.Second, 20*time.Second)
	for n := range firstService {
		s.setCut(m.place, n, true)
		s.after(d, func() { s.setCut(m.place, n, false) })
	}
}

// hide isolates the master with one client and takes the leader away.
func (s *sim) hide() {
	s.island(s.recordMaster(), []place{s.anyWriter()})
	if v := s.services[s.leader]; s.chance(0.5) {
		s.crashService(v)
	} else {
		v.stall(s.between(time.Second, 9*time.Second))
		s.changeLeader()
	}
}

// split takes some processes away from each replica of the service.
func (s *sim) split() {
	d := s.between(time.Second, 10*time.Second)
	for _, v := range s.services {
		for _, p := range s.pods {
			if s.chance(0.4) {
				s.tell("%s does not reach %s for %s", v.name, p.Name, d)
				s.setCut(v.place, p.place, true)
				s.after(d, func() { s.setCut(v.place, p.place, false) })
			}
		}
	}
}

func (s *sim) loseAPI() {
	s.tell("the API server is away")
	s.outage = outage(s.rng.IntN(3))
	s.isolate(apiServer, true)
	s.after(s.rarely(0.6, 300*time.Millisecond, 12*time.Second), func() { s.isolate(apiServer, false) })
}

func (s *sim) stop(r *server) {
	if r == nil || !r.up || r.frozen {
		return
	}
	r.freeze()
	s.after(s.rarely(0.7, time.Second, 12*time.Second), r.wake)
}

// island cuts a process off from all but some.
func (s *sim) island(r *server, but []place) {
	if r == nil {
		return
	}
	s.tell("%s is cut off, but for %v", r.pod.Name, but)
	for _, q := range s.servers {
		q.cutFrozen = q.cutFrozen || q.frozen
	}
	s.isolate(r.place, true, but...)
	s.after(s.rarely(0.7, time.Second, 12*time.Second), func() {
		s.tell("%s is reached again", r.pod.Name)
		s.isolate(r.place, false)
	})
}

// cutSome cuts one way between two that have to do with each other.
func (s *sim) cutSome() {
	any := func() place {
		switch n := s.rng.IntN(10); {
		case n < 5:
			return s.pods[s.rng.IntN(len(s.pods))].place
		case n < 8:
			return s.anyService().place
		case n < 9:
			return apiServer
		}
		return s.anyWriter()
	}
	s.cutFor(any(), any())
}

func (s *sim) cutFor(a, b place) {
	for _, q := range s.servers {
		q.cutFrozen = q.cutFrozen || q.frozen
	}
	s.tell("cut between %d and %d", a, b)
	s.outage = outage(s.rng.IntN(3))
	s.setCut(a, b, true)
	s.after(s.rarely(0.7, time.Second, 12*time.Second), func() {
		s.tell("healed between %d and %d", a, b)
		s.setCut(a, b, false)
	})
}

func (s *sim) power() {
	p := s.pods[s.rng.IntN(len(s.pods))]
	if m := s.recordMaster(); m != nil && s.chance(0.5) {
		p = m.pod
	}
	s.loseNode(p, s.between(time.Second, 15*time.Second))
}

// heal ends all that is wrong.
func (s *sim) heal() {
	s.tell("everything is healed")
	s.healed = true
	for a := range place(places) {
		s.isolate(a, false)
	}
	for _, p := range s.pods {
		if p.server != nil {
			p.server.wake()
		}
	}
	if v := s.services[s.leader]; !v.up || v.term != s.term {
		s.after(s.between(0, 5*time.Second), func() {
			if v := s.services[s.leader]; !v.up || v.term != s.term {
				s.electAny()
			}
		})
	}
}
