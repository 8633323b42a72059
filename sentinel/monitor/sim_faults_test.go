package monitor_test

import "time"

// What goes wrong, by families.

// profile is a family of schedules.
type profile struct {
	name     string
	lossless bool // nothing acknowledged may be lost
	faults   []fault
	first    *fault        // nearly always comes
	ambush   ambush        // always laid, where there is one
	patience time.Duration // how much longer than usual everything is left to itself
	calm     bool          // masters leave silent nodes soon, and once a minute at most
	rolls    bool          // a rollout takes one switch, or two where the master goes first
	refuses  bool          // commands are refused, also while all else is healed
	blinds   bool          // the leader reaches no Redis, also while all else is healed
	// memoryOnly: the set has no disks by its word.
	memoryOnly bool
	within     time.Duration // writers wait no longer than this, zero where it may take longer
}

// ambush is a fault that waits for an order of a certain kind.
type ambush struct {
	order string
	fault fault
}

// fault is one thing that may happen, with its weight.
type fault struct {
	name   string
	weight int
	happen func(*world, dice)
}

var (
	plannedFaults = []fault{
		{"failover asked for", 4, (*world).askFailover},
		{"pod deleted", 4, func(w *world, d dice) { w.evict(d, false) }},
		{"pod evicted", 2, func(w *world, d dice) { w.evict(d, true) }},
		{"option set", 2, (*world).setOption},
		{"reset", 1, (*world).resetAll},
	}
	serviceFaults = []fault{
		{"leader changes", 4, (*world).changeLeader},
		{"service crashes", 2, func(w *world, d dice) { w.crashService(d, w.anyService(d)) }},
		{"leader crashes", 2, func(w *world, d dice) { w.crashService(d, w.services[w.leader]) }},
		{"leader held up", 2, (*world).holdLeader},
		{"API server away", 2, (*world).loseAPI},
	}
	sizeFaults = []fault{
		{"scaled", 1, func(w *world, d dice) { w.scale(1 + d.IntN(5)) }},
	}
	crashFaults = []fault{
		{"master crashes", 5, func(w *world, _ dice) { w.crash(w.recordMaster()) }},
		{"target crashes", 2, func(w *world, _ dice) { w.crash(w.recordTarget()) }},
		{"process crashes", 3, func(w *world, d dice) { w.crash(w.anyProcess(d)) }},
		{"leader restarts in place beside a crash", 2, (*world).crashBeside},
	}
	freezeFaults = []fault{
		{"master frozen", 4, func(w *world, d dice) { w.stop(d, w.recordMaster()) }},
		{"process frozen", 2, func(w *world, d dice) { w.stop(d, w.anyProcess(d)) }},
	}
	cutFaults = []fault{
		{"master isolated", 3, func(w *world, d dice) { w.island(d, w.recordMaster()) }},
		{"master isolated with a client", 3, func(w *world, d dice) { w.island(d, w.recordMaster(), w.anyWriter(d)) }},
		{"process isolated", 2, func(w *world, d dice) { w.island(d, w.anyProcess(d)) }},
		{"one way cut", 6, (*world).cutSome},
		{"leader cut from the master", 2, func(w *world, d dice) { w.cutFor(d, w.services[w.leader].place, placeOf(w.recordMaster())) }},
		{"leader cut from the API server", 2, func(w *world, d dice) { w.cutFor(d, w.services[w.leader].place, apiServer) }},
		{"node lost", 2, (*world).power},
	}
)

// leaderFaults let two leaders act at once, each with processes that the other one
// does not reach.
var leaderFaults = []fault{
	{"leader overtaken", 5, (*world).overtake},
	{"services split", 4, (*world).split},
	{"leader left behind", 4, (*world).leaveBehind},
	{"leader changes", 2, (*world).changeLeader},
	{"failover asked for", 3, (*world).askFailover},
	{"master crashes", 4, func(w *world, _ dice) { w.crash(w.recordMaster()) }},
	{"target crashes", 1, func(w *world, _ dice) { w.crash(w.recordTarget()) }},
}

// starveFaults take its replicas from a master that lives, so that its write fence is
// lowered, and hide it while that is done.
var starveFaults = []fault{
	{"replicas cut from the master", 4, (*world).starve},
	{"master hidden, its leader gone", 4, (*world).hide},
	{"API server away", 2, (*world).loseAPI},
	{"leader changes", 2, (*world).changeLeader},
}

// silentFaults end kubelets, and no process.
var silentFaults = []fault{
	{"kubelet of the master silent", 4, func(w *world, _ dice) {
		if m := w.recordMaster(); m != nil {
			w.silence(m.pod)
		}
	}},
	{"kubelet silent", 3, func(w *world, d dice) { w.silence(w.anyPod(d)) }},
	{"all kubelets silent", 1, func(w *world, d dice) {
		for _, p := range w.pods {
			w.after(d.between(0, 10*time.Second), func() { w.silence(p) })
		}
	}},
	{"failover asked for", 2, (*world).askFailover},
	{"leader changes", 1, (*world).changeLeader},
}

// rolloutFaults replace all pods by those of another revision.
var rolloutFaults = []fault{
	{"rollout", 4, func(w *world, _ dice) { w.rollOut() }},
	{"leader changes", 1, (*world).changeLeader},
}

// placeFaults restart the leader in place: it leads again at once, and knows nothing. They
// leave somebody who has the data, so that nothing has to be waited for.
var placeFaults = []fault{
	{"leader restarts in place beside a crash", 4, (*world).crashBeside},
	{"leader restarts in place", 2, (*world).restartInPlace},
	{"failover asked for", 2, (*world).askFailover},
}

// diskFaults end all processes of a set that keeps data on disk.
var diskFaults = []fault{
	{"all restart with data", 4, (*world).restartAll},
	{"one that is back ends", 1, (*world).endOneBack},
	{"saved", 2, func(w *world, d dice) { w.anyProcess(d).save() }},
	{"leader changes", 1, (*world).changeLeader},
}

// refusalFaults let processes refuse what they are told until the end of the schedule.
var refusalFaults = []fault{
	{"commands refused", 5, (*world).refuseSome},
	{"client with a leader's name", 2, (*world).forge},
	{"master crashes", 4, func(w *world, _ dice) { w.crash(w.recordMaster()) }},
	{"master frozen", 2, func(w *world, d dice) { w.stop(d, w.recordMaster()) }},
	{"failover asked for", 2, (*world).askFailover},
	{"leader changes", 1, (*world).changeLeader},
}

// staleFaults let single processes come back with what was saved a while ago.
var staleFaults = []fault{
	{"master crashes", 2, func(w *world, _ dice) { w.crash(w.recordMaster()) }},
	{"target crashes", 1, func(w *world, _ dice) { w.crash(w.recordTarget()) }},
	{"process crashes", 2, func(w *world, d dice) { w.crash(w.anyProcess(d)) }},
	{"leader restarts in place beside a crash", 2, (*world).crashBeside},
}

// blindFaults take all Redis from the leader, and from nobody else, or from all.
var blindFaults = []fault{
	{"leader blind", 5, (*world).blindLeader},
	{"all blind", 2, (*world).blindAll},
	{"master crashes", 3, func(w *world, _ dice) { w.crash(w.recordMaster()) }},
	{"master frozen", 1, func(w *world, d dice) { w.stop(d, w.recordMaster()) }},
	{"failover asked for", 2, (*world).askFailover},
	{"leader changes", 1, (*world).changeLeader},
	{"service crashes", 1, func(w *world, d dice) { w.crashService(d, w.anyService(d)) }},
}

// firewallFaults let processes refuse the service alone.
var firewallFaults = []fault{
	{"firewall rejects the service from the master", 5, func(w *world, d dice) { w.reject(d, w.recordMaster(), w.services...) }},
	{"firewall rejects the leader from the master", 3, func(w *world, d dice) { w.reject(d, w.recordMaster(), w.services[w.leader]) }},
	{"firewall rejects the service from a process", 2, func(w *world, d dice) { w.reject(d, w.anyProcess(d), w.services...) }},
	{"master crashes", 4, func(w *world, _ dice) { w.crash(w.recordMaster()) }},
	{"process crashes", 1, func(w *world, d dice) { w.crash(w.anyProcess(d)) }},
	{"failover asked for", 2, (*world).askFailover},
	{"leader changes", 2, (*world).changeLeader},
}

// The named faults that a profile waits for.
var (
	masterCrashes, overtaken = leaderFaults[5], leaderFaults[0]
	leftBehind               = leaderFaults[2]
	starved, hidden          = starveFaults[0], starveFaults[1]
	crashedBeside            = placeFaults[0]
	masterUnheard, rolledOut = silentFaults[0], rolloutFaults[0]
	allRestart, refused      = diskFaults[0], refusalFaults[0]
	laterRecord              = versionFaults[0]
	blinded                  = blindFaults[0]
	rejected                 = firewallFaults[0]
)

var profiles = []profile{
	{name: "planned", lossless: true, faults: join(plannedFaults, serviceFaults)},
	{name: "crashes", faults: join(crashFaults, serviceFaults)},
	{name: "crashes and freezes", faults: join(crashFaults, freezeFaults, serviceFaults)},
	{name: "cuts", faults: join(cutFaults, serviceFaults)},
	{name: "two leaders", faults: leaderFaults, first: &masterCrashes, ambush: ambush{"Put Promoting", overtaken}},
	{name: "left behind", faults: leaderFaults, first: &leftBehind, patience: 10 * time.Second},
	{name: "starved", faults: starveFaults, first: &starved, ambush: ambush{"SetFence", hidden}, patience: 20 * time.Second},
	{name: "restarted leader", faults: placeFaults, first: &crashedBeside, within: 5 * time.Second, patience: backOff},
	{name: "silent nodes", lossless: true, calm: true, faults: silentFaults, first: &masterUnheard, patience: 15 * time.Second},
	{name: "rollouts", lossless: true, rolls: true, faults: rolloutFaults, first: &rolledOut, patience: 20 * time.Second},
	{name: "disks", faults: diskFaults, first: &allRestart, patience: 35 * time.Second},
	{name: "versions", faults: versionFaults, first: &laterRecord, patience: 10 * time.Second},
	{name: "refusals", refuses: true, faults: refusalFaults, first: &refused, patience: 10 * time.Second},
	{name: "blind leaders", blinds: true, faults: blindFaults, first: &blinded, patience: 10 * time.Second},
	{name: "memory only", memoryOnly: true, faults: join(diskFaults, staleFaults), first: &allRestart, patience: 35 * time.Second},
	{name: "firewalls", faults: firewallFaults, first: &rejected, patience: 10 * time.Second},
	{name: "everything", faults: join(plannedFaults, crashFaults, freezeFaults, cutFaults, serviceFaults, sizeFaults, leaderFaults, starveFaults, silentFaults, rolloutFaults, blindFaults)},
}

func join(lists ...[]fault) []fault {
	var all []fault
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}
