package sentinel

import (
	"slices"
	"testing"
)

// TestPromotionUnheard: a master dies right after its promotion. One replica had heard
// its new replication id and lost the last bytes on the way, the other had not heard of
// it. What lies before a promotion is the same under both ids.
func TestPromotionUnheard(t *testing.T) {
	for _, test := range []struct {
		what           string
		heard, unheard int64
		want           string
	}{
		{"it has more of what both have", 90, 100, "unheard"},
		{"the same", 100, 100, "heard"},
		{"what was written after the promotion is newer", 101, 100, "heard"},
		{"what lies beyond the promotion is of a master that was given up", 90, 101, "heard"},
	} {
		m := NewMachine("mymaster")
		m.rec.Lineage = Lineage{ReplID: "new", ReplID2: "old", Offset: 100, Common: 101}
		m.instances["a"] = follower("a", "heard", "new", test.heard)
		m.instances["b"] = follower("b", "unheard", "old", test.unheard)
		decision, chosen := m.choose(choice{lineage: m.lineage(), promotions: m.promotions()})
		if chosen == nil || chosen.pod.Name != test.want {
			t.Errorf("%s: chosen %s (%s), want %s", test.what, podOf(chosen), decision.Rule, test.want)
		}
	}
}

// TestHeirKnowsTheLastPromotion: when the one that had not heard is promoted in turn and
// dies, those who had heard are still known, and compared.
func TestHeirKnowsTheLastPromotion(t *testing.T) {
	m := NewMachine("mymaster")
	m.rec.Lineage = Lineage{ReplID: "new", ReplID2: "old", Offset: 100, Common: 101}
	heir := follower("b", "unheard", "old", 100)
	heir.snapshot.ReplID2, heir.snapshot.SecondOffset = "oldest", 50
	m.rec.Lineage = m.inherited(heir)
	if ids := m.lineage(); !slices.Contains(ids, "new") || !slices.Contains(ids, "old") {
		t.Fatalf("the lineage is %q", ids)
	}
	c := choice{lineage: m.lineage(), promotions: m.promotions()}
	heard, other := c.age(follower("a", "heard", "new", 90)), c.age(follower("c", "other", "old", 80))
	if heard != other || heard < 0 {
		t.Errorf("who has 90 is of age %d, who has 80 of age %d: their offsets are not compared", heard, other)
	}
}

func follower(uid, name, replID string, offset int64) *instance {
	return &instance{
		pod: Pod{UID: uid, Name: name, Addr: Addr{Host: name, Port: 6379}}, link: LinkUp,
		snapshot: &Snapshot{RunID: uid, Role: RoleReplica, ReplID: replID, Offset: offset, SecondOffset: -1, Priority: 100},
	}
}
