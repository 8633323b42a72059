package monitor_test

import (
	"slices"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// replication is the link of a replica to its master: PSYNC, the stream, and the
// acknowledgements that come back once a second.
type replication struct {
	replica, master *process
	down, up        pipe
	left            bool          // by the replica
	dropped         bool          // by the master
	established     bool          // the replica has the stream
	since           time.Duration // when the link began
	online          bool          // the master counts it
	ack             int64         // second of the last acknowledgement, by the master's clock
	heard           time.Duration // when the replica last heard of the master
	sent            int64
	full            bool     // in a full resync
	source          *process // of what it brings: the master, or that one's master
}

// attach tries to reach the master, at once and then from cron.
func (r *process) attach() {
	if r.link != nil || r.dialing || r.role != sentinel.RoleReplica || r.master == sentinel.Nowhere {
		return
	}
	w := r.w
	r.dialing = true
	r.attempt++
	attempt := r.attempt
	w.after(w.dice.rarely(0.02, 2*w.delay.usual, w.delay.most), func() {
		r.turn(func() {
			if r.attempt != attempt {
				return
			}
			r.dialing = false
			m := w.listening(r.master)
			if m == nil || m.frozen || m == r || w.cut[r.place][m.place] {
				return // cron tries again
			}
			m.psync(r)
		})
	})
}

// psync answers a replica: with NOMASTERLINK, the rest of the stream, or everything.
func (r *process) psync(by *process) {
	if r.role == sentinel.RoleReplica && (r.link == nil || !r.link.established) {
		return
	}
	w := r.w
	l := &replication{
		replica: by, master: r, source: r, ack: w.second(), heard: w.now(), since: w.now(),
		down: pipe{from: r.place, to: by.place}, up: pipe{from: by.place, to: r.place},
	}
	if r.link != nil {
		l.source = r.link.source
	}
	partial := r.continues(by)
	if !r.backlog { // createReplicationBacklog: the data gets a new id with its first replica
		r.backlog, r.base, r.stream = true, r.offset(), nil
		r.replid, r.replid2, r.second = w.name("id"), "", 0
	}
	r.replicas = append(r.replicas, l)
	by.link = l
	if partial {
		w.count("psync partial")
		l.online, l.sent = true, by.offset()
		r.recount()
		replid := r.replid
		w.carry(&l.down, func() {
			l.at(func() {
				l.established, by.linked, by.joined, by.old = true, true, true, false
				by.adopt(replid)
			})
		})
		l.push()
		return
	}
	w.count("psync full")
	l.full, by.syncing = true, true
	data, offset, replid := slices.Clone(r.data), r.offset(), r.replid
	l.sent = offset
	w.carryIn(&l.down, w.dice.between(w.delay.usual, 300*time.Millisecond), func() {
		l.at(func() { l.load(data, offset, replid) })
	})
}

// continues: the replica's data is a beginning of ours (masterTryPartialResynchronization).
func (r *process) continues(by *process) bool {
	at := by.offset()
	return r.backlog && at >= r.base && at <= r.offset() &&
		(by.replid == r.replid || by.replid == r.replid2 && at <= r.second)
}

// adopt is +CONTINUE with a new replication id.
func (r *process) adopt(replid string) {
	if r.replid != replid {
		r.replid2, r.second, r.replid = r.replid, r.offset(), replid
		r.dropReplicas()
	}
	r.backlog = true
}

// load ends a full resync: what the replica had is gone.
func (l *replication) load(data []int32, offset int64, replid string) {
	r := l.replica
	r.w.checkResync(r, l, data)
	r.data, r.stream, r.base = data, nil, offset
	r.replid, r.replid2, r.second = replid, "", 0
	r.backlog, r.syncing, l.established, l.full, r.linked = true, false, true, false, true
	r.joined, r.old = true, false
	r.dropReplicas()
	r.w.tell("%s has a full resync from %s: %d writes", r.pod.Name, l.master.pod.Name, len(data))
	l.acknowledge()
	l.push()
}

// feed appends to the stream and lets it flow to all replicas.
func (r *process) feed(id int32) {
	if !r.backlog {
		return
	}
	r.stream = append(r.stream, id)
	for _, l := range r.replicas {
		l.push()
	}
}

// push sends what the replica was not sent yet.
func (l *replication) push() {
	m := l.master
	if l.full || l.dropped || l.sent >= m.offset() {
		return
	}
	part := m.stream[l.sent-m.base:]
	l.sent = m.offset()
	m.w.carry(&l.down, func() { l.at(func() { l.take(part) }) })
}

func (l *replication) take(part []int32) {
	r := l.replica
	for _, id := range part {
		r.stream = append(r.stream, id)
		if id != 0 {
			r.data = append(r.data, id)
		}
	}
	for _, sub := range r.replicas {
		sub.push()
	}
}

// at is something that arrives at the replica over this link.
func (l *replication) at(do func()) {
	l.replica.turn(func() {
		if l.left || l.replica.link != l {
			return
		}
		l.heard = l.replica.w.now()
		do()
	})
}

func (l *replication) acknowledge() {
	m := l.master
	m.w.carry(&l.up, func() {
		m.turn(func() {
			if l.dropped {
				return
			}
			l.ack = m.w.second()
			m.heardAtWake = m.heardAtWake || m.waking
			if !l.online { // putSlaveOnline counts anew, an acknowledgement alone does not
				l.online = true
				m.recount()
			}
		})
	})
}
