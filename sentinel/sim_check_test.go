package sentinel

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The checker. It sees what really happened in every modelled process, and compares
// it with the promises of doc.go.

// history is what the clients and the processes did.
type history struct {
	writes        []written // by id; 0 is not used
	promotions    int
	config        Config
	commits       []commitSeen
	lastAck       time.Duration
	excusedWrites map[int32]bool
	named         map[string]bool // run ids that the record named as target
}

// written is one write.
type written struct {
	by    *server // that accepted it; nil if none did
	at    time.Duration
	acked bool // the client heard of it
}

// commitSeen is a choice of a new master.
type commitSeen struct {
	at     time.Duration
	target Process
}

// violation is a broken promise.
type violation struct{ promise, what string }

func (s *sim) violate(promise, format string, args ...any) {
	if s.broken == nil {
		s.broken = &violation{promise, fmt.Sprintf(format, args...)}
		s.tell("!! %s: %s", promise, s.broken.what)
	}
}

func (s *sim) newWrite() int32 {
	if len(s.writes) == 0 {
		s.writes = append(s.writes, written{})
	}
	s.writes = append(s.writes, written{})
	return int32(len(s.writes) - 1)
}

func (s *sim) acknowledged(id int32, _ *server) {
	s.writes[id].acked = true
	if gap := s.now - s.lastAck; s.profile.within > 0 && s.lastAck > 0 && gap > s.profile.within {
		s.violate("liveness", "no write was acknowledged for %s", gap)
	}
	s.lastAck = s.now
}

// checkAccepted: P1, at each write that a process answers with OK.
func (s *sim) checkAccepted(r *server, w accepted) {
	s.writes[w.id].by, s.writes[w.id].at = r, w.at
	if s.excused(r) {
		s.count("excused: frozen with queued writes")
		s.excusedWrites[w.id] = true
		return
	}
	for _, q := range s.servers {
		if q != r && q.writable() && !s.excused(q) {
			s.violate("P1", "%s acknowledges a write while %s is writable, too", r.pod.Name, q.pod.Name)
		}
	}
}

// excused are the limits that design C6 names, no more: a process that was frozen
// answers what lay in its sockets in its first turn, unless the pill lay there, too
// (then it has cut those clients). And if meanwhile a way to it was cut on which the end
// of a replica's link would have come, and no pill could come either: until its cron
// counts its replicas, or, where their last acknowledgements lay in its sockets, until
// these are too old by its clock.
func (s *sim) excused(r *server) bool {
	late := r.woken || r.heardAtWake > 0 && s.now < r.heardAtWake+r.maxLag+2*time.Second
	return r.waking || r.noFIN && r.noPill && late
}

// checkPromoted: P1, in the moment of a promotion. One that comes late, to the target of
// a promotion that was given up since that target could find no replicas, makes a
// master by role alone: with its write fence and no replica it refuses every write.
func (s *sim) checkPromoted(r *server) {
	s.count("promotion")
	if s.config.MemoryOnly && r.old {
		s.violate("P9", "%s is promoted with %d writes from its disk", r.pod.Name, len(r.data))
	}
	if !s.named[r.runID] {
		s.violate("P2", "%s (%s) is promoted, and the record never named that process", r.pod.Name, r.runID)
	}
	for _, q := range s.servers {
		if q != r && r.writable() && q.writable() && !s.excused(q) {
			s.violate("P1", "%s is promoted while %s is writable", r.pod.Name, q.pod.Name)
		}
	}
}

// checkResync: P2. Nobody loses data to a process that we did not make master, nor to
// a replica of such a one.
func (s *sim) checkResync(r *server, l *replication, data []int32) {
	lost := 0
	for _, id := range r.data {
		if !slices.Contains(data, id) {
			lost++
		}
	}
	if lost > 0 && !l.source.unfenced {
		s.violate("P2", "%s loses %d writes to %s, which was never promoted", r.pod.Name, lost, l.master.pod.Name)
	}
}

// checkCommit: P5, and P4 where a new master is chosen.
func (s *sim) checkCommit(v *service, before, next Record) {
	if next.Epoch < before.Epoch {
		s.violate("P5", "the record's epoch falls from %d to %d", before.Epoch, next.Epoch)
	}
	if next.Phase == Stable && before.Phase != Stable {
		s.healthyOnce = true
	}
	s.named[next.Target.RunID] = true
	s.checkCalm(before, next)
	s.checkReason(v, before, next)
	s.checkGivenUp(before, next)
	if next.Phase != Promoting || before.Phase == Promoting && next.Target.Same(before.Target) {
		return
	}
	s.commits = append(s.commits, commitSeen{s.now, next.Target})
	chosen, master := s.process(next.Target), s.process(before.Master)
	if chosen == nil || master == nil || next.Decision == nil || before.Phase == Switching && next.Target.Same(before.Target) {
		return
	}
	s.count("choice: " + next.Decision.Rule)
	s.checkWaited(before, chosen, master)
	s.checkMemoryOnly(next, chosen, master)
	for _, c := range next.Decision.Candidates {
		if q := s.process(Process{RunID: c.RunID}); q != nil && q != chosen && q.up && !q.frozen {
			s.checkPassedOver(v, c, q, chosen, master)
		}
	}
}

// checkPassedOver: P4. What the former master held, and a candidate that answered, is
// not given up. A pod that keeps dying is passed over on purpose, for one that has all but
// the last seconds, and one that could not be asked is not known.
func (s *sim) checkPassedOver(v *service, c Candidate, q, chosen, master *server) {
	if s.cut[v.place][q.place] || q.pod.server != q || s.config.MemoryOnly && q.old {
		return
	}
	until := s.lastOf(master)
	if s.deaths(q.pod) >= unsteadyDeaths {
		until -= s.config.MaxLag + 3*time.Second // as the master read last, a second before, told it in whole seconds
	}
	missing := 0
	for i, id := range slices.Backward(q.data) {
		if i < len(chosen.data) && chosen.data[i] == id {
			break // the same from here to the beginning
		}
		if w := s.writes[id]; w.by != nil && w.at <= until && slices.Contains(master.data, id) && !slices.Contains(chosen.data, id) {
			missing++
		}
	}
	if missing == 0 {
		return
	}
	switch {
	case c.Refused == "":
		s.violate("P4", "%s is chosen, %s holds %d writes more of the master's", chosen.pod.Name, q.pod.Name, missing)
	case strings.Contains(c.Refused, ": NOPERM") && (q.briefly || len(q.refuses) == 0):
		s.violate("P4", "%s is chosen, %s holds %d writes more of the master's and refused for a moment", chosen.pod.Name, q.pod.Name, missing)
	case strings.HasPrefix(c.Refused, "other data"):
		s.violate("P4", "%s is chosen, %s holds %d writes more of the master's and is taken for a stranger", chosen.pod.Name, q.pod.Name, missing)
	default:
		s.count("passed over with data: " + c.Refused)
	}
}

// lastOf is when a process took the last write that it has.
func (s *sim) lastOf(r *server) time.Duration {
	if len(r.data) == 0 {
		return 0
	}
	return s.writes[r.data[len(r.data)-1]].at
}

func (s *sim) deaths(p *simPod) int {
	n := -1
	for _, r := range s.servers {
		if r.pod == p {
			n++
		}
	}
	return n
}

// process is the modelled process of a run id.
func (s *sim) process(p Process) *server {
	for _, r := range s.servers {
		if r.runID == p.RunID {
			return r
		}
	}
	return nil
}

// checkView: P5. What a service replica tells moves forward only.
func (s *sim) checkView(v *service, next *View) {
	s.checkReadable(v, next)
	if v.shown != nil && next != nil && next.Epoch < v.shown.Epoch {
		s.violate("P5", "the epoch that %s tells falls from %d to %d", v.name, v.shown.Epoch, next.Epoch)
	}
}

// checkLosses looks, at the end, at every acknowledged write that the last master does
// not have.
func (s *sim) checkLosses() {
	master := s.process(s.record.Master)
	if master == nil {
		return
	}
	has := make([]bool, len(s.writes))
	for _, id := range master.data {
		has[id] = true
	}
	for id, w := range s.writes {
		if !w.acked || has[id] {
			continue
		}
		s.count("acknowledged writes lost")
		if s.profile.lossless && !w.by.cutShort {
			s.violate("P3", "write %d, acknowledged at %s by %s, is lost though only planned things happened", id, w.at, w.by.pod.Name)
			return
		}
		s.checkExplained(int32(id), w)
	}
}

// checkExplained: P4 as a whole. A write is lost only with a choice that came after it.
func (s *sim) checkExplained(id int32, w written) {
	for _, c := range s.commits {
		if c.at >= w.at && c.target.RunID != w.by.runID {
			return
		}
	}
	if s.excusedWrites[id] {
		return
	}
	s.violate("P4", "write %d, acknowledged at %s by %s (%s), is lost, and nobody was chosen after it", id, w.at, w.by.pod.Name, w.by.runID)
}
