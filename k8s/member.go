package k8s

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// membership tells which pods with a master's label are its set.
//
// Whoever may make a pod gives it the labels and the name that he likes. A member is told
// the set's password, gets all its data and may become master; so labels alone make nobody
// a member of a set that a StatefulSet declares, unless that says so.
type membership struct {
	claims []claim // of the master's name, the first has it
	// labelled: pods without a controller are members, too.
	labelled bool
	// renamed is the master whose data pods of this name would not get; see Watch.renamed. None
	// of them is a member then.
	renamed string
	// joined are the UIDs of those that are members already.
	joined map[string]bool
}

// set is the StatefulSet that has the name, nil while none is known.
func (m membership) set() *setRow {
	if len(m.claims) == 0 {
		return nil
	}
	return m.claims[0].set
}

// of cuts pods down to the members. Where no StatefulSet claims the name all are.
func (m membership) of(pods []*podRow) []*podRow {
	return slices.DeleteFunc(slices.Clone(pods), func(pod *podRow) bool { return !m.has(pod) })
}

func (m membership) has(pod *podRow) bool {
	switch {
	case m.renamed != "":
		return false
	case len(m.claims) == 0:
		return true
	case pod.foreign:
		return false
	case m.claims[0].set == nil, m.labelled:
		return pod.owner == "" || pod.owner == m.claims[0].owner
	}
	return m.claims[0].made(pod) || m.joined[pod.uid] && pod.owner == ""
}

// made: it is a pod of this StatefulSet, one that its controller does not delete again.
//
// Pods of a StatefulSet that was deleted and made again hold the data: they are older than
// it, and have the former one as their owner, or none until they are adopted. They lose
// their owner before it is gone.
func (c claim) made(pod *podRow) bool {
	number, named := strings.CutPrefix(pod.name, c.owner+"-")
	if !named || !isOrdinal(number) {
		return false
	}
	former := c.set.leaving || pod.created < c.set.created.Unix()
	return pod.ownerUID == c.set.uid || former && (pod.owner == "" || pod.owner == c.owner)
}

func isOrdinal(text string) bool {
	n, err := strconv.ParseUint(text, 10, 31)
	return err == nil && strconv.FormatUint(n, 10) == text
}

// joined remembers who is a member. A StatefulSet that is deleted without its pods leaves
// them without an owner, and what watches pods may say so before what watches StatefulSets.
type joined struct {
	mu sync.Mutex
	of map[string]map[string]bool // UIDs by the master's name
}

func (j *joined) replace(master string, set sentinel.Set) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(set.Pods) == 0 {
		delete(j.of, master)
		return
	}
	members := make(map[string]bool, len(set.Pods))
	for i := range set.Pods {
		members[set.Pods[i].UID] = true
	}
	if j.of == nil {
		j.of = make(map[string]map[string]bool)
	}
	j.of[master] = members
}

// in is not written to any more.
func (j *joined) in(master string) map[string]bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.of[master]
}
