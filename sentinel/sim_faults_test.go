package sentinel

import (
	"slices"
	"time"
)

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
	// calm: masters leave silent nodes soon, and once a minute at most. rolls: a rollout takes
	// one switch, or two where the master goes first.
	calm, rolls bool
	// refuses: commands are refused, also while all else is healed.
	refuses bool
	// foreign: masters list all their replicas with one foreign address.
	foreign bool
	// unplaced: pods are without a place, also while all else is healed.
	unplaced bool
	// blinds: the leader reaches no Redis, also while all else is healed.
	blinds bool
	// memoryOnly: the set has no disks by its word.
	memoryOnly bool
	// within: writers wait no longer than this for an answer, zero where that may take longer.
	within time.Duration
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
		{"node cordoned", 2, func(s *sim) { s.cordon() }},
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
		{"leader restarts in place beside a crash", 2, func(s *sim) { s.crashBeside() }},
	}
	handFaults = []fault{
		{"master made a replica by another hand", 2, func(s *sim) { s.otherHand(s.recordMaster()) }},
		{"fence taken off by another hand", 1, func(s *sim) { s.takeFenceOff(s.recordMaster()) }},
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

// silentFaults end kubelets, and no process.
var silentFaults = []fault{
	{"kubelet of the master silent", 4, func(s *sim) { s.silence(s.anyPod(1)) }},
	{"kubelet silent", 3, func(s *sim) { s.silence(s.anyPod(0)) }},
	{"all kubelets silent", 1, func(s *sim) {
		for _, p := range slices.Clone(s.pods) {
			s.after(s.between(0, 10*time.Second), func() { s.silence(p) })
		}
	}},
	{"failover asked for", 2, func(s *sim) { s.ask(s.anyService()) }},
	{"leader changes", 1, func(s *sim) { s.changeLeader() }},
}

// rolloutFaults replace all pods by those of another revision.
var rolloutFaults = []fault{
	{"rollout", 4, func(s *sim) { s.rollOut() }},
	{"leader changes", 1, func(s *sim) { s.changeLeader() }},
}

// placeFaults restart the leader in place: it leads again at once, and knows nothing. They
// leave somebody who has the data, so that nothing has to be waited for.
var placeFaults = []fault{
	{"leader restarts in place beside a crash", 4, func(s *sim) { s.crashBeside() }},
	{"leader restarts in place", 2, func(s *sim) { s.restartInPlace() }},
	{"failover asked for", 2, func(s *sim) { s.ask(s.anyService()) }},
}

// diskFaults end all processes of a set that keeps data on disk.
var diskFaults = []fault{
	{"all restart with data", 4, func(s *sim) { s.restartAll() }},
	{"one that is back ends", 1, func(s *sim) { s.endOneBack() }},
	{"saved", 2, func(s *sim) { s.anyServer().save() }},
	{"leader changes", 1, func(s *sim) { s.changeLeader() }},
}

// refusalFaults let processes refuse what they are told until the end of the schedule.
var refusalFaults = []fault{
	{"commands refused", 5, func(s *sim) { s.refuseSome() }},
	{"commands refused for a moment", 3, func(s *sim) { s.refuseBriefly() }},
	{"master frozen for good", 2, func(s *sim) { s.stopForGood() }},
	{"client with a leader's name", 2, func(s *sim) { s.forge() }},
	{"master crashes", 4, func(s *sim) { s.crash(s.recordMaster()) }},
	{"master frozen", 2, func(s *sim) { s.stop(s.recordMaster()) }},
	{"failover asked for", 2, func(s *sim) { s.ask(s.anyService()) }},
	{"node cordoned", 2, func(s *sim) { s.cordon() }},
	{"leader changes", 1, func(s *sim) { s.changeLeader() }},
}

// staleFaults let single processes come back with what was saved a while ago.
var staleFaults = []fault{
	{"master crashes", 2, func(s *sim) { s.crash(s.recordMaster()) }},
	{"target crashes", 1, func(s *sim) { s.crash(s.recordTarget()) }},
	{"process crashes", 2, func(s *sim) { s.crash(s.anyServer()) }},
	{"leader restarts in place beside a crash", 2, func(s *sim) { s.crashBeside() }},
}

// blindFaults take all Redis from the leader, and from nobody else, or from all.
var blindFaults = []fault{
	{"leader blind", 5, func(s *sim) { s.blindLeader() }},
	{"all blind", 2, func(s *sim) { s.blindAll() }},
	{"master crashes", 3, func(s *sim) { s.crash(s.recordMaster()) }},
	{"master frozen", 1, func(s *sim) { s.stop(s.recordMaster()) }},
	{"failover asked for", 2, func(s *sim) { s.ask(s.anyService()) }},
	{"leader changes", 1, func(s *sim) { s.changeLeader() }},
	{"service crashes", 1, func(s *sim) { s.crashService(s.anyService()) }},
}

// foreignFaults are for sets whose replicas are listed with foreign addresses.
var foreignFaults = []fault{
	{"master frozen for good", 5, func(s *sim) { s.stopForGood() }},
	{"one that never acknowledges is attached", 3, func(s *sim) { s.attachPhantom(s.recordMaster()) }},
	{"master frozen", 2, func(s *sim) { s.stop(s.recordMaster()) }},
	{"master isolated", 2, func(s *sim) { s.island(s.recordMaster(), nil) }},
	{"master crashes", 2, func(s *sim) { s.crash(s.recordMaster()) }},
	{"process crashes", 1, func(s *sim) { s.crash(s.anyServer()) }},
	{"failover asked for", 2, func(s *sim) { s.ask(s.anyService()) }},
	{"leader changes", 1, func(s *sim) { s.changeLeader() }},
}

// unplacedFaults leave pods without a node, or without the one that they had.
var unplacedFaults = []fault{
	{"no node takes a pod", 5, func(s *sim) { s.takePlace() }},
	{"master given up", 3, func(s *sim) { s.giveUp() }},
	{"master frozen for good", 2, func(s *sim) { s.stopForGood() }},
	{"master frozen", 2, func(s *sim) { s.stop(s.recordMaster()) }},
	{"failover asked for", 2, func(s *sim) { s.ask(s.anyService()) }},
	{"leader changes", 1, func(s *sim) { s.changeLeader() }},
	{"service crashes", 1, func(s *sim) { s.crashService(s.anyService()) }},
}

// lagFaults are of a person who changes the write fence.
var lagFaults = []fault{
	{"max-lag lengthened, or shortened as the master is isolated", 5, func(s *sim) { s.changeMaxLag() }},
	{"master isolated with a client", 2, func(s *sim) { s.island(s.recordMaster(), []place{s.anyWriter()}) }},
	{"failover asked for", 2, func(s *sim) { s.ask(s.anyService()) }},
	{"leader changes", 2, func(s *sim) { s.changeLeader() }},
	{"API server away", 1, func(s *sim) { s.loseAPI() }},
}

// firewallFaults let processes refuse the service alone.
var firewallFaults = []fault{
	{"firewall rejects the service from the master", 5, func(s *sim) { s.reject(s.recordMaster(), s.services...) }},
	{"firewall rejects the leader from the master", 3, func(s *sim) { s.reject(s.recordMaster(), s.services[s.leader]) }},
	{"firewall rejects the service from a process", 2, func(s *sim) { s.reject(s.anyServer(), s.services...) }},
	{"firewall rejects the service from the target", 2, func(s *sim) { s.reject(s.recordTarget(), s.services...) }},
	{"master crashes", 4, func(s *sim) { s.crash(s.recordMaster()) }},
	{"process crashes", 1, func(s *sim) { s.crash(s.anyServer()) }},
	{"failover asked for", 2, func(s *sim) { s.ask(s.anyService()) }},
	{"leader changes", 2, func(s *sim) { s.changeLeader() }},
	{"service crashes", 1, func(s *sim) { s.crashService(s.anyService()) }},
}

var profiles = []profile{
	{name: "planned", lossless: true, faults: join(plannedFaults, serviceFaults)},
	{name: "crashes", faults: join(crashFaults, serviceFaults)},
	{name: "other hands", faults: join(crashFaults, plannedFaults, handFaults, serviceFaults)},
	{name: "crashes and freezes", faults: join(crashFaults, freezeFaults, serviceFaults)},
	{name: "cuts", faults: join(cutFaults, serviceFaults)},
	{name: "two leaders", faults: leaderFaults, first: &leaderFaults[4], traps: []trap{{order: "Commit Promoting", fault: leaderFaults[0]}}},
	{name: "starved", faults: starveFaults, first: &starveFaults[0], traps: []trap{{order: "SetFence", fault: starveFaults[1]}}, patience: 20 * time.Second},
	{name: "restarted leader", faults: placeFaults, first: &placeFaults[0], within: 5 * time.Second, patience: backOff},
	{name: "silent nodes", lossless: true, calm: true, faults: silentFaults, first: &silentFaults[0], patience: 15 * time.Second},
	{name: "rollouts", lossless: true, rolls: true, faults: rolloutFaults, first: &rolloutFaults[0], patience: 20 * time.Second},
	{name: "disks", faults: diskFaults, first: &diskFaults[0], patience: 35 * time.Second},
	{name: "refusals", refuses: true, faults: refusalFaults, first: &refusalFaults[0], patience: 10 * time.Second},
	{name: "blind leaders", blinds: true, faults: blindFaults, first: &blindFaults[0], patience: 10 * time.Second},
	{name: "memory only", memoryOnly: true, faults: join(diskFaults, staleFaults), first: &diskFaults[0], patience: 35 * time.Second},
	{name: "versions", faults: versionFaults, first: &versionFaults[0], patience: 10 * time.Second},
	{name: "foreign addresses", foreign: true, refuses: true, faults: foreignFaults, first: &foreignFaults[0], patience: 10 * time.Second},
	{name: "max-lag", faults: lagFaults, first: &lagFaults[0], patience: 15 * time.Second},
	{name: "unplaced pods", unplaced: true, refuses: true, faults: unplacedFaults, first: &unplacedFaults[0], patience: 10 * time.Second},
	{name: "firewalls", faults: firewallFaults, first: &firewallFaults[0], patience: 10 * time.Second},
	{name: "everything", faults: join(plannedFaults, crashFaults, freezeFaults, cutFaults, serviceFaults, sizeFaults, leaderFaults, starveFaults, silentFaults, rolloutFaults, blindFaults)},
}

func join(lists ...[]fault) []fault {
	var all []fault
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// orderKinds are the moments for traps; rare ones more often.
var orderKinds = []string{
	"Commit Promoting", "Commit Promoting", "Commit Switching", "Commit Stable", "Commit Failing", "Promote", "Promote", "Freeze", "Inspect", "Pause", "AwaitOffset",
	"Demote", "SetFence", "Follow", "ReadBack", "Pill",
}

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
