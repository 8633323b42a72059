package sentinel

import (
	"errors"
	"strconv"
	"time"
)

// The API server: the record with its resourceVersion, the set and its pods, calls
// that fail, and watches that lag.

type api struct {
	record Record
	// during an outage: what becomes of a call.
	outage outage
	// watchLag is the share of changes that a watch delivers late.
	watchLag float64
}

type outage int

const (
	refuses   outage = iota // an error at once
	hangs                   // nothing until the caller's timeout
	forgetful               // carried out, now or later, and not answered
)

var (
	errUnreachable = errors.New("the API server does not answer")
	errTimeout     = errors.New("no answer in time")
)

const simAPITimeout = 5 * time.Second

// set is what Kubernetes tells.
func (s *sim) set() Set {
	set := Set{Master: "mymaster", Owner: "redis", Size: s.size, Config: s.config}
	for _, p := range s.pods {
		pod := p.Pod
		if p.givenUp {
			pod.Addr = Addr{}
		}
		pod.NodeSilent = pod.NodeSilent && s.mutant != "silent node"
		pod.Outdated = pod.Outdated && s.mutant != "revision"
		set.Pods = append(set.Pods, pod)
	}
	return set
}

func (s *sim) podsChanged() {
	for _, v := range s.services {
		s.watch(v, &v.podWatch, SetSeen{Set: s.set()})
	}
}

// watch delivers a change to a service, in order and late.
func (s *sim) watch(v *service, p *pipe, o Observation) {
	run := v.run
	s.carryIn(p, s.rarely(s.watchLag, 10*time.Millisecond, 3*time.Second), func() {
		if v.run == run {
			v.post(o)
		}
	})
}

// call is a request of a service. do is carried out at the server; got hears of it
// within the timeout, or of an error.
func (v *service) call(do func() (any, error), got func(any, error)) {
	s := v.s
	over := false
	answer := func(value any, err error) {
		if !over {
			over = true
			v.resume(func() { got(value, err) })
		}
	}
	s.after(simAPITimeout, func() { answer(nil, errTimeout) })
	way := func() time.Duration { return s.rarely(0.03, 8*time.Millisecond, 500*time.Millisecond) }
	s.after(way(), func() {
		if s.cut[v.place][apiServer] {
			switch s.outage {
			case refuses:
				answer(nil, errUnreachable)
			case forgetful:
				s.after(s.rarely(0.3, time.Millisecond, 10*time.Second), func() { _, _ = do() })
			}
			return
		}
		value, err := do()
		s.after(way(), func() {
			if !s.cut[v.place][apiServer] {
				answer(value, err)
			}
		})
	})
}

// put is the compare-and-swap, with the rules of k8s.Records.
func (s *sim) put(v *service, next Record) (Record, error) {
	if next.Version == "" {
		next.Epoch = max(next.Epoch, v.highest+1)
	}
	if next.Epoch < v.highest || next.Version != s.record.Version && s.mutant != "compare-and-swap" {
		s.count("commit refused")
		s.tell("commit of %s refused: %s, target %s", v.name, next.Phase, or(next.Target.Pod, "none"))
		return Record{}, ErrConflict
	}
	before := s.record
	s.wrote()
	next.Seq++
	next.Format = Format
	next.Version = strconv.FormatUint(uint64(s.nextVersion()), 10)
	s.record = next
	v.highest = max(v.highest, next.Epoch)
	s.count("phase " + string(next.Phase))
	s.tell("commit of %s: epoch %d %s, master %s, target %s, fence %d/%d, term %d (%s)", v.name, next.Epoch, next.Phase,
		or(next.Master.Pod, "nobody"), or(next.Target.Pod, "none"), next.Fence, next.TargetFence, next.Term, next.Reason)
	s.checkCommit(v, before, next)
	for _, w := range s.services {
		s.watch(w, &w.recordWatch, RecordSeen{Record: next})
	}
	return next, nil
}

func (s *sim) nextVersion() int {
	s.names++
	return s.names
}

// ask is a SENTINEL FAILOVER on any replica of the service.
func (s *sim) ask(v *service) {
	if !v.up || v.stalled || s.cut[v.place][apiServer] || v.machine.CanFailover() != nil ||
		s.record.Phase != Stable || s.record.Requested != nil {
		return
	}
	next := s.record
	next.Requested = &Request{By: "a client"}
	if _, err := s.put(v, next); err == nil {
		s.count("fault: failover asked for")
	}
}
