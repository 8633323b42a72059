package sentinel

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// choice is what a choice of a master depends on, beside the instances.
type choice struct {
	// lineage: the replication ids that hold the master's data, newest first.
	lineage []string
	// promotions tell up to where data of an id is the same as that of the id before it,
	// the oldest first.
	promotions []Lineage
	// most is an offset that nobody with the master's data is beyond, 0 where that is not known.
	most int64
	// anyData: there is no lineage to hold; the most data wins. lastMaster is the name of the
	// pod that was master then.
	anyData    bool
	lastMaster string
	// read: only these were read in this operation; nil accepts all.
	read map[string]Done
	// linkedTo: only replicas whose link to this master is up; zero accepts all.
	linkedTo Addr
	// refuseDoomed: none whose pod is about to go, but for those that may bridge.
	refuseDoomed bool
	// bridges tells who may take over though its pod is about to go; nil for nobody.
	bridges func(*instance) bool
	// followed tells who was being given the master's data when that was read last; nil
	// where everybody has it, or will. spare: one of these is steady, so that little is
	// lost by passing over those that are not.
	followed func(*instance) bool
	spare    bool
	// doomed tells whose pod is about to go; restarted, who may have but what lay on its disk.
	doomed, restarted func(*instance) bool
	// moves says why one does not stand still though it was told to, so that its offset cannot be
	// compared, and "" of the others; nil where nobody was told.
	moves func(*instance) string
	// brought tells of whom what lay on its disk is not the set's data.
	brought func(*instance) bool
	// rollout: pods of the set will be replaced, from the highest ordinal down.
	rollout bool
	// now is the time of the choice.
	now time.Time
	// not: never this pod.
	not string
	// avoid is where the master fails or leaves: another zone and node are preferred.
	avoid location
	// keep: among equals this process is preferred, which was master until now.
	keep Process
	// givenUp: among equals this process is the last one, which was master until it fell
	// silent. It takes orders again, and may still be no good as a master.
	givenUp Process
	// again: it was chosen for its data though it had been given up, and was no good. The
	// others have less.
	again bool
}

// location is where a pod runs; its parts are empty where that is not known.
type location struct{ zone, node string }

// rule compares two eligible instances; negative prefers a.
type rule struct {
	name    string
	compare func(c choice, a, b *instance) int
}

// rules are the order of preference. After the data's lineage it is Sentinel's
// own (sentinelSelectSlave: priority, offset, run id) with Kubernetes' part between.
var rules = []rule{
	{"newest lineage", func(c choice, a, b *instance) int { return cmp.Compare(c.age(a), c.age(b)) }},
	{"most data", func(c choice, a, b *instance) int {
		return first(!c.anyData, 0, -compareBool(a.snapshot.Keys > 0, b.snapshot.Keys > 0))
	}},
	{"its disk was the master's", func(c choice, a, b *instance) int { // a log of writes has no replication id to tell
		brought := c.anyData && a.snapshot.Keys > 0 && b.snapshot.Keys > 0
		return first(brought, -compareBool(a.pod.Name == c.lastMaster, b.pod.Name == c.lastMaster), 0)
	}},
	{"its node is heard of", whileHandingOver(silentNode)}, // it will catch up, whoever it is
	{"its node stays", whileHandingOver(cordoned)},
	{"its pod is ready", whileHandingOver(unready)},
	{"its pod was replaced already", whileHandingOver(outdated)},
	{"it did not fail to take over", whileHandingOver(func(_ choice, a, b *instance) int { return compareBool(a.failed, b.failed) })},
	{"steady", func(c choice, a, b *instance) int { return compareBool(c.unsteady(a), c.unsteady(b)) }},
	{"lowest replica-priority", func(_ choice, a, b *instance) int { return cmp.Compare(a.snapshot.Priority, b.snapshot.Priority) }},
	{"its pod is replaced last", whileHandingOver(func(c choice, a, b *instance) int {
		return first(c.rollout, cmp.Compare(a.pod.Ordinal, b.pod.Ordinal), 0)
	})},
	{"highest offset", func(_ choice, a, b *instance) int { return cmp.Compare(b.snapshot.Offset, a.snapshot.Offset) }},
	{"it did not restart", func(c choice, a, b *instance) int { return compareBool(c.restarted(a), c.restarted(b)) }},
	{"it did not fall silent", func(c choice, a, b *instance) int { return compareBool(a.is(c.givenUp), b.is(c.givenUp)) }},
	{"its pod stays", func(c choice, a, b *instance) int { return compareBool(c.doomed(a), c.doomed(b)) }},
	{"its node is heard of", silentNode},
	{"it was the master", func(c choice, a, b *instance) int { return compareBool(b.is(c.keep), a.is(c.keep)) }},
	{"its node stays", cordoned},
	{"its pod is ready", unready},
	{"its pod was replaced already", outdated},
	{"another zone", func(c choice, a, b *instance) int {
		return compareBool(a.pod.Zone == c.avoid.zone, b.pod.Zone == c.avoid.zone)
	}},
	{"another node", func(c choice, a, b *instance) int {
		return compareBool(a.pod.Node == c.avoid.node, b.pod.Node == c.avoid.node)
	}},
	{"lowest ordinal", func(_ choice, a, b *instance) int { return cmp.Compare(a.pod.Ordinal, b.pod.Ordinal) }},
	{"lowest run id", func(_ choice, a, b *instance) int { return cmp.Compare(a.snapshot.RunID, b.snapshot.RunID) }},
}

func silentNode(_ choice, a, b *instance) int { return compareBool(a.pod.NodeSilent, b.pod.NodeSilent) }
func cordoned(_ choice, a, b *instance) int   { return compareBool(a.pod.Cordoned, b.pod.Cordoned) }
func unready(_ choice, a, b *instance) int    { return compareBool(!a.pod.Ready, !b.pod.Ready) }
func outdated(_ choice, a, b *instance) int   { return compareBool(a.pod.Outdated, b.pod.Outdated) }

// whileHandingOver is a rule for masters that live.
func whileHandingOver(compare func(c choice, a, b *instance) int) func(c choice, a, b *instance) int {
	return func(c choice, a, b *instance) int {
		if !c.handsOver() {
			return 0
		}
		return compare(c, a, b)
	}
}

// choose picks the next master, nil if nobody is eligible, and says why.
func (m *Machine) choose(c choice) (Decision, *instance) {
	instances := m.sorted()
	c.doomed, c.restarted, c.brought, c.now = m.doomed, m.restarted, m.brought, m.now
	c.rollout = slices.ContainsFunc(instances, func(i *instance) bool { return i.pod.Outdated })
	var eligible []*instance
	var decision Decision
	for _, i := range instances {
		refused := c.refuse(i)
		if refused == "" {
			eligible = append(eligible, i)
		}
		decision.Candidates = append(decision.Candidates, candidate(i, refused))
	}
	if len(eligible) == 0 {
		return decision, nil
	}
	c.spare = slices.ContainsFunc(eligible, func(i *instance) bool {
		return !i.unsteady(c.now) && (c.followed == nil || c.followed(i))
	})
	slices.SortStableFunc(eligible, func(a, b *instance) int { r, _ := c.prefer(a, b); return r })
	chosen := eligible[0]
	decision.Chosen, decision.Rule = chosen.pod.Name, "the only candidate"
	if len(eligible) > 1 {
		_, decision.Rule = c.prefer(chosen, eligible[1])
	}
	return decision, chosen
}

// handsOver: the master lives, and gives the chosen one all that it has.
func (c choice) handsOver() bool { return !c.linkedTo.IsZero() }

// unsteady: as a master it will hardly last longer than before.
func (c choice) unsteady(i *instance) bool {
	return c.spare && i.unsteady(c.now) || c.again && i.is(c.givenUp)
}

// prefer compares by the first rule that tells the two apart.
func (c choice) prefer(a, b *instance) (int, string) {
	for _, r := range rules {
		if d := r.compare(c, a, b); d != 0 {
			return d, r.name
		}
	}
	return 0, "equal in everything"
}

// refuse says why an instance can't be chosen, "" if it can.
func (c choice) refuse(i *instance) string {
	switch s := i.snapshot; {
	case i.pod.UID == c.not:
		return "is the master"
	case !i.up():
		return "not reachable"
	case c.read != nil && !c.answered(i):
		return "was not read: " + errText(c.read[i.pod.UID].Err)
	case s.Loading:
		return "still loading"
	case c.moves != nil && c.moves(i) != "":
		return c.moves(i)
	case s.SyncInProgress:
		return "in the middle of a full resync"
	case i.promotion.passedOver(c.now):
		return "refused its promotion: " + i.promotion.why
	case s.Priority == 0:
		return "replica-priority 0"
	case c.refuseDoomed && c.doomed(i) && (c.bridges == nil || !c.bridges(i)):
		return "its pod is about to go"
	case !c.anyData && c.age(i) < 0:
		return fmt.Sprintf("other data (replication id %s)", s.ReplID)
	case c.most > 0 && s.Offset > c.most:
		return fmt.Sprintf("claims offset %d, more than its master can have written", s.Offset)
	case c.brought(i) && (!c.anyData || s.Keys > 0):
		return "restarted: what it found on its disk is not the set's, which is memory-only"
	case !c.linkedTo.IsZero() && (s.MasterAddr != c.linkedTo || !s.LinkUp):
		return "its link to the master is down"
	}
	return ""
}

func (c choice) answered(i *instance) bool {
	done, ok := c.read[i.pod.UID]
	return ok && done.Err == nil
}

// age is the place of the instance's data in the lineage, 0 the newest, -1 outside. Who
// did not hear of a promotion yet, and has nothing that the promoted one had not, is as
// new as those who did: one of these may have less.
func (c choice) age(i *instance) int {
	if c.anyData {
		return 0
	}
	name := i.snapshot.ReplID
	for _, p := range c.promotions {
		name = p.name(name, i.snapshot.Offset)
	}
	return slices.IndexFunc(c.lineage, func(id string) bool { return id != "" && id == name })
}

func candidate(i *instance, refused string) Candidate {
	c := Candidate{Pod: i.pod.Name, Node: i.pod.Node, Zone: i.pod.Zone, Refused: refused}
	if s := i.snapshot; s != nil {
		c.Offset, c.ReplID, c.Priority, c.RunID = s.Offset, s.ReplID, s.Priority, s.RunID
	}
	return c
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func first(cond bool, yes, no int) int {
	if cond {
		return yes
	}
	return no
}
