package node

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

const (
	// maxAttached is how many replicas of a master are read.
	maxAttached = 1000
	// mostInfo is what is kept of the text of INFO, in bytes; a reading is kept for each
	// process, and shown to clients.
	mostInfo = 64 << 10
)

// noReplID is how Redis writes "no second replication id".
const noReplID = "0000000000000000000000000000000000000000"

// parse reads the text of INFO. Fields that are missing or no numbers count as 0,
// but a text without run id or role is not from a Redis that we can work with, nor is one
// whose ids are none: a decision is written down with them.
func parse(text string) (sentinel.Snapshot, error) {
	s := sentinel.Snapshot{Announced: true, Info: text}
	role, attached := "", int64(0)
	for line := range strings.SplitSeq(text, "\n") {
		name, value, ok := strings.Cut(strings.TrimRight(line, "\r"), ":")
		if !ok {
			continue
		}
		switch name {
		case "role":
			role = value
		case "connected_slaves":
			attached = min(number(value), maxAttached)
		default:
			if !take(&s, name, value) && !takeKeys(&s, name, value) {
				takeAttached(&s, name, value, attached)
			}
		}
	}
	switch role {
	case "master":
		s.Role, s.Priority = sentinel.RoleMaster, 100
	case "slave":
		s.Role = sentinel.RoleReplica
	default:
		return s, fmt.Errorf("INFO names the role %q, want master or slave", shown(role))
	}
	if err := identified(s); err != nil {
		return s, err
	}
	return short(s), nil
}

// identified tells whether the ids are such as Redis gives itself. A replication id may be
// missing: then the data is nobody's.
func identified(s sentinel.Snapshot) error {
	switch {
	case s.RunID == "":
		return errors.New("INFO has no run_id")
	case !isID(s.RunID):
		return fmt.Errorf("INFO has the run_id %q, want 40 hex digits", shown(s.RunID))
	}
	for _, id := range []string{s.ReplID, s.ReplID2} {
		if id != "" && !isID(id) {
			return fmt.Errorf("INFO has the replication id %q, want 40 hex digits", shown(id))
		}
	}
	return nil
}

// short is a reading that keeps no more than mostInfo of its text. The fields of a longer
// one are copied, not to keep all of it.
func short(s sentinel.Snapshot) sentinel.Snapshot {
	if len(s.Info) <= mostInfo {
		return s
	}
	s.Info = s.Info[:mostInfo]
	s.Info = strings.Clone(s.Info[:strings.LastIndexByte(s.Info, '\n')+1])
	for _, field := range []*string{&s.RunID, &s.Version, &s.ReplID, &s.ReplID2, &s.MasterAddr.Host} {
		*field = strings.Clone(*field)
	}
	for i := range s.Attached {
		s.Attached[i].Addr.Host = strings.Clone(s.Attached[i].Addr.Host)
	}
	return s
}

// take takes over a field that means one thing; false if it is none of these.
func take(s *sentinel.Snapshot, name, value string) bool {
	switch name {
	case "run_id":
		s.RunID = value
	case "redis_version":
		s.Version = shown(value)
	case "master_replid":
		s.ReplID = value
	case "master_replid2":
		s.ReplID2 = strings.Replace(value, noReplID, "", 1)
	case "master_repl_offset":
		s.Offset = amount(value)
	case "second_repl_offset":
		s.SecondOffset = max(-1, number(value)) // -1: none
	case "master_host":
		s.MasterAddr.Host = sentinel.Spelled(shown(value))
	case "master_port":
		s.MasterAddr.Port = port(value)
	case "master_link_status":
		s.LinkUp = value == "up"
	case "master_link_down_since_seconds":
		s.LinkDownFor, s.LinkWasUp = seconds(value), wasUp(value)
	case "master_last_io_seconds_ago":
		s.LastIO = seconds(value)
	case "master_sync_in_progress":
		s.SyncInProgress = value == "1"
	case "slave_repl_offset":
		s.ReplicaOffset = amount(value)
	case "slave_priority":
		s.Priority = int(min(amount(value), math.MaxInt32))
	case "replica_announced":
		s.Announced = value != "0"
	case "current_cow_size":
		s.CopyOnWrite = amount(value)
	case "loading", "async_loading":
		s.Loading = s.Loading || value == "1"
	case "min_slaves_good_slaves": // told only where min-replicas-to-write is set
		s.NeedsReplicas = true
	default:
		return false
	}
	return true
}

// takeKeys adds up the keyspace lines: db0:keys=3,expires=0,...
func takeKeys(s *sentinel.Snapshot, name, value string) bool {
	if _, is := numbered(name, "db"); !is {
		return false
	}
	count, _, _ := strings.Cut(strings.TrimPrefix(value, "keys="), ",")
	s.Keys += min(amount(count), math.MaxInt64-s.Keys)
	return true
}

// takeAttached reads the lines slave0:ip=10.0.0.2,port=6379,state=online,offset=14,lag=1,
// which follow their number, connected_slaves.
func takeAttached(s *sentinel.Snapshot, name, value string, most int64) {
	if i, is := numbered(name, "slave"); !is || i < 0 || int64(i) >= most || int64(len(s.Attached)) >= most {
		return
	}
	var a sentinel.Attached
	for field := range strings.SplitSeq(value, ",") {
		switch part, value, _ := strings.Cut(field, "="); part {
		case "ip":
			a.Addr.Host = sentinel.Spelled(shown(value))
		case "port":
			a.Addr.Port = port(value)
		case "state":
			a.Online = value == "online"
		case "offset":
			a.Acked = amount(value)
		case "lag":
			a.Lag = seconds(value)
		}
	}
	s.Attached = append(s.Attached, a)
}

// numbered tells whether name is a word with a number behind it, and that number.
func numbered(name, word string) (int, bool) {
	rest, is := strings.CutPrefix(name, word)
	if !is {
		return 0, false
	}
	n, err := strconv.Atoi(rest)
	return n, err == nil
}

// wasUp reads master_link_down_since_seconds: -1 on a process whose link never was up. What
// is no number proves nothing, nor does what Redis 6.0 tells in place of -1, the age of the
// epoch.
func wasUp(text string) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	return err == nil && n >= 0 && n < 1_000_000_000
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// port is 0 where there can be none.
func port(text string) int {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0
	}
	return int(n)
}

// amount is a number of bytes, a place in the stream, or a count.
func amount(text string) int64 { return max(0, number(text)) }

// seconds is a time from 0 to 68 years, whatever the number.
func seconds(text string) time.Duration {
	return time.Duration(min(max(0, number(text)), math.MaxInt32)) * time.Second
}
