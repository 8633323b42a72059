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

// maxAttached bounds what a Redis that answers nonsense can make us read.
const maxAttached = 1000

// noReplID is how Redis writes "no second replication id".
const noReplID = "0000000000000000000000000000000000000000"

// parse reads the text of INFO. Fields that are missing or no numbers count as 0,
// but a text without run id or role is not from a Redis that we can work with.
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
		return s, fmt.Errorf("INFO names the role %q, want master or slave", role)
	}
	if s.RunID == "" {
		return s, errors.New("INFO has no run_id")
	}
	return s, nil
}

// take takes over a field that means one thing; false if it is none of these.
func take(s *sentinel.Snapshot, name, value string) bool {
	switch name {
	case "run_id":
		s.RunID = value
	case "redis_version":
		s.Version = value
	case "master_replid":
		s.ReplID = value
	case "master_replid2":
		s.ReplID2 = strings.Replace(value, noReplID, "", 1)
	case "master_repl_offset":
		s.Offset = number(value)
	case "second_repl_offset":
		s.SecondOffset = number(value)
	case "master_host":
		s.MasterAddr.Host = value
	case "master_port":
		s.MasterAddr.Port = int(number(value))
	case "master_link_status":
		s.LinkUp = value == "up"
	case "master_link_down_since_seconds":
		s.LinkDownFor, s.LinkWasUp = seconds(value), wasUp(value)
	case "master_last_io_seconds_ago":
		s.LastIO = seconds(value)
	case "master_sync_in_progress":
		s.SyncInProgress = value == "1"
	case "slave_repl_offset":
		s.ReplicaOffset = number(value)
	case "slave_priority":
		s.Priority = int(number(value))
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
	n, _ := strconv.ParseInt(count, 10, 64)
	s.Keys += n
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
			a.Addr.Host = value
		case "port":
			a.Addr.Port = int(number(value))
		case "state":
			a.Online = value == "online"
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

// amount is a number of bytes, or a count.
func amount(text string) int64 { return max(0, number(text)) }

// seconds is a time from 0 to 68 years, whatever the number.
func seconds(text string) time.Duration {
	return time.Duration(min(max(0, number(text)), math.MaxInt32)) * time.Second
}
