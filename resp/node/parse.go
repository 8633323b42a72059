package node

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// maxAttached bounds what a Redis that answers nonsense can make us read.
const maxAttached = 1000

// noReplID is how Redis writes "no second replication id".
const noReplID = "0000000000000000000000000000000000000000"

// parser reads the text of INFO, section by section. Fields that are missing or no
// numbers count as 0, but a text without run id or role is not from a Redis that we
// can work with.
type parser struct {
	s         sentinel.Snapshot
	same      *words
	role      sentinel.Role
	said      string // of the role, where it is none
	connected int64
	attached  map[int64]sentinel.Attached
	info      sentinel.InfoBuilder
}

// words are texts that a process says again with each reading, so that they need not
// be kept again.
type words struct{ runID, version, replID, replID2, host string }

func (p *parser) begin(same *words) {
	p.s = sentinel.Snapshot{Announced: true}
	p.same, p.role, p.said, p.connected, p.attached = same, "", "", 0, nil
}

func parse(text string) (sentinel.Snapshot, error) {
	var p parser
	p.begin(&words{})
	p.section([]byte(text))
	return p.snapshot()
}

func (p *parser) section(text []byte) {
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		line = bytes.TrimRight(line, "\r")
		p.info.Line(line)
		if name, value, ok := bytes.Cut(line, []byte(":")); ok {
			p.field(name, value)
		}
	}
	p.info.Line(nil)
}

func again(before *string, text []byte) string {
	if *before != string(text) {
		*before = string(text)
	}
	return *before
}

func (p *parser) field(name, value []byte) {
	s := &p.s
	switch string(name) {
	case "run_id":
		s.RunID = again(&p.same.runID, value)
	case "redis_version":
		s.Version = again(&p.same.version, value)
	case "role":
		p.setRole(value)
	case "master_replid":
		s.ReplID = again(&p.same.replID, value)
	case "master_replid2":
		s.ReplID2 = again(&p.same.replID2, bytes.TrimPrefix(value, []byte(noReplID)))
	case "master_repl_offset":
		s.Offset = integer(value)
	case "second_repl_offset":
		s.SecondOffset = integer(value)
	case "master_host":
		s.MasterAddr.Host = again(&p.same.host, value)
	case "master_port":
		s.MasterAddr.Port = int(integer(value))
	case "master_link_status":
		s.LinkUp = string(value) == "up"
	case "master_link_down_since_seconds":
		s.LinkDownFor = seconds(value)
	case "master_sync_in_progress":
		s.SyncInProgress = string(value) == "1"
	case "master_last_io_seconds_ago":
		s.LastIO = seconds(value)
	case "slave_repl_offset":
		s.ReplicaOffset = integer(value)
	case "slave_priority":
		s.Priority = int(integer(value))
	case "replica_announced":
		s.Announced = string(value) != "0"
	case "loading", "async_loading":
		s.Loading = s.Loading || string(value) == "1"
	case "min_slaves_good_slaves": // told only where min-replicas-to-write is set
		s.NeedsReplicas = true
	case "connected_slaves":
		p.connected = integer(value)
	default:
		p.numbered(name, value)
	}
}

func (p *parser) setRole(value []byte) {
	switch string(value) {
	case "master":
		p.role = sentinel.RoleMaster
	case "slave":
		p.role = sentinel.RoleReplica
	default:
		p.role, p.said = "", string(value)
	}
}

// numbered are the lines of databases (db0:keys=3,expires=0) and of attached replicas
// (slave0:ip=10.0.0.2,port=6379,state=online,offset=14,lag=1).
func (p *parser) numbered(name, value []byte) {
	if db, ok := bytes.CutPrefix(name, []byte("db")); ok {
		if _, err := strconv.Atoi(string(db)); err == nil {
			count, _, _ := bytes.Cut(bytes.TrimPrefix(value, []byte("keys=")), []byte(","))
			p.s.Keys += integer(count)
		}
		return
	}
	digits, ok := bytes.CutPrefix(name, []byte("slave"))
	if !ok {
		return
	}
	number, err := strconv.ParseUint(string(digits), 10, 32)
	if err != nil || number >= maxAttached {
		return
	}
	if p.attached == nil {
		p.attached = map[int64]sentinel.Attached{}
	}
	p.attached[int64(number)] = attached(value)
}

func attached(line []byte) (a sentinel.Attached) {
	for len(line) > 0 {
		var field []byte
		field, line, _ = bytes.Cut(line, []byte(","))
		switch name, value, _ := bytes.Cut(field, []byte("=")); string(name) {
		case "ip":
			a.Addr.Host = string(value)
		case "port":
			a.Addr.Port = int(integer(value))
		case "state":
			a.Online = string(value) == "online"
		case "lag":
			a.Lag = seconds(value)
		}
	}
	return a
}

// snapshot is all that was read.
func (p *parser) snapshot() (sentinel.Snapshot, error) {
	s := p.s
	s.Info, s.Role = p.info.Info(), p.role
	switch p.role {
	case sentinel.RoleMaster:
		s.Priority = 100
	case sentinel.RoleReplica:
	default:
		return s, fmt.Errorf("INFO names the role %q, want master or slave", p.said)
	}
	if s.RunID == "" {
		return s, errors.New("INFO has no run_id")
	}
	for i := range min(p.connected, maxAttached) {
		if a, ok := p.attached[i]; ok {
			s.Attached = append(s.Attached, a)
		}
	}
	return s, nil
}

func integer(text []byte) int64 {
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// seconds is a time from 0 to 68 years, whatever the number.
func seconds(text []byte) time.Duration {
	return time.Duration(min(max(0, integer(text)), math.MaxInt32)) * time.Second
}
