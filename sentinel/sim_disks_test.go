package sentinel

import (
	"slices"
	"time"
)

// Disks: what processes have saved, what their successors find, and a set of which all
// processes end and come back with that.

// disk is what a pod's Redis saved last, as an RDB file tells it.
type disk struct {
	data   []int32
	offset int64
	replid string
}

// lossSeen is what the checker notes from the moment on in which nobody was left.
type lossSeen struct {
	began time.Duration // zero while somebody lives that lived before
	// anybody is when the first one was back, loading or not, heir the first one that had the
	// master's data.
	anybody, heir time.Duration
	// again: one that was back ended, or another leader came. What was waited for by then is
	// not known here.
	again bool
}

var errSimLoading = errorString("LOADING Redis is loading the dataset in memory")

type errorString string

func (e errorString) Error() string { return string(e) }

func (r *server) save() {
	if r != nil && r.up && !r.loading && !r.syncing {
		r.s.tell("%s saves %d writes", r.pod.Name, len(r.data))
		r.pod.disk = &disk{slices.Clone(r.data), r.offset(), r.replid}
	}
}

// restartAll lets pods save at different times, ends all processes in one moment, and
// brings them back close to each other: within a second, or after a back-off for longer
// than anybody is waited for. Now and then one is much later.
func (s *sim) restartAll() {
	if m := s.recordMaster(); m == nil || s.record.Phase != Stable || slices.ContainsFunc(s.pods, func(p *simPod) bool { return !p.alive() }) {
		return
	}
	for _, p := range s.pods {
		if s.chance(0.9) {
			s.after(s.between(0, 2*time.Second), func() { p.server.save() })
		}
	}
	rest := s.between(100*time.Millisecond, 2*time.Second)
	if s.chance(0.7) {
		rest = s.between(9*time.Second, 15*time.Second)
	}
	s.after(2*time.Second, func() {
		if s.healed {
			return
		}
		s.tell("all processes end")
		for _, p := range s.pods {
			p.rest = rest + s.rarely(0.2, time.Second, 15*time.Second)
			s.crash(p.server)
		}
	})
}

// endOneBack ends one that is back, while the others are waited for.
func (s *sim) endOneBack() {
	s.after(s.between(8*time.Second, 18*time.Second), func() {
		r := s.anyServer()
		if s.loss.began > 0 && !s.healed && r != nil && r.up {
			r.pod.rest = s.between(100*time.Millisecond, 5*time.Second)
			r.die()
		}
	})
}

// readDisk gives a new process what lies on its pod's disk, at once or after loading it.
func (r *server) readDisk() {
	s, d := r.s, r.pod.disk
	if s.loss.began > 0 && s.loss.anybody == 0 {
		s.loss.anybody = s.now
	}
	if d == nil {
		return
	}
	loaded := func() {
		if r.loading = false; r.up {
			r.data, r.base, r.replid, r.old = slices.Clone(d.data), d.offset, d.replid, len(d.data) > 0
			s.tell("%s has %d writes from its disk", r.pod.Name, len(r.data))
			s.noteHeir(r)
		}
	}
	if s.chance(0.7) {
		loaded()
		return
	}
	r.loading = true
	s.after(s.between(100*time.Millisecond, 4*time.Second), loaded)
}

// noteEnd and noteHeir keep what the checker wants to know of a loss.
func (s *sim) noteEnd() {
	if s.loss.began > 0 {
		s.loss.again = true
	} else if !slices.ContainsFunc(s.servers, func(r *server) bool { return r.up }) {
		s.loss = lossSeen{began: s.now}
	}
}

func (s *sim) noteHeir(r *server) {
	asks := s.config.OnTotalLoss == ManualLoss
	if !asks && s.loss.began > 0 && s.loss.heir == 0 && s.heir(s.record, r) {
		s.loss.heir = s.now
		began := s.loss.began
		s.after(begunWithin, func() { s.checkBegun(began) })
	}
}

// heir: by its replication id the process has the master's data.
func (s *sim) heir(rec Record, r *server) bool {
	return r.replid == rec.Lineage.ReplID || r.replid == rec.Lineage.ReplID2
}

// begunWithin is a leader's wait for others, and what it takes to notice and to promote.
const begunWithin = coldStartWait + 5*time.Second

// checkBegun: P4, nobody is waited for without end. A leader that comes meanwhile waits anew,
// since it does not know for how long the one before has.
func (s *sim) checkBegun(began time.Duration) {
	switch due := max(s.loss.heir, s.ledAt) + begunWithin; {
	case s.loss.began != began || s.loss.again || s.broken != nil:
	case s.now < due:
		s.after(due-s.now, func() { s.checkBegun(began) })
	default:
		s.violate("liveness", "%s after the first process with data was back nobody is promoted", s.now-s.loss.heir)
	}
}

// checkWaited: P4, when somebody is promoted after a loss of all. Nobody is on its way
// back with more of the master's data, unless it was waited for long enough.
func (s *sim) checkWaited(before Record, chosen, master *server) {
	if s.loss.began == 0 {
		return
	}
	loss := s.loss
	s.loss = lossSeen{}
	if s.config.MemoryOnly {
		return // there is nobody to wait for
	}
	since, wait := loss.heir, coldStartWait
	if !s.heir(before, chosen) {
		s.count("begun with what there was")
		since = loss.anybody
		if len(chosen.data) == 0 {
			wait = togetherWait
		}
	}
	for _, p := range s.pods {
		onItsWay := p.disk != nil && (!p.server.up || p.server.loading)
		if loss.again || !onItsWay || p.disk.replid != before.Lineage.ReplID && p.disk.replid != before.Lineage.ReplID2 {
			continue
		}
		more := 0
		for _, id := range p.disk.data {
			if slices.Contains(master.data, id) && !slices.Contains(chosen.data, id) {
				more++
			}
		}
		switch {
		case more == 0:
			s.count("on its way with less")
		case p.server.loading && p.server.bornAt > since+wait && s.now-p.server.bornAt < reachedWithin:
			s.count("back too late")
		case s.now-since < wait || p.server.loading && !s.heir(before, chosen):
			s.violate("P4", "%s is chosen %s after the first one was back, and %s is on its way with %d writes more of the master's",
				chosen.pod.Name, s.now-since, p.Name, more)
		default:
			s.count("waited for in vain")
		}
	}
}
