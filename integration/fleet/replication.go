package fleet

import "time"

// How long replication takes, as measured with real servers on one computer: a
// partial resync some milliseconds, a full one of a small data set with its fork a
// little more. A link that is refused is tried again once a second.
const (
	partialTakes = 5 * time.Millisecond
	fullTakes    = 60 * time.Millisecond
	retryEvery   = time.Second
)

// follow is REPLICAOF host port. Its own replicas stay: what becomes of them shows
// when it has resynced.
func (p *process) follow(a address) {
	if p.follows != nil && *p.follows == a {
		return
	}
	p.unlink()
	p.follows = &a
	p.downSince = time.Time{}
	p.connectAfter(partialTakes)
}

// promote is REPLICAOF NO ONE: the data goes on under a new id, and the old one is
// remembered so that those who stand where this one stands need no full resync.
func (p *process) promote() {
	if p.isMaster() {
		return
	}
	p.unlink()
	p.attempt++
	p.follows = nil
	p.replid2, p.second = p.replid, p.offset+1
	p.replid = hexID()
	p.disconnectReplicas()
}

// disconnectReplicas ends all links to this process; they come back by themselves.
func (p *process) disconnectReplicas() {
	for _, r := range append([]*process(nil), p.replicas...) {
		r.unlink()
		r.connectAfter(partialTakes)
	}
}

// connectAfter tries to attach to the master. At nowhere nobody ever listens.
func (p *process) connectAfter(wait time.Duration) {
	p.attempt++
	if p.dead || p.isMaster() || *p.follows == nowhere {
		return
	}
	p.later(wait, p.connect)
}

// later does something unless the process has another master by then.
func (p *process) later(wait time.Duration, do func()) {
	attempt := p.attempt
	time.AfterFunc(wait, func() {
		p.server.set.mu.Lock()
		defer p.server.set.mu.Unlock()
		if !p.dead && p.attempt == attempt {
			do()
		}
	})
}

// connect is PSYNC.
func (p *process) connect() {
	m := p.server.set.at(*p.follows)
	if m == nil || m == p || !m.isMaster() && m.link != linkUp {
		p.later(retryEvery, p.connect) // refused, or -NOMASTERLINK
		return
	}
	p.master = m
	m.replicas = append(m.replicas, p)
	if m.continues(p) {
		p.goOn(m)
		return
	}
	m.beginBacklog()
	p.link, p.backlog = linkSyncing, false
	p.disconnectReplicas()
	p.later(fullTakes, func() { p.copy(m) })
}

// continues tells whether a partial resync will do.
func (p *process) continues(r *process) bool {
	if !p.backlog || r.offset < p.backlogFrom-1 {
		return false
	}
	return r.replid == p.replid && r.offset <= p.offset || r.replid == p.replid2 && r.offset < p.second
}

// goOn is +CONTINUE.
func (p *process) goOn(m *process) {
	p.link = linkUp
	if p.replid != m.replid {
		p.replid2, p.second, p.replid = p.replid, p.offset+1, m.replid
		p.disconnectReplicas()
	}
	if !p.backlog {
		p.backlog, p.backlogFrom = true, p.offset+1
	}
	m.feed()
}

// copy is the end of +FULLRESYNC.
func (p *process) copy(m *process) {
	p.link = linkUp
	p.replid, p.replid2, p.second = m.replid, "", -1
	p.offset, p.keys = m.offset, m.keys
	p.backlog, p.backlogFrom = true, m.offset+1
}

// beginBacklog is what Redis does for its first replica: its history before that is
// nobody's, so it takes a new id.
func (p *process) beginBacklog() {
	if p.backlog {
		return
	}
	p.replid, p.replid2, p.second = hexID(), "", -1
	p.backlog, p.backlogFrom = true, p.offset+1
}
