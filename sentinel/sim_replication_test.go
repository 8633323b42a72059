package sentinel

import (
	"slices"
	"time"
)

// replication is the link of a replica to its master: PSYNC, the stream, and the
// acknowledgements that come back once a second.
type replication struct {
	replica, master *server
	down, up        pipe
	left            bool          // by the replica
	dropped         bool          // by the master
	established     bool          // the replica has the stream
	since           time.Duration // when the link began
	online          bool          // the master counts it
	ack             int64         // second of the last acknowledgement, by the master's clock
	heard           time.Duration // when the replica last heard of the master
	sent            int64
	full            bool    // in a full resync
	source          *server // of what it brings: the master, or that one's master
}

// connect tries to attach to the master, at once and then from cron.
func (r *server) connect() {
	if r.link != nil || r.dialing || r.role != RoleReplica || r.master == Nowhere {
		return
	}
	r.dialing = true
	r.attempt++
	attempt := r.attempt
	r.s.after(r.s.rarely(0.02, 2*r.s.delay.usual, r.s.delay.most), func() {
		r.turn(func() {
			if r.attempt != attempt {
				return
			}
			r.dialing = false
			m := r.s.listening(r.master)
			if m == nil || m.frozen || m == r || r.s.cut[r.place][m.place] {
				return // cron tries again
			}
			m.psync(r)
		})
	})
}

// psync answers a replica: with NOMASTERLINK, the rest of the stream, or everything.
func (r *server) psync(by *server) {
	if r.role == RoleReplica && (r.link == nil || !r.link.established) {
		return
	}
	l := &replication{
		replica: by, master: r, ack: r.s.second(), heard: r.s.now, since: r.s.now,
		down: pipe{from: r.place, to: by.place}, up: pipe{from: by.place, to: r.place},
	}
	l.source = r
	if r.link != nil {
		l.source = r.link.source
	}
	partial := r.continues(by)
	if !r.backlog {
		r.backlog, r.base, r.stream = true, r.offset(), nil
		r.replid, r.replid2, r.second = r.s.name("id"), "", 0
	}
	r.replicas = append(r.replicas, l)
	by.link = l
	if partial {
		r.s.count("psync partial")
		l.online, l.sent = true, by.offset()
		r.recount()
		replid := r.replid
		r.s.carry(&l.down, func() {
			l.at(func() {
				l.established, by.linked, by.joined, by.old = true, true, true, false
				by.adopt(replid)
			})
		})
		l.push()
		return
	}
	r.s.count("psync full")
	l.full, by.syncing = true, true
	data, offset, replid := slices.Clone(r.data), r.offset(), r.replid
	l.sent = offset
	r.s.carryIn(&l.down, r.s.between(r.s.delay.usual, 300*time.Millisecond), func() {
		l.at(func() { l.load(data, offset, replid) })
	})
}

// continues: the replica's data is a beginning of ours (masterTryPartialResynchronization).
func (r *server) continues(by *server) bool {
	at := by.offset()
	return r.backlog && at >= r.base && at <= r.offset() &&
		(by.replid == r.replid || by.replid == r.replid2 && at <= r.second)
}

// adopt is +CONTINUE with a new replication id.
func (r *server) adopt(replid string) {
	if r.replid != replid {
		r.replid2, r.second, r.replid = r.replid, r.offset(), replid
		r.dropReplicas()
	}
	r.backlog = true
}

// load ends a full resync: what the replica had is gone.
func (l *replication) load(data []int32, offset int64, replid string) {
	r := l.replica
	r.s.checkResync(r, l, data)
	r.data, r.stream, r.base = data, nil, offset
	r.replid, r.replid2, r.second = replid, "", 0
	r.backlog, r.syncing, l.established, l.full, r.linked = true, false, true, false, true
	r.joined, r.old = true, false
	r.dropReplicas()
	r.s.tell("%s has a full resync from %s: %d writes", r.pod.Name, l.master.pod.Name, len(data))
	l.acknowledge()
	l.push()
}

// feed appends to the stream and lets it flow to all replicas.
func (r *server) feed(id int32) {
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
	m.s.carry(&l.down, func() { l.at(func() { l.take(part) }) })
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
		l.heard = l.replica.s.now
		do()
	})
}

func (l *replication) acknowledge() {
	l.replica.s.carry(&l.up, func() {
		l.master.turn(func() {
			if l.dropped {
				return
			}
			l.ack = l.master.s.second()
			if l.master.waking {
				l.master.heardAtWake = l.master.s.now
			}
			if !l.online { // putSlaveOnline counts anew, an acknowledgement alone does not
				l.online = true
				l.master.recount()
			}
		})
	})
}

// leave is the replica's end of the link.
func (l *replication) leave() {
	l.left = true
	l.replica.link = nil
	l.finUp()
}

func (l *replication) finUp() {
	l.master.s.carry(&l.up, func() { l.master.turn(func() { l.master.drop(l) }) })
}

// drop is the master's end of it: freeClient counts the good replicas anew.
func (r *server) drop(l *replication) {
	l.dropped = true
	r.replicas = slices.DeleteFunc(r.replicas, func(k *replication) bool { return k == l })
	r.recount()
}

func (l *replication) finDown() {
	l.master.s.carry(&l.down, func() {
		l.replica.turn(func() {
			if l.replica.link == l {
				l.left = true
				l.replica.link, l.replica.syncing = nil, false
				l.replica.connect()
			}
		})
	})
}

func (r *server) dropReplicas() {
	for _, l := range r.replicas {
		l.dropped = true
		l.finDown()
	}
	r.replicas = nil
	r.recount()
}

// recount is refreshGoodSlavesCount.
func (r *server) recount() {
	r.good = 0
	for _, l := range r.replicas {
		if l.online && time.Duration(r.s.second()-l.ack)*time.Second <= r.maxLag {
			r.good++
		}
	}
}

const replTimeout = 60 * time.Second

// cron is replicationCron, once a second in a phase of its own.
func (r *server) cron() {
	if !r.up {
		return
	}
	r.s.after(time.Second, r.cron)
	if r.frozen {
		return
	}
	r.woken = false
	r.recount()
	if r.role == RoleMaster && len(r.replicas) > 0 {
		r.feed(0)
	}
	for _, l := range slices.Clone(r.replicas) {
		if time.Duration(r.s.second()-l.ack)*time.Second > replTimeout {
			l.finDown()
			r.drop(l)
		}
	}
	switch {
	case r.role != RoleReplica:
	case r.link == nil:
		r.connect()
	case r.s.now-r.link.heard > replTimeout:
		r.link.leave()
		r.connect()
	case r.link.established:
		r.link.acknowledge()
	}
}
