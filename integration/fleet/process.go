package fleet

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"time"
)

// address is where a process is told to find its master.
type address struct {
	host string
	port int
}

// nowhere is what fences a process: it follows nobody.
var nowhere = address{"127.0.0.1", 1}

// process is all that a crash takes away. It is looked at with the lock of its set.
type process struct {
	server *Server
	runID  string
	began  time.Time
	dead   bool

	follows *address // nil for a master
	link    link
	master  *process // while the link is up or in a full resync
	// downSince is when the link was lost; zero if it never was up.
	downSince time.Time
	// attempt counts what makes an older attempt to connect void.
	attempt int
	held    bool

	replid, replid2 string
	offset, second  int64
	backlog         bool
	backlogFrom     int64 // the offset at which it begins
	keys            int64
	replicas        []*process // in sync, or in a full resync

	minReplicas, maxLag, pingPeriod int
	pausedUntil                     time.Time

	conns    map[uint64]*conn
	lastConn uint64
}

// link is how far a replica is with its master.
type link int

const (
	linkNone link = iota
	linkSyncing
	linkUp
)

// The defaults of redis.conf.
const (
	defaultMaxLag     = 10
	defaultPingPeriod = 10
)

func newProcess(s *Server) *process {
	return &process{
		server: s, runID: hexID(), began: time.Now(), follows: &nowhere,
		replid: hexID(), second: -1, maxLag: defaultMaxLag, pingPeriod: defaultPingPeriod,
		conns: map[uint64]*conn{},
	}
}

// hexID is an id as Redis makes them.
func hexID() string {
	var raw [20]byte
	_, _ = rand.Read(raw[:]) // which never fails
	return hex.EncodeToString(raw[:])
}

func (p *process) isMaster() bool { return p.follows == nil }

// die ends the process; its replicas see the end of their link.
func (p *process) die() {
	p.dead = true
	p.unlink()
	p.disconnectReplicas()
	clear(p.conns)
}

// good counts the replicas that min-replicas-to-write counts.
func (p *process) good() int {
	n := 0
	for _, r := range p.replicas {
		if r.link == linkUp {
			n++
		}
	}
	return n
}

// write is a client's write of one key, or the error that Redis gives.
func (p *process) write(bytes int) string {
	switch {
	case !p.isMaster():
		return "READONLY You can't write against a read only replica."
	case p.minReplicas > 0 && p.maxLag > 0 && p.good() < p.minReplicas:
		return "NOREPLICAS Not enough good replicas to write."
	}
	p.keys++
	if p.backlog { // without one Redis counts no offset
		p.offset += int64(bytes)
		p.feed()
	}
	return ""
}

// feed passes the stream on to the replicas, and by them to theirs.
func (p *process) feed() {
	for _, r := range p.replicas {
		if r.link == linkUp && !r.held {
			r.offset, r.keys = p.offset, p.keys
			r.feed()
		}
	}
}

func (p *process) unlink() {
	if p.master != nil {
		m := p.master
		m.replicas = slices.DeleteFunc(m.replicas, func(r *process) bool { return r == p })
	}
	if p.link == linkUp {
		p.downSince = time.Now()
	}
	p.master, p.link = nil, linkNone
}
