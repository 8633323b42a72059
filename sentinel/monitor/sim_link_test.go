package monitor_test

import (
	"slices"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// The ends of a replication link, and the cron that keeps it: what is counted there
// once a second is what min-replicas-to-write judges by.

// leave is the replica's end of the link.
func (l *replication) leave() {
	l.left = true
	l.replica.link = nil
	l.finUp()
}

func (l *replication) finUp() {
	m := l.master
	m.w.carry(&l.up, func() { m.turn(func() { m.drop(l) }) })
}

// drop is the master's end of it: freeClient counts the good replicas anew.
func (r *process) drop(l *replication) {
	l.dropped = true
	r.replicas = slices.DeleteFunc(r.replicas, func(k *replication) bool { return k == l })
	r.recount()
}

func (l *replication) finDown() {
	r := l.replica
	r.w.carry(&l.down, func() {
		r.turn(func() {
			if r.link == l {
				l.left = true
				r.link, r.syncing = nil, false
				r.attach()
			}
		})
	})
}

func (r *process) dropReplicas() {
	for _, l := range r.replicas {
		l.dropped = true
		l.finDown()
	}
	r.replicas = nil
	r.recount()
}

// recount is refreshGoodSlavesCount.
func (r *process) recount() {
	r.good = 0
	for _, l := range r.replicas {
		if l.online && time.Duration(r.w.second()-l.ack)*time.Second <= r.maxLag {
			r.good++
		}
	}
}

const replTimeout = 60 * time.Second

// cron is replicationCron, once a second in a phase of its own.
func (r *process) cron() {
	if !r.up {
		return
	}
	r.w.after(time.Second, r.cron)
	if r.frozen {
		return
	}
	r.woken = false
	r.recount()
	if r.role == sentinel.RoleMaster && len(r.replicas) > 0 {
		r.feed(0)
	}
	for _, l := range slices.Clone(r.replicas) {
		if time.Duration(r.w.second()-l.ack)*time.Second > replTimeout {
			l.finDown()
			r.drop(l)
		}
	}
	switch {
	case r.role != sentinel.RoleReplica:
	case r.link == nil:
		r.attach()
	case r.w.now()-r.link.heard > replTimeout:
		r.link.leave()
		r.attach()
	case r.link.established:
		r.link.acknowledge()
	}
}
