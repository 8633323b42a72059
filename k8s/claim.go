package k8s

import (
	"cmp"
	"slices"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// claim is a StatefulSet's wish to be the one behind a master name. set is nil
// while only its pods are known: it is deleted, or its object has yet to come.
type claim struct {
	owner string
	set   *setRow
}

// claims orders all who claim a master name; the first has it. The older
// StatefulSet keeps the name, so that a copy made by mistake takes nothing over. One whose
// template does not claim it comes after those: any pod can name an owner. One that is
// known by its pods only comes last.
func claims(master string, sets []*setRow, pods []*podRow) []claim {
	var all []claim
	for _, set := range sets {
		all = append(all, claim{set.name, set})
	}
	for _, pod := range pods {
		known := pod.owner == "" || slices.ContainsFunc(all, func(c claim) bool { return c.owner == pod.owner })
		if !known {
			all = append(all, claim{owner: pod.owner})
		}
	}
	slices.SortFunc(all, func(a, b claim) int {
		switch {
		case a.set != nil && b.set == nil:
			return -1
		case a.set == nil && b.set != nil:
			return 1
		case a.claims(master) && !b.claims(master):
			return -1
		case !a.claims(master) && b.claims(master):
			return 1
		case a.set != nil && !a.set.created.Equal(b.set.created):
			return a.set.created.Compare(b.set.created)
		}
		return cmp.Compare(a.owner, b.owner)
	})
	return all
}

// claims: its template names the master.
func (c claim) claims(master string) bool { return c.set != nil && c.set.master == master }

// toSet assembles what Kubernetes says about a master.
func toSet(master string, m membership, pods []*podRow, v values, announce announcer) sentinel.Set {
	set := sentinel.Set{Master: master, Config: v.config}
	all := m.claims
	for _, row := range m.of(pods) {
		pod := toPod(row, v.port, announce)
		pod.Outdated = len(all) > 0 && all[0].set != nil && all[0].set.outdates(row)
		set.Pods = append(set.Pods, pod)
	}
	slices.SortFunc(set.Pods, byOrdinal)
	set.Size = len(set.Pods)
	if len(all) > 0 {
		set.Owner, set.OwnerUID = all[0].owner, m.ownerUID(pods)
		if all[0].set != nil {
			set.Size, set.First = all[0].set.size, all[0].set.first
		}
	}
	return set
}
