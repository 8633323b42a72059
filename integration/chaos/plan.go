package chaos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Kind is one way to break something.
type Kind string

// The kinds of faults. Those of Redis and of the network concern one set.
const (
	KillMaster        Kind = "kill master"
	KillReplica       Kind = "kill replica"
	KillAll           Kind = "kill all of a set"
	KillAllOldData    Kind = "kill all of a set with old data on disk"
	FreezeMaster      Kind = "freeze master"
	FreezeReplica     Kind = "freeze replica"
	DeleteMaster      Kind = "delete master"
	DeleteReplica     Kind = "delete replica"
	ForceDeleteMaster Kind = "force-delete master"
	Failover          Kind = "SENTINEL FAILOVER"
	RestartSet        Kind = "rolling restart"
	DrainNode         Kind = "drain master's node"
	LoseNode          Kind = "lose master's node"
	KillLeader        Kind = "kill leader"
	FreezeLeader      Kind = "freeze leader"
	KillService       Kind = "kill service replica"
	KillServices      Kind = "kill all service replicas"
	DeleteService     Kind = "delete service replica"
	RestartAPI        Kind = "restart API server"
	PauseAPI          Kind = "pause API server"
	PauseStorage      Kind = "pause etcd"
	IsolateMaster     Kind = "cut master from all"
	IslandMaster      Kind = "cut master from all but clients"
	CutService        Kind = "cut service from master"
	RejectService     Kind = "firewall rejects service from master"
	CutReplication    Kind = "cut master from replicas"
	IsolateReplica    Kind = "cut replica from all"
	CutLeaderAPI      Kind = "cut leader from API server"
	CutServiceAPI     Kind = "cut service replica from API server"
	CutLeaderKill     Kind = "cut leader from API server and kill master"
	CutLeaderRedis    Kind = "cut leader from all Redis"
	// The next lasts for blindFor.
	CutLeaderRedisKill Kind = "cut leader from all Redis and kill master"
	CutServiceRedis    Kind = "cut service from all Redis"
	RefuseCommands     Kind = "refuse commands"
	RefuseKill         Kind = "refuse commands and kill master"
	CutServiceSwitch   Kind = "cut service replica from API server and switch over"
	KillLoop           Kind = "OOM loop of master"
)

// kinds are all of them. Those of the network need a namespace.
var (
	kinds = []Kind{
		KillMaster, KillReplica, KillAll, KillAllOldData, FreezeMaster, FreezeReplica, DeleteMaster, DeleteReplica, ForceDeleteMaster,
		Failover, RestartSet, DrainNode, LoseNode, KillLeader, FreezeLeader, KillService, KillServices, DeleteService,
		RestartAPI, PauseAPI, PauseStorage, CutLeaderAPI, CutServiceAPI, CutLeaderKill, CutServiceSwitch, KillLoop, RefuseCommands, RefuseKill,
	}
	networkKinds = []Kind{
		IsolateMaster, IslandMaster, CutService, RejectService, CutReplication, IsolateReplica, CutLeaderRedis, CutLeaderRedisKill, CutServiceRedis,
	}
)

// Fault is one thing to break.
type Fault struct {
	Kind Kind
	Set  int           // which set of Redis
	Pick int           // which of several equal things, modulo their number
	Hold time.Duration // how long what can be undone lasts
	Wait time.Duration // since the begin of the step
}

func (f Fault) String() string { return fmt.Sprintf("%s of set %d", f.Kind, f.Set) }

// Step is what happens at once; it heals before the next.
type Step []Fault

func (s Step) String() string {
	names := make([]string, 0, len(s))
	for _, f := range s {
		names = append(names, string(f.Kind))
	}
	return strings.Join(names, " + ")
}

// Plan makes steps from a seed, without end. Every kind comes once before any comes
// again, so that a short run misses few.
type Plan struct {
	random *rand.Rand
	kinds  []Kind
	sets   int
	bag    []Kind
}

// NewPlan begins the plan of a seed, out of some kinds of faults.
func NewPlan(seed uint64, sets int, kinds []Kind) *Plan {
	return &Plan{random: rand.New(rand.NewPCG(seed, 0)), kinds: kinds, sets: sets}
}

// Kinds are all that can be done, with or without cuts of the network.
func Kinds(network bool) []Kind {
	if network {
		return slices.Concat(kinds, deathKinds, networkKinds)
	}
	return slices.Concat(kinds, deathKinds)
}

// Next is the next step: one fault, and in one of four a second beside it.
func (p *Plan) Next() Step {
	step := Step{p.fault()}
	if p.random.IntN(4) > 0 {
		return step
	}
	second := p.fault()
	second.Wait = time.Duration(p.random.IntN(1500)) * time.Millisecond
	if together(step[0].Kind, second.Kind) {
		return append(step, second)
	}
	p.bag = append(p.bag, second.Kind)
	return step
}

func (p *Plan) fault() Fault {
	if len(p.bag) == 0 {
		p.bag = append(p.bag, p.kinds...)
		p.random.Shuffle(len(p.bag), func(i, j int) { p.bag[i], p.bag[j] = p.bag[j], p.bag[i] })
	}
	kind := p.bag[len(p.bag)-1]
	p.bag = p.bag[:len(p.bag)-1]
	return Fault{
		Kind: kind, Set: p.random.IntN(p.sets), Pick: p.random.IntN(1 << 16),
		Hold: time.Duration(1000+p.random.IntN(11_000)) * time.Millisecond,
	}
}

// together says whether two kinds can be applied at once: the one of a kind would undo
// the other, two ends of the leader are one wish, what is asked of the API
// server needs one that answers, and a whole set's end explains any loss.
func together(a, b Kind) bool {
	_, first := deaths[a]
	_, second := deaths[b]
	switch {
	case a.begins() == b.begins() || a.killsAll() || b.killsAll():
		return false
	case first && second || a.stopsAPI() && b.stopsAPI():
		return false
	}
	return (!a.stopsAPI() || !b.needsAPI()) && (!b.stopsAPI() || !a.needsAPI())
}

func (k Kind) killsAll() bool { return k == KillAll || k == KillAllOldData }

func (k Kind) stopsAPI() bool {
	return k == RestartAPI || k == PauseAPI || k == PauseStorage
}

func (k Kind) needsAPI() bool {
	switch k {
	case DeleteMaster, DeleteReplica, ForceDeleteMaster, RestartSet, DrainNode, DeleteService, CutLeaderKill, CutServiceSwitch,
		CutLeaderRedis, CutLeaderRedisKill, CutServiceRedis:
		return true
	}
	_, dies := deaths[k]
	return dies
}

// hurts says whether a fault may end a process or a connection that somebody relied
// on, so that writes which no replica has yet can be lost. Faults of nodes hurt each
// set that has its master there; the caller knows which.
func (k Kind) hurts() bool {
	switch k.begins() {
	case KillMaster, KillAll, KillAllOldData, KillLoop, CutLeaderKill, CutLeaderRedisKill, RefuseKill, FreezeMaster, ForceDeleteMaster, LoseNode, IsolateMaster, IslandMaster:
		return true
	}
	return false
}

// strikesRedis says whether a fault hits any Redis without asking it.
func (k Kind) strikesRedis() bool {
	switch k {
	case KillReplica, FreezeReplica, CutService, RejectService, CutReplication, IsolateReplica:
		return true
	}
	return k.hurts()
}

// moves says whether a fault makes another Redis the master in an orderly way.
func (k Kind) moves() bool {
	switch k.begins() {
	case DeleteMaster, Failover, RestartSet, DrainNode, CutServiceSwitch:
		return true
	}
	return false
}
