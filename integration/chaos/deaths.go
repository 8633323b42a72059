package chaos

import (
	"fmt"
	"strings"
)

// death is the end of the leader at a named step of what another fault begins. In one
// of two it is back at once and may lead on itself; in the other another one has to.
type death struct {
	begins Kind
	point  string // a word of SENTINEL SIMULATE-FAILURE; see sentinel.CrashPoints
}

// All steps of a failover, of one over a silent master, and of a switchover. "before
// commit-promoting" is after all replicas were frozen, "before commit-stable" after
// the promotion.
var (
	deaths     = map[Kind]death{}
	deathKinds = kindsOfDeath([]struct {
		begins Kind
		points []string
	}{
		{KillMaster, []string{
			"after freeze", "before commit-promoting", "after commit-promoting", "after promote", "before commit-stable", "after commit-stable",
		}},
		{FreezeMaster, []string{
			"before commit-failing", "after commit-failing", "after freeze", "before commit-promoting", "after commit-promoting",
			"after promote", "before commit-stable",
		}},
		{Failover, []string{
			"before commit-switching", "after commit-switching", "after pause", "after await-offset", "before demote", "after demote",
			"after promote", "before commit-stable", "after commit-stable",
		}},
	})
)

func kindsOfDeath(all []struct {
	begins Kind
	points []string
},
) (kinds []Kind) {
	for _, of := range all {
		for _, point := range of.points {
			kind := Kind(fmt.Sprintf("leader dies %s on %s", point, of.begins))
			deaths[kind] = death{of.begins, "crash-" + strings.ReplaceAll(point, " ", "-")}
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// begins is the kind of fault that a kind applies to a set, beside what it does to
// the leader.
func (k Kind) begins() Kind {
	if d, dies := deaths[k]; dies {
		return d.begins
	}
	return k
}

// Death is one end of the leader that a step had asked for.
type Death struct {
	Point  string
	Master string // of the set that was being worked on
	Pod    string // of the leader
}

// died says whether the leader died at the step that a fault names.
func (o Outcome) died(f Fault) bool {
	for _, d := range o.Deaths {
		if d.Point == deaths[f.Kind].point {
			return true
		}
	}
	return false
}
