package k8s

import (
	"fmt"
	"slices"
	"sync"

	"github.com/sirupsen/logrus"
	corev1 "k8s.io/api/core/v1"
)

// The kinds of problems in what users declared; they are reasons of Kubernetes
// Events and values of a metric's label.
const (
	// InvalidOption: an annotation of a StatefulSet has no effect.
	InvalidOption = "InvalidOption"
	// DuplicateMaster: something else claims the name of a master.
	DuplicateMaster = "DuplicateMaster"
	// UnreadableRecord: a Lease is not the record that it should be.
	UnreadableRecord = "UnreadableRecord"
	// RecordTooNew: a later version of the service wrote a Lease, so that this one leaves
	// it alone, and its master.
	RecordTooNew = "RecordTooNew"
	// MasterRenamed: a StatefulSet names another master than its pods that have the data.
	MasterRenamed = "MasterRenamed"
	// UnfitCertificate: what the service shows to Redis is no certificate for clients.
	UnfitCertificate = "UnfitCertificate"
)

// problem is something that a person has to mend in an object.
type problem struct {
	kind   string
	master string // empty if not even that is known
	object corev1.ObjectReference
	text   string
}

// problems reports each problem once: log, counter, and a Kubernetes Event on the
// object. A problem that went away and comes again is reported again. All replicas
// of the service see it; only the one that leads writes the Event.
type problems struct {
	log    logrus.FieldLogger
	events *Events
	count  func(kind, master string)

	mu      sync.Mutex
	leading bool
	open    map[string]map[problem]bool
}

func newProblems(log logrus.FieldLogger, events *Events, count func(kind, master string)) *problems {
	if count == nil {
		count = func(string, string) {}
	}
	return &problems{log: log, events: events, count: count, open: make(map[string]map[problem]bool)}
}

// replace says all that is wrong now under a key: a master, or a Lease.
func (p *problems) replace(key string, now []problem) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.open[key]
	if len(now) == 0 {
		delete(p.open, key)
		return
	}
	open := make(map[problem]bool, len(now))
	for _, one := range now {
		if !before[one] && !open[one] {
			p.report(one)
		}
		open[one] = true
	}
	p.open[key] = open
}

func (p *problems) forget(key string) { p.replace(key, nil) }

func (p *problems) report(one problem) {
	p.log.WithFields(logrus.Fields{
		"master": one.master, "reason": one.kind, "object": one.object.Kind + "/" + one.object.Name, "problem": short(one.text, mostMessage),
	}).Warn("declaration has a mistake")
	p.count(one.kind, one.master)
	if p.leading {
		p.tell(one)
	}
}

func (p *problems) tell(one problem) {
	p.events.on(one.object, corev1.EventTypeWarning, one.kind, one.text)
}

// lead begins or ends the writing of Events; what is open is written at once.
func (p *problems) lead(leading bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leading = leading
	if !leading {
		return
	}
	for _, open := range p.open {
		for one := range open {
			p.tell(one)
		}
	}
}

// rivals reports all claims but the first, and pods that belong to no claim where a
// StatefulSet has the name.
func rivals(master string, m membership, pods []*podRow) []problem {
	all := m.claims
	if len(all) == 0 {
		return nil
	}
	var found []problem
	for _, loser := range all[1:] {
		if loser.set == nil {
			continue // it may be the older one: its object comes on another watch
		}
		why := "which is older"
		if !loser.claims(master) {
			why = "whose template names it"
		}
		found = append(found, problem{DuplicateMaster, master, setRef(loser.set.identity), fmt.Sprintf(
			"master name %q belongs to StatefulSet %s, %s; the pods of %s are ignored", master, all[0].owner, why, loser.owner)})
	}
	for _, pod := range pods {
		switch {
		case m.has(pod) || slices.ContainsFunc(all[1:], func(c claim) bool { return c.owner == pod.owner }):
		case pod.foreign:
			found = append(found, problem{DuplicateMaster, master, podRef(pod.identity), fmt.Sprintf(
				"master name %q belongs to StatefulSet %s; pod %s of another controller is ignored", master, all[0].owner, pod.name)})
		default:
			found = append(found, problem{DuplicateMaster, master, podRef(pod.identity), fmt.Sprintf(
				"master name %q belongs to StatefulSet %s, which did not make pod %s: it is ignored; annotation %s=labelled of the StatefulSet would count it",
				master, all[0].owner, pod.name, AnnotationMembers)})
		}
	}
	return found
}
