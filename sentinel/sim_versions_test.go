package sentinel

import (
	"slices"
	"strconv"
	"time"
)

// A later version of the service beside this one, of which nothing is seen but the record.

// versionFaults let a later version write a record that this one may not act on.
var versionFaults = []fault{
	{"record of a later version", 4, func(s *sim) { s.writeLater() }},
	{"master crashes", 3, func(s *sim) { s.crash(s.recordMaster()) }},
	{"target crashes", 1, func(s *sim) { s.crash(s.recordTarget()) }},
	{"failover asked for", 2, func(s *sim) { s.ask(s.anyService()) }},
	{"leader changes", 2, func(s *sim) { s.changeLeader() }},
	{"API server away", 1, func(s *sim) { s.loseAPI() }},
}

// writeLater writes a record that needs a later version, and after a while one that all know.
func (s *sim) writeLater() {
	if s.record.Exists() {
		s.rewrite(Format + 1)
		s.after(s.between(100*time.Millisecond, 8*time.Second), func() { s.rewrite(0) })
	}
}

// rewrite is a write by another version. This one's services hear of it.
func (s *sim) rewrite(needs int) {
	s.record.Needs = needs
	s.record.Seq++
	s.record.Version = strconv.Itoa(s.nextVersion())
	s.tell("another version writes the record: it needs format %d", needs)
	for _, v := range s.services {
		s.watch(v, &v.recordWatch, RecordSeen{Record: s.record})
	}
}

// checkLeftAlone: who knew that the record is not for him gave no orders.
func (s *sim) checkLeftAlone(v *service, knew bool, orders []Order) {
	orders = slices.DeleteFunc(slices.Clone(orders), func(o Order) bool { _, report := o.Action.(Report); return report })
	if knew && v.machine.rec.TooNew() != nil && len(orders) > 0 {
		s.violate("left alone", "%s gives the order %T by a record that needs a later version", v.name, orders[0].Action)
	}
}
