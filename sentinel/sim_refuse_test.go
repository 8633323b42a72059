package sentinel

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Processes that answer PING and refuse commands at once, as with an ACL; clients with the
// name of a leader; and what is written to Kubernetes while such a state lasts.

var (
	errSimRefused = errors.New("NOPERM this user has no permissions to run the command")
	errSimUnread  = errors.New("detached, and it cannot be read")
)

// refusals is what is known of them.
type refusals struct {
	wroteAt []time.Duration // to the API server
	lasting []int           // written in the worst minute in which nothing changed
	allowed bool            // nothing is refused any more
}

// writesMost bounds what is written for one set in a minute of any lasting state: the
// record, labels and Events.
const writesMost = 30

// refusable are the commands that a schedule may let a process refuse; INFO stands for all
// of them, since each order reads the state.
var refusable = []string{"INFO", "Promote", "Promote", "SetFence", "Follow", "Freeze", "AwaitOffset", "Demote", "Pause"}

// refusal is what the process says to an order; nil where it takes it.
func (r *server) refusal(order string) error {
	if r.refuses["INFO"] && order != "Pill" || r.refuses[order] {
		return errSimRefused
	}
	return nil
}

// refuseSome lets one of the pods refuse some commands until the end of the schedule, unless
// that leaves none that refuses nothing.
func (s *sim) refuseSome() {
	p := s.anyPod(0.3)
	well := 0
	for _, q := range s.pods {
		if q != p && q.alive() && len(q.server.refuses) == 0 {
			well++
		}
	}
	if p == nil || p.server == nil || well < 2 {
		return
	}
	r := p.server
	r.refuses = map[string]bool{}
	for range 1 + s.rng.IntN(2) {
		r.refuses[refusable[s.rng.IntN(len(refusable))]] = true
	}
	s.tell("%s refuses %v", p.Name, r.refuses)
}

// refuseBriefly lets the replica with the most data answer all commands with an error for
// less time than anybody is waited for, mostly while the master crashes.
func (s *sim) refuseBriefly() {
	var best *server
	for _, p := range s.pods {
		if r := p.server; p.alive() && r.role == RoleReplica && len(r.refuses) == 0 && (best == nil || r.offset() > best.offset()) {
			best = r
		}
	}
	if best == nil {
		return
	}
	s.tell("%s refuses for a moment", best.pod.Name)
	best.refuses, best.briefly = map[string]bool{"INFO": true}, true
	s.after(s.between(20*time.Millisecond, 800*time.Millisecond), func() {
		best.refuses, best.briefly = nil, false
	})
	if s.chance(0.7) {
		s.crash(s.recordMaster())
	}
}

// stopForGood freezes a master that is fenced, until the end of the schedule.
func (s *sim) stopForGood() {
	m := s.recordMaster()
	if m == nil || !m.up || m.frozen || m.role != RoleMaster || s.record.Fence == 0 || s.record.Phase != Stable {
		return
	}
	if (s.profile.foreign || s.profile.unplaced) && slices.ContainsFunc(s.servers, func(r *server) bool { return r.forGood }) {
		return // the first one may feed the second
	}
	m.forGood = true
	m.freeze()
}

// attachPhantom lets a master list one that never acknowledges anything.
func (s *sim) attachPhantom(m *server) {
	if m != nil && m.up {
		s.tell("somebody runs redis-cli --replica at %s", m.pod.Name)
		m.phantoms = append(m.phantoms, s.now)
	}
}

// forge is a client that takes the name of a later leader, again and again.
func (s *sim) forge() {
	r := s.anyServer()
	if r == nil {
		return
	}
	s.tell("a client of %s names itself as a leader does", r.pod.Name)
	s.keepForging(r)
}

func (s *sim) keepForging(r *server) {
	if !r.up || s.allowed {
		return
	}
	if !slices.ContainsFunc(r.conns, func(c *conn) bool { return c.forged && !c.closed }) {
		r.turn(func() {
			r.conns = append(r.conns, &conn{s: s, server: r, term: 1 << 40, forged: true, lost: func() {}, to: pipe{from: r.place, to: r.place}, back: pipe{from: r.place, to: r.place}})
		})
	}
	s.after(200*time.Millisecond, func() { s.keepForging(r) })
}

// wrote notes a write to the API server.
func (s *sim) wrote() { s.wroteAt = append(s.wroteAt, s.now) }

// worstMinute is the most that was written within a minute since then.
func (s *sim) worstMinute(since time.Duration) int {
	worst, first := 0, 0
	for n, at := range s.wroteAt {
		for s.wroteAt[first] <= at-time.Minute || s.wroteAt[first] < since {
			if first == n {
				break
			}
			first++
		}
		if at >= since {
			worst = max(worst, n-first+1)
		}
	}
	return worst
}

// last lets what is refused be refused while all else is healed: one that is well has to be
// master, and little is written.
func (s *sim) last() {
	began, within := s.now, s.config.FailoverTimeout+liveWithin // the only one with the data may be the one that refuses
	s.run(began+within, func() bool { return s.takesWrites() == "" && s.lastAck > began })
	if why := s.takesWrites(); s.broken == nil && why != "" && !s.notFenced() {
		s.violate("liveness", "%s after all but refusals was healed: %s", within, why)
	}
	settled := s.now + 30*time.Second
	s.run(settled+time.Minute, nil)
	s.lasting = []int{s.worstMinute(settled)}
	if s.broken == nil && s.lasting[0] > writesMost {
		s.violate("few writes", "%d within a minute, and nothing changes", s.lasting[0])
	}
	s.allowed = true
	s.placeAll()
	for _, r := range s.servers {
		r.refuses = nil
		if r.forGood {
			r.wake()
		}
	}
}

// notFenced: a silent master may be fed by one that refuses to be detached, which is told.
// Where nobody refuses, what is left is a master that stopped while its
// fence was lowered, or that lists a member that ended before it had told of that link, or
// told it to another replica of the service than the one that leads by now.
func (s *sim) notFenced() bool {
	refusal := s.record.Refusal
	if s.record.Phase != Failing || refusal == nil || refusal.Reason != "MasterNotFenced" {
		return false
	}
	return !s.profile.foreign && !s.profile.unplaced || s.record.Fence == 0 || s.process(s.record.Master).listsUntold(s.services[s.leader])
}

// untoldFor is for how long a new link may be known to its two ends alone: an order's way
// and the next reading of a replica that is to follow.
const untoldFor = 2 * simHurry

// listsUntold: one of its replicas ended before anybody could read that it had the link, or so
// shortly before the master stopped that nobody could read that it had lost it; or, where it is
// listed with another address than its own, before the leader could read of its link.
func (r *server) listsUntold(leader *service) bool {
	return slices.ContainsFunc(r.replicas, func(l *replication) bool {
		end := l.replica.endedAt
		unread := r.s.profile.foreign && !leader.linked[l.replica.runID]
		return l.online && !l.replica.up && (unread || end < l.since+untoldFor || end < r.frozeAt && r.frozeAt < end+untoldFor)
	})
}

// takesWrites says why no master takes writes.
func (s *sim) takesWrites() string {
	if m := s.recordMaster(); s.record.Phase != Stable || m == nil || !m.writable() {
		return fmt.Sprintf("phase %s, master %s", s.record.Phase, s.record.Master.Pod)
	}
	return ""
}

// leaveOut takes from the machine what a mutant lacks, after each step.
func (m *Machine) leaveOut(mutant string) {
	for _, i := range m.instances {
		switch mutant {
		case "back-off":
			i.promotion.until, i.fencing, i.asks, i.labels = time.Time{}, retries{}, retries{}, retries{}
			i.retryAt = time.Time{}
		case "passed over":
			i.promotion.times = min(i.promotion.times, promotionTries-1)
		}
	}
	if mutant == "back-off" {
		m.undone, m.vain, m.switchAt = retries{}, retries{}, time.Time{}
	}
}
