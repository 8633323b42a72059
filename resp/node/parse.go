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
	f := fields(text)
	s := sentinel.Snapshot{
		RunID: f["run_id"], Version: f["redis_version"],
		ReplID: f["master_replid"], ReplID2: strings.Replace(f["master_replid2"], noReplID, "", 1),
		Offset: f.int("master_repl_offset"), SecondOffset: f.int("second_repl_offset"),
		MasterAddr:     sentinel.Addr{Host: f["master_host"], Port: int(f.int("master_port"))},
		LinkUp:         f["master_link_status"] == "up",
		LinkDownFor:    f.seconds("master_link_down_since_seconds"),
		SyncInProgress: f["master_sync_in_progress"] == "1",
		ReplicaOffset:  f.int("slave_repl_offset"),
		Priority:       int(f.int("slave_priority")),
		Announced:      f["replica_announced"] != "0",
		Loading:        f["loading"] == "1" || f["async_loading"] == "1",
		LastIO:         f.seconds("master_last_io_seconds_ago"),
		Keys:           f.keys(), Attached: f.attached(),
		Info: text,
	}
	_, s.NeedsReplicas = f["min_slaves_good_slaves"] // told only where min-replicas-to-write is set
	switch f["role"] {
	case "master":
		s.Role, s.Priority = sentinel.RoleMaster, 100
	case "slave":
		s.Role = sentinel.RoleReplica
	default:
		return s, fmt.Errorf("INFO names the role %q, want master or slave", f["role"])
	}
	if s.RunID == "" {
		return s, errors.New("INFO has no run_id")
	}
	return s, nil
}

type infoFields map[string]string

func fields(text string) infoFields {
	f := make(infoFields, 96) // about as many as four sections have
	for line := range strings.SplitSeq(text, "\n") {
		if name, value, ok := strings.Cut(strings.TrimRight(line, "\r"), ":"); ok {
			f[name] = value
		}
	}
	return f
}

func (f infoFields) int(name string) int64 {
	n, err := strconv.ParseInt(f[name], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// seconds is a time from 0 to 68 years, whatever the number.
func (f infoFields) seconds(name string) time.Duration {
	return time.Duration(min(max(0, f.int(name)), math.MaxInt32)) * time.Second
}

// attached reads the lines slave0:ip=10.0.0.2,port=6379,state=online,offset=14,lag=1.
func (f infoFields) attached() []sentinel.Attached {
	var list []sentinel.Attached
	for i := range min(f.int("connected_slaves"), maxAttached) {
		line, ok := f["slave"+strconv.FormatInt(i, 10)]
		if !ok {
			continue
		}
		part := infoFields{}
		for field := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(field, "=")
			part[name] = value
		}
		list = append(list, sentinel.Attached{
			Addr:   sentinel.Addr{Host: part["ip"], Port: int(part.int("port"))},
			Online: part["state"] == "online",
			Lag:    part.seconds("lag"),
		})
	}
	return list
}

// keys adds up the keyspace lines: db0:keys=3,expires=0,...
func (f infoFields) keys() int64 {
	var total int64
	for name, value := range f {
		if db, ok := strings.CutPrefix(name, "db"); ok {
			if _, err := strconv.Atoi(db); err != nil {
				continue
			}
			count, _, _ := strings.Cut(strings.TrimPrefix(value, "keys="), ",")
			n, _ := strconv.ParseInt(count, 10, 64)
			total += n
		}
	}
	return total
}
