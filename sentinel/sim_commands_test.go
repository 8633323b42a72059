package sentinel

import (
	"slices"
	"time"
)

// What a modelled Redis process does for each command. Each is one transaction.

// accepted is the answer to a write that was taken.
type accepted struct {
	id int32
	at time.Duration
}

const (
	refusedReadOnly   = "READONLY"
	refusedNoReplicas = "NOREPLICAS"
)

// write is a client's SET. While writes are paused it waits.
func (r *server) write(id int32, answer func(any)) {
	switch {
	case r.role != RoleMaster:
		answer(refusedReadOnly)
	case r.good < r.fence:
		answer(refusedNoReplicas)
	case r.pauseEnd > r.s.now:
		r.postponed = append(r.postponed, func() { r.write(id, answer) })
	default:
		r.data = append(r.data, id)
		r.feed(id)
		answer(accepted{id, r.s.now})
	}
}

// pause is CLIENT PAUSE d WRITE.
func (r *server) pause(d time.Duration) {
	r.pauseEnd = max(r.pauseEnd, r.s.now+d)
	r.s.after(d, func() {
		if r.up && !r.frozen && r.pauseEnd <= r.s.now {
			r.resume()
		}
	})
}

func (r *server) resume() {
	r.pauseEnd = 0
	waiting := r.postponed
	r.postponed = nil
	for _, do := range waiting {
		do()
	}
}

// replicaOf is REPLICAOF to an address; to the present one it changes nothing.
func (r *server) replicaOf(a Addr) {
	if r.role == RoleReplica && r.master == a {
		return
	}
	if r.link != nil {
		r.link.leave()
	}
	r.role, r.master = RoleReplica, a
	r.attempt++
	r.dialing, r.syncing = false, false
	r.connect()
}

// empty is MULTI, REPLICAOF NO ONE, FLUSHALL, REPLICAOF nowhere, EXEC.
func (r *server) empty() {
	r.s.tell("%s drops %d writes", r.pod.Name, len(r.data))
	r.s.checkEmptied(r)
	r.replicaOf(Nowhere)
	r.dropReplicas()
	r.replid2, r.second, r.replid = r.replid, r.offset(), r.s.name("id")
	r.base, r.stream, r.backlog = r.offset(), nil, false
	r.data, r.old = nil, false
}

// promote is MULTI, CONFIG SET, REPLICAOF NO ONE, EXEC.
func (r *server) promote(fence int, maxLag time.Duration) {
	r.fence, r.maxLag = fence, maxLag
	if r.role == RoleReplica {
		if r.link != nil {
			r.link.leave()
		}
		r.attempt++
		r.dialing, r.syncing, r.linked = false, false, false
		r.role, r.master = RoleMaster, Addr{}
		r.replid2, r.second, r.replid = r.replid, r.offset(), r.s.name("id")
		r.dropReplicas()
		r.unfenced = true
		r.s.promotions++
		r.s.tell("%s is promoted with fence %d, %d writes, offset %d", r.pod.Name, fence, len(r.data), r.offset())
		r.recount()
		r.s.checkPromoted(r)
	}
	r.recount()
}

// cutClients is CLIENT KILL TYPE normal: all but the caller, and but for replicas.
func (r *server) cutClients(caller *conn) {
	conns := r.conns
	r.conns = nil
	for _, c := range conns {
		if c == caller {
			r.conns = append(r.conns, c)
			continue
		}
		c.end()
	}
}

// killOlder is CLIENT KILL of control connections of lower terms.
func (r *server) killOlder(term uint64) {
	if r.s.mutant == "term kill" {
		return
	}
	r.conns = slices.DeleteFunc(r.conns, func(c *conn) bool {
		older := c.term > 0 && c.term < term
		if older {
			c.end()
		}
		return older
	})
}

// claim is killOlder with the caller's own earlier connections, all but the pill's.
func (r *server) claim(term uint64, caller *conn) error {
	if r.s.mutant == "term kill" {
		return nil
	}
	for _, c := range r.conns {
		if c.term > term {
			return ErrOvertaken
		}
	}
	r.conns = slices.DeleteFunc(r.conns, func(c *conn) bool {
		older := c.term > 0 && c.term <= term && c != caller && !c.pill
		if older {
			c.end()
		}
		return older
	})
	return nil
}
