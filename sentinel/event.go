package sentinel

import (
	"fmt"
	"strconv"
	"strings"
)

// Events tells what subscribers hear when a committed view replaces another.
// before is nil for a name that is new, after is nil for one that is gone. The
// order is that of a real Sentinel (sentinel.c, as observed): first what was
// seen, then the failover, then the switch with its replicas. usable is how many Sentinels
// there are, see Usable.
func Events(before, after *View, usable int) []Event {
	switch {
	case before == nil && after == nil:
		return nil
	case before == nil:
		return monitored(after)
	case after == nil:
		return []Event{{"-monitor", masterSubject(before)}}
	}
	events := settingChanges(before, after)
	if before.Resets != after.Resets {
		// What a consumer has learnt of this master is void; it learns it anew.
		events = append(events, Event{"+reset-master", masterSubject(before)})
		before = &View{
			Name: before.Name, Config: before.Config, Epoch: before.Epoch, Master: before.Master,
			Failover: before.Failover, Selected: before.Selected,
		}
	}
	switched := before.Master.Addr != after.Master.Addr
	if switched {
		events = append(events, failoverBegin(before, after)...)
		events = append(events, failoverEnd(before, after)...)
	} else {
		events = append(events, masterHealth(before, after, usable)...)
		events = append(events, failoverBegin(before, after)...)
	}
	return append(events, replicaChanges(before, after, switched)...)
}

// PeerEvents is the same for the other replicas of the service, as every master
// sees them.
func PeerEvents(master *View, before, after []Peer) []Event {
	known := make(map[string]Peer, len(before))
	for _, p := range before {
		known[p.ID] = p
	}
	var events []Event
	for _, p := range after {
		old, ok := known[p.ID]
		delete(known, p.ID)
		subject := peerSubject(p, master)
		switch {
		case !ok:
			events = append(events, Event{"+sentinel", subject})
		case p.Addr != old.Addr:
			events = append(events, Event{"+sentinel-address-switch", strings.Join([]string{
				masterSubject(master), "ip", p.Addr.Host, "port", p.Addr.PortString(), "for", p.ID,
			}, " ")})
		}
		switch {
		case p.SDown && !old.SDown:
			events = append(events, Event{"+sdown", subject})
		case !p.SDown && old.SDown:
			events = append(events, Event{"-sdown", subject})
		}
	}
	return append(events, vanished(master, before, known)...)
}

// vanished tells those peers as down that are not listed any more: a Sentinel never
// forgets one, so that no event says more, and consumers stop asking it.
func vanished(master *View, before []Peer, gone map[string]Peer) (events []Event) {
	for _, p := range before {
		if _, ok := gone[p.ID]; ok && !p.SDown {
			events = append(events, Event{"+sdown", peerSubject(p, master)})
		}
	}
	return events
}

// settingChanges tells the options of the last SENTINEL SET in the order given.
func settingChanges(before, after *View) (events []Event) {
	if before.Sets == after.Sets {
		return nil
	}
	for _, s := range after.LastSet {
		events = append(events, Event{"+set", masterSubject(before) + " " + s.Option + " " + s.Value})
	}
	return events
}

func monitored(v *View) []Event {
	events := []Event{{"+monitor", masterSubject(v) + " quorum " + strconv.Itoa(v.Config.Quorum)}}
	for i := range v.Replicas {
		events = append(events, Event{"+slave", replicaSubject(&v.Replicas[i], v)})
	}
	return events
}

// masterHealth compares the same master before and after. The votes that are told are those
// that there are: with fewer than the quorum a Sentinel would say nothing, and do nothing.
// Here the Lease decides.
func masterHealth(before, after *View, usable int) []Event {
	var events []Event
	subject := masterSubject(after)
	if before.Master.RunID != "" && after.Master.RunID != "" && before.Master.RunID != after.Master.RunID {
		events = append(events, Event{"+reboot", subject})
	}
	down := func(was, is bool, name, detail string) {
		switch {
		case is && !was:
			events = append(events, Event{"+" + name, subject + detail})
		case was && !is:
			events = append(events, Event{"-" + name, subject})
		}
	}
	down(before.Master.SDown, after.Master.SDown, "sdown", "")
	down(before.Master.ODown, after.Master.ODown, "odown", fmt.Sprintf(" #quorum %d/%d", min(usable, after.Config.Quorum), after.Config.Quorum))
	return events
}

// failoverBegin tells the part of a failover that lies before the promotion, as
// far as after has come and before had not. A view that jumps over states tells
// the story in full all the same: a subscriber of any replica hears it once.
func failoverBegin(before, after *View) []Event {
	from, to := stage(before), stage(after)
	if before.Master.Addr != after.Master.Addr {
		to = stageOf(WaitPromotion)
	}
	if from >= to {
		if from > 0 && to == 0 { // given up, after a replica was selected
			return []Event{{"-failover-abort-slave-timeout", masterSubject(after)}}
		}
		return nil
	}
	old := masterSubject(before)
	selected := selectedSubject(before, after)
	story := []struct {
		stage  int
		events []Event
	}{
		{stageOf(WaitStart), []Event{
			{"+new-epoch", strconv.FormatUint(after.Epoch, 10)},
			{"+try-failover", old},
		}},
		{stageOf(SelectReplica), []Event{
			{"+elected-leader", old},
			{"+failover-state-select-slave", old},
		}},
		{stageOf(SendReplicaOfNoOne), []Event{
			{"+selected-slave", selected},
			{"+failover-state-send-slaveof-noone", selected},
		}},
		{stageOf(WaitPromotion), []Event{{"+failover-state-wait-promotion", selected}}},
	}
	var events []Event
	for _, part := range story {
		if part.stage > from && part.stage <= to {
			events = append(events, part.events...)
		}
	}
	return events
}

// failoverEnd tells the promotion and the switch. Replicas that already follow
// are told with +slave, the former master last (as sentinelResetMasterAndChangeAddress
// does when it rebuilds its table).
func failoverEnd(before, after *View) []Event {
	old := masterSubject(before)
	promoted := selectedSubject(before, after)
	events := []Event{
		{"-role-change", promoted + " new reported role is master"},
		{"+promoted-slave", promoted},
		{"+failover-state-reconf-slaves", old},
	}
	for i := range after.Replicas {
		if r := &after.Replicas[i]; r.Addr != before.Master.Addr {
			subject := replicaSubject(r, before)
			events = append(events, Event{"+slave-reconf-sent", subject})
		}
	}
	events = append(events,
		Event{"+failover-end", old},
		Event{"+switch-master", strings.Join([]string{
			after.Name,
			before.Master.Addr.Host, before.Master.Addr.PortString(),
			after.Master.Addr.Host, after.Master.Addr.PortString(),
		}, " ")})
	return events
}

// replicaChanges tells new, gone, failing and recovered replicas. After a switch
// every replica is told again, since a consumer forgets them with the master. One
// that is not listed any more was +sdown before: a Sentinel has no other word for it.
func replicaChanges(before, after *View, switched bool) []Event {
	known := make(map[Addr]*InstanceView, len(before.Replicas)+1)
	for i := range before.Replicas {
		known[before.Replicas[i].Addr] = &before.Replicas[i]
	}
	var events, last []Event
	for i := range after.Replicas {
		r := &after.Replicas[i]
		subject := replicaSubject(r, after)
		old := known[r.Addr]
		switch {
		case switched && r.Addr == before.Master.Addr:
			last = append(last, Event{"+slave", subject})
			if r.SDown {
				last = append(last, Event{"+sdown", subject})
			}
			continue
		case switched:
			events = append(events, Event{"+slave", subject})
		case old == nil:
			events = append(events, Event{"+slave", subject})
		}
		events = append(events, replicaHealth(old, r, subject)...)
		delete(known, r.Addr)
	}
	if !switched {
		events = append(events, lost(before, known)...)
	}
	return append(events, last...)
}

func lost(before *View, gone map[Addr]*InstanceView) (events []Event) {
	for i := range before.Replicas {
		if r := &before.Replicas[i]; gone[r.Addr] == r && !r.SDown {
			events = append(events, Event{"+sdown", replicaSubject(r, before)})
		}
	}
	return events
}

func replicaHealth(old, now *InstanceView, subject string) []Event {
	if old == nil {
		if now.SDown {
			return []Event{{"+sdown", subject}}
		}
		return nil
	}
	var events []Event
	if now.SDown && !old.SDown {
		events = append(events, Event{"+sdown", subject})
	}
	if !now.SDown && old.SDown {
		events = append(events, Event{"-sdown", subject})
	}
	if old.RunID != "" && now.RunID != "" && old.RunID != now.RunID {
		events = append(events, Event{"+reboot", subject})
	}
	return events
}

// stages numbers the states of a failover in their order.
var stages = []FailoverState{NoFailover, WaitStart, SelectReplica, SendReplicaOfNoOne, WaitPromotion, ReconfReplicas, UpdateConfig}

func stage(v *View) int { return stageOf(v.Failover) }

func stageOf(s FailoverState) int {
	for i, state := range stages {
		if state == s {
			return i
		}
	}
	return 0
}

// selectedSubject is the promoted instance as a replica of the old master.
func selectedSubject(before, after *View) string {
	addr := after.Selected
	if addr.IsZero() {
		addr = after.Master.Addr
	}
	return replicaSubject(&InstanceView{Addr: addr}, before)
}

// The subjects: `%@` of Sentinel's sentinelEvent.

func masterSubject(v *View) string {
	return strings.Join([]string{"master", v.Name, v.Master.Addr.Host, v.Master.Addr.PortString()}, " ")
}

func replicaSubject(r *InstanceView, v *View) string {
	return "slave " + r.Addr.String() + " " + r.Addr.Host + " " + r.Addr.PortString() + at(v)
}

func peerSubject(p Peer, v *View) string {
	return "sentinel " + p.ID + " " + p.Addr.Host + " " + p.Addr.PortString() + at(v)
}

func at(v *View) string {
	return " @ " + v.Name + " " + v.Master.Addr.Host + " " + v.Master.Addr.PortString()
}
