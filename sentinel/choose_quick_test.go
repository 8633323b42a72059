package sentinel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestChooseAgainstDumb compares the choice with an obvious version of it: go through
// the rules one by one, and after each keep only those that are as good as the best.
func TestChooseAgainstDumb(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	rules := map[string]int{}
	for n := range 20_000 {
		m, c := randomChoice(rng)
		decision, chosen := m.choose(c)
		want := dumbChoice(m, c)
		if chosen != want {
			t.Fatalf("case %d: chosen %s, by the dumb version %s\n%s", n, podOf(chosen), podOf(want), showChoice(m, c, decision))
		}
		rules[decision.Rule]++
	}
	t.Log(rules)
}

// randomChoice has few values for everything, so that ties are frequent.
func randomChoice(rng *rand.Rand) (*Machine, choice) {
	pick := func(n int) int { return rng.IntN(n) }
	m := NewMachine("mymaster")
	m.now = simEpoch
	m.set = Set{Owner: "redis", Size: 2 + pick(4), Config: Defaults()}
	ids := []string{"a", "b", "c", "d"}
	c := choice{lineage: []string{ids[pick(3)], ids[pick(2)], ""}, anyData: pick(4) == 0, refuseDoomed: pick(3) == 0}
	c.lastMaster = fmt.Sprintf("redis-%d", pick(8))
	c.promotions = []Lineage{{ReplID: c.lineage[0], ReplID2: c.lineage[1], Common: int64(pick(4))}}
	if pick(2) == 0 {
		c.read = map[string]Done{}
	}
	for n := range 1 + pick(5) {
		uid := fmt.Sprintf("uid%d", pick(1000)+1000*n)
		i := &instance{
			link: Link(pick(2) * pick(4)), attached: pick(3) > 0, vitals: NewVitals(m.now),
			pod: Pod{
				UID: uid, Name: fmt.Sprintf("redis-%d", n), Node: fmt.Sprintf("node-%d", pick(2)), Zone: fmt.Sprintf("zone-%d", pick(2)), Cordoned: pick(5) == 0, Ordinal: pick(4),
				Addr: Addr{Host: fmt.Sprintf("10.0.0.%d", n), Port: 6379}, Terminating: pick(5) == 0,
				NodeSilent: pick(5) == 0, Ready: pick(4) > 0, Outdated: pick(6) == 0,
			},
		}
		if pick(5) > 0 {
			i.link = LinkUp
		}
		for range pick(2) * (2 + pick(2)) { // the third death makes it unsteady, while the first is young
			i.deaths = append(i.deaths, m.now.Add(-time.Duration(9+pick(3))*time.Minute))
		}
		if pick(10) > 0 {
			i.snapshot = &Snapshot{
				RunID: fmt.Sprintf("run%d-%d", pick(1000), n), ReplID: ids[pick(3)*pick(2)], Offset: int64(pick(3)),
				Priority: pick(10) / 2 * 50, Keys: int64(pick(2)), Loading: pick(20) == 0, SyncInProgress: pick(20) == 0,
				LinkUp: pick(2) == 0, MasterAddr: Addr{Host: "10.0.0.1", Port: 6379 + pick(2)},
			}
		}
		if c.read != nil && pick(6) > 0 {
			done := Done{}
			if pick(8) == 0 {
				done.Err = errSimLost
			}
			c.read[uid] = done
		}
		m.instances[uid] = i
		if pick(4) == 0 { // the master lives, and most are attached to it
			c.linkedTo = Addr{Host: "10.0.0.1", Port: 6379}
			if i.snapshot != nil && pick(5) > 0 {
				i.snapshot.LinkUp, i.snapshot.MasterAddr = true, c.linkedTo
			}
		}
		switch pick(20) {
		case 0:
			c.not = uid
		case 1:
			c.keep = i.process()
		case 4:
			c.givenUp, c.again = i.process(), pick(2) == 0
		case 5:
			c.followed = func(f *instance) bool { return f.pod.UID != uid }
		case 2:
			c.linkedTo = Addr{Host: "10.0.0.1", Port: 6379}
		case 3:
			c.avoid = location{i.pod.Zone, i.pod.Node}
		}
	}
	return m, c
}

// dumbChoice is the rule book, word by word.
func dumbChoice(m *Machine, c choice) *instance {
	var left []*instance
	for _, i := range m.instances {
		if dumbEligible(m, c, i) {
			left = append(left, i)
		}
	}
	spare := slices.ContainsFunc(left, func(i *instance) bool {
		return !i.unsteady(m.now) && (c.followed == nil || c.followed(i))
	})
	for _, badness := range dumbRules(m, c, spare) {
		left = only(left, badness)
	}
	for _, i := range left { // the last rule compares names
		if i.snapshot.RunID <= left[0].snapshot.RunID {
			left[0] = i
		}
	}
	if len(left) == 0 {
		return nil
	}
	return left[0]
}

// only keeps those that are as good as the best.
func only(list []*instance, badness func(*instance) int64) []*instance {
	var kept []*instance
	for _, i := range list {
		best := true
		for _, j := range list {
			best = best && badness(i) <= badness(j)
		}
		if best {
			kept = append(kept, i)
		}
	}
	return kept
}

func dumbEligible(m *Machine, c choice, i *instance) bool {
	if i.link != LinkUp || i.snapshot == nil || i.pod.UID == c.not {
		return false
	}
	s := i.snapshot
	if c.read != nil {
		if done, asked := c.read[i.pod.UID]; !asked || done.Err != nil {
			return false
		}
	}
	known := c.anyData || s.ReplID == c.lineage[0] || s.ReplID == c.lineage[1]
	linked := c.linkedTo.Host == "" || s.LinkUp && s.MasterAddr == c.linkedTo
	going := i.pod.Terminating || i.pod.Disrupted || i.pod.Ordinal >= m.set.Size
	return !s.Loading && !s.SyncInProgress && s.Priority > 0 && known && linked && (!going || !c.refuseDoomed)
}

// dumbRules are the preferences; less is better.
func dumbRules(m *Machine, c choice, spare bool) []func(*instance) int64 {
	if1 := func(b bool) int64 {
		if b {
			return 1
		}
		return 0
	}
	handsOver := c.linkedTo.Host != ""
	rollout := false
	for _, i := range m.instances {
		rollout = rollout || i.pod.Outdated
	}
	return []func(*instance) int64{
		func(i *instance) int64 {
			newest, before, common := c.lineage[0], c.lineage[1], c.promotions[0].Common
			s := i.snapshot
			return if1(!c.anyData && s.ReplID != newest && (s.ReplID != before || s.Offset >= common))
		},
		func(i *instance) int64 { return if1(c.anyData && i.snapshot.Keys == 0) },
		func(i *instance) int64 {
			return if1(c.anyData && i.snapshot.Keys > 0 && i.pod.Name != c.lastMaster)
		},
		func(i *instance) int64 { return if1(handsOver && i.pod.NodeSilent) },
		func(i *instance) int64 { return if1(handsOver && i.pod.Cordoned) },
		func(i *instance) int64 { return if1(handsOver && !i.pod.Ready) },
		func(i *instance) int64 { return if1(handsOver && i.pod.Outdated) },
		func(i *instance) int64 {
			return if1(spare && len(i.deaths) == 3 && m.now.Sub(i.deaths[0]) < 10*time.Minute || c.again && i.is(c.givenUp))
		},
		func(i *instance) int64 { return int64(i.snapshot.Priority) },
		func(i *instance) int64 { return if1(handsOver && rollout) * int64(i.pod.Ordinal) },
		func(i *instance) int64 { return -i.snapshot.Offset },
		func(i *instance) int64 { return if1(!i.attached) },
		func(i *instance) int64 { return if1(i.is(c.givenUp)) },
		func(i *instance) int64 { return if1(i.pod.Terminating || i.pod.Ordinal >= m.set.Size) },
		func(i *instance) int64 { return if1(i.pod.NodeSilent) },
		func(i *instance) int64 { return if1(i.pod.UID != c.keep.UID || i.snapshot.RunID != c.keep.RunID) },
		func(i *instance) int64 { return if1(i.pod.Cordoned) },
		func(i *instance) int64 { return if1(!i.pod.Ready) },
		func(i *instance) int64 { return if1(i.pod.Outdated) },
		func(i *instance) int64 { return if1(i.pod.Zone == c.avoid.zone) },
		func(i *instance) int64 { return if1(i.pod.Node == c.avoid.node) },
		func(i *instance) int64 { return int64(i.pod.Ordinal) },
	}
}

func podOf(i *instance) string {
	if i == nil {
		return "nobody"
	}
	return i.pod.Name
}

func showChoice(m *Machine, c choice, d Decision) string {
	text := fmt.Sprintf("lineage %q, any data %t, last master %s, size %d, refuse doomed %t, keep %s, given up %s again %t, avoid %s\n", c.lineage, c.anyData, c.lastMaster, m.set.Size, c.refuseDoomed, c.keep.UID, c.givenUp.UID, c.again, c.avoid)
	for _, i := range m.sorted() {
		if i.snapshot != nil {
			text += fmt.Sprintf("%s ordinal %d node %s doomed %t unsteady %t: %s offset %d priority %d keys %d run %s\n", i.pod.Name, i.pod.Ordinal,
				i.pod.Node, m.doomed(i), i.unsteady(m.now), i.snapshot.ReplID, i.snapshot.Offset, i.snapshot.Priority, i.snapshot.Keys, i.snapshot.RunID)
		}
	}
	return text + fmt.Sprintf("chosen %s by %q at %s\n", d.Chosen, d.Rule, m.now.Format(time.TimeOnly))
}
