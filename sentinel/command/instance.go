package command

import (
	"strings"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// ages of an instance in milliseconds.
type ages struct{ pending, ok, reply, info, role int64 }

// measure is all zero for an instance that was never probed.
func measure(v *sentinel.Vitals, now time.Time) ages {
	if v == nil {
		return ages{}
	}
	return ages{
		pending: ceil(v.Pending(now)),
		ok:      v.OKAge(now).Milliseconds(),
		reply:   v.ReplyAge(now).Milliseconds(),
		info:    v.InfoAge(now).Milliseconds(),
		role:    v.RoleAge(now).Milliseconds(),
	}
}

// ceil keeps a fresh PING from looking like none.
func ceil(d time.Duration) int64 { return (d + time.Millisecond - 1).Milliseconds() }

// unread is an instance before its first reading (sentinel.c, createSentinelRedisInstance).
var unread = sentinel.Snapshot{Priority: 100, Announced: true}

// reading is the last snapshot of an instance.
func reading(i *sentinel.InstanceView) *sentinel.Snapshot {
	if i.Vitals != nil {
		if s := i.Vitals.Snapshot(); s != nil {
			return s
		}
	}
	return &unread
}

// follows is the master that a replica reports, in the spelling that clients know
// it by; a fenced one follows nobody.
func follows(s *sentinel.Snapshot, v *sentinel.View) (host string, port int64) {
	switch s.MasterAddr {
	case sentinel.Addr{}, sentinel.Nowhere:
		return unknown, 0
	case v.Master.Direct:
		return v.Master.Addr.Host, int64(v.Master.Addr.Port)
	}
	return s.MasterAddr.Host, int64(s.MasterAddr.Port)
}

func linkStatus(up bool) string {
	if up {
		return linkOK
	}
	return linkErr
}

// masterFlags are exactly "master" when nothing is wrong: some clients compare.
func masterFlags(v *sentinel.View) string {
	return words(
		flag{v.Master.SDown || v.CutOff, flagSDown},
		flag{v.Master.ODown || v.CutOff, flagODown},
		flag{true, flagMaster},
		flag{v.Master.Disconnected, flagDisconnected},
		flag{v.Failover != sentinel.NoFailover, flagFailover},
		flag{v.Forced && v.Failover != sentinel.NoFailover, flagForced},
	)
}

// replicaFlags are exactly "slave" when nothing is wrong.
func replicaFlags(i *sentinel.InstanceView) string {
	return words(
		flag{i.SDown, flagSDown},
		flag{true, flagSlave},
		flag{i.Disconnected, flagDisconnected},
		flag{i.Promoted, flagPromoted},
	)
}

// peerFlags tell clients to pass over a peer that is not ready.
func peerFlags(p *sentinel.Peer) string {
	return words(
		flag{p.SDown, flagSDown},
		flag{true, flagSentinel},
		flag{p.SDown || !p.Ready, flagDisconnected},
	)
}

type flag struct {
	set  bool
	word string
}

func words(flags ...flag) string {
	var set [8]string
	list := set[:0]
	for _, f := range flags {
		if f.set {
			list = append(list, f.word)
		}
	}
	return strings.Join(list, ",")
}
