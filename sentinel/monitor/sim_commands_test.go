package monitor_test

import (
	"slices"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// What a modelled Redis does for each command. Each is one transaction.

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
func (r *process) write(id int32, answer func(any)) {
	switch {
	case r.role != sentinel.RoleMaster:
		answer(refusedReadOnly)
	case r.good < r.fence:
		answer(refusedNoReplicas)
	case r.pauseEnd > r.w.now():
		r.postponed = append(r.postponed, func() { r.write(id, answer) })
	default:
		r.data = append(r.data, id)
		r.feed(id)
		answer(accepted{id, r.w.now()})
	}
}

// pause is CLIENT PAUSE d WRITE.
func (r *process) pause(d time.Duration) {
	r.pauseEnd = max(r.pauseEnd, r.w.now()+d)
	r.w.after(d, func() {
		if r.up && !r.frozen && r.pauseEnd <= r.w.now() {
			r.resume()
		}
	})
}

func (r *process) resume() {
	r.pauseEnd = 0
	waiting := r.postponed
	r.postponed = nil
	for _, do := range waiting {
		do()
	}
}

// replicaOf is REPLICAOF to an address; to the present one it changes nothing.
func (r *process) replicaOf(a sentinel.Addr) {
	if r.role == sentinel.RoleReplica && r.master == a {
		return
	}
	r.unlink()
	r.role, r.master = sentinel.RoleReplica, a
	r.attach()
}

// unlink gives up the link to the master and every attempt to make one.
func (r *process) unlink() {
	if r.link != nil {
		r.link.leave()
	}
	r.attempt++
	r.dialing, r.syncing = false, false
}

func (r *process) setFence(fence int, maxLag time.Duration) {
	r.w.tell("%s is told fence %d", r.pod.Name, fence)
	r.fence, r.maxLag = fence, maxLag
	r.recount()
}

// empty is MULTI, REPLICAOF NO ONE, FLUSHALL, REPLICAOF nowhere, EXEC.
func (r *process) empty() {
	r.w.tell("%s drops %d writes", r.pod.Name, len(r.data))
	r.w.checkEmptied(r)
	r.replicaOf(sentinel.Nowhere)
	r.dropReplicas()
	r.replid2, r.second, r.replid = r.replid, r.offset(), r.w.name("id")
	r.base, r.stream, r.backlog = r.offset(), nil, false
	r.data, r.old = nil, false
}

// promote is REPLICAOF NO ONE.
func (r *process) promote() {
	if r.role == sentinel.RoleMaster {
		return
	}
	r.unlink()
	r.role, r.master, r.linked = sentinel.RoleMaster, sentinel.Addr{}, false
	r.replid2, r.second, r.replid = r.replid, r.offset(), r.w.name("id")
	r.dropReplicas()
	r.unfenced = true
	r.w.tell("%s is promoted: %d writes, offset %d", r.pod.Name, len(r.data), r.offset())
	r.w.checkPromoted(r)
}

// cutClients is CLIENT KILL TYPE normal: all but the caller, and but for replicas.
func (r *process) cutClients(caller *wire) {
	r.kill(func(c *wire) bool { return c != caller })
}

// kill ends the connections that are meant.
func (r *process) kill(meant func(*wire) bool) {
	r.conns = slices.DeleteFunc(r.conns, func(c *wire) bool {
		if !meant(c) {
			return false
		}
		c.end()
		return true
	})
}
