package command

import (
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// row renders the fields of an instance; every value is a string on the wire.
type row struct{ resp.Fields }

func (r *row) text(field resp.Field, value string) { r.Text(field, value) }

func (r *row) number(field resp.Field, value int64) { r.Number(field, value) }

func (r *row) since(field resp.Field, start, now time.Time) {
	r.number(field, max(0, now.Sub(start).Milliseconds()))
}

// page is where rows are added, for one protocol version at one moment.
type page struct {
	b     []byte
	proto int
	now   time.Time
}

func (p *page) begin() row { return row{resp.AppendFields(p.b, p.proto)} }

func (p *page) end(r *row) { p.b = r.End() }

// pageReply renders as the clock says when the reply is asked for.
func (c *Commands) pageReply(write func(p *page)) resp.Reply {
	now := c.options.Now()
	return resp.Written(func(b []byte, proto int) []byte {
		p := page{b: b, proto: proto, now: now}
		write(&p)
		return p.b
	})
}

// rowsReply is for lists that may be long: each row is rendered when it is its turn.
func (c *Commands) rowsReply(rows int, write func(p *page, i int)) resp.Reply {
	now := c.options.Now()
	return resp.List(rows, func(i int, b []byte, proto int) []byte {
		p := page{b: b, proto: proto, now: now}
		write(&p, i)
		return p.b
	})
}

// list begins a list of rows.
func (p *page) list(rows int) { p.b = resp.AppendArray(p.b, rows) }

// master is an element of SENTINEL MASTERS. The order of the fields is part of
// the protocol: some clients read by position.
func (p *page) master(v *sentinel.View, peers int) {
	m, ages := &v.Master, measure(v.Master.Vitals, p.now)
	r := p.begin()
	r.identity(v.Name, m.Addr, m.RunID, masterFlags(v))
	r.link(ages.pending)
	if v.Failover != sentinel.NoFailover {
		r.text(fieldFailoverState, string(v.Failover))
	}
	r.pings(ages)
	r.down(m, p.now)
	r.number(fieldDownAfter, v.Config.DownAfter.Milliseconds())
	r.reported(m, ages, flagMaster)
	r.number(fieldConfigEpoch, int64(v.Epoch))
	r.number(fieldNumSlaves, int64(len(v.Replicas)))
	r.number(fieldNumSentinels, int64(peers))
	r.number(fieldQuorum, int64(v.Config.Quorum))
	r.number(fieldFailoverTimeout, v.Config.FailoverTimeout.Milliseconds())
	r.number(fieldParallelSyncs, int64(v.Config.ParallelSyncs))
	p.end(&r)
}

// replica is an element of SENTINEL REPLICAS.
func (p *page) replica(i *sentinel.InstanceView, v *sentinel.View) {
	ages, s := measure(i.Vitals, p.now), reading(i)
	r := p.begin()
	r.identity(i.Addr.String(), i.Addr, i.RunID, replicaFlags(i))
	r.link(ages.pending)
	r.pings(ages)
	r.down(i, p.now)
	r.number(fieldDownAfter, v.Config.DownAfter.Milliseconds())
	r.reported(i, ages, flagSlave)
	r.number(fieldLinkDownTime, s.LinkDownFor.Milliseconds())
	r.text(fieldLinkStatus, linkStatus(s.LinkUp))
	host, port := follows(s, v)
	r.text(fieldMasterHost, host)
	r.number(fieldMasterPort, port)
	r.number(fieldPriority, int64(s.Priority))
	r.number(fieldOffset, s.ReplicaOffset)
	r.number(fieldAnnounced, 1) // the others are not listed
	p.end(&r)
}

// peer is an element of SENTINEL SENTINELS. Peers are known from Kubernetes, not
// from pings and hello messages, so those ages are 0.
func (p *page) peer(s *sentinel.Peer, v *sentinel.View) {
	r := p.begin()
	r.identity(s.ID, s.Addr, s.ID, peerFlags(s))
	r.link(0)
	r.pings(ages{})
	if s.SDown {
		r.since(fieldSDownTime, s.SDownTime, p.now)
	}
	r.number(fieldDownAfter, v.Config.DownAfter.Milliseconds())
	r.number(fieldLastHello, 0)
	r.text(fieldVotedLeader, unknown)
	r.number(fieldVotedEpoch, 0)
	p.end(&r)
}

func (r *row) identity(name string, addr sentinel.Addr, runID, flags string) {
	r.text(fieldName, name)
	r.text(fieldIP, addr.Host)
	r.number(fieldPort, int64(addr.Port))
	r.text(fieldRunID, runID)
	r.text(fieldFlags, flags)
}

// link tells whether a command waits for its answer; links are never shared here.
func (r *row) link(pending int64) {
	r.number(fieldPending, min(pending, 1))
	r.number(fieldRefCount, 1)
}

func (r *row) pings(a ages) {
	r.number(fieldPingSent, a.pending)
	r.number(fieldPingOK, a.ok)
	r.number(fieldPingReply, a.reply)
}

// down adds fields that must be absent while the instance is up.
func (r *row) down(i *sentinel.InstanceView, now time.Time) {
	if i.SDown {
		r.since(fieldSDownTime, i.SDownTime, now)
	}
	if i.ODown {
		r.since(fieldODownTime, i.ODownTime, now)
	}
}

// reported tells the role of the last reading, or the configured one before it.
func (r *row) reported(i *sentinel.InstanceView, a ages, configured string) {
	role := configured
	switch reading(i).Role {
	case sentinel.RoleMaster:
		role = flagMaster
	case sentinel.RoleReplica:
		role = flagSlave
	}
	r.number(fieldInfoRefresh, a.info)
	r.text(fieldRoleReported, role)
	r.number(fieldRoleTime, a.role)
}
