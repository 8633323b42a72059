package node

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestParse reads what real servers have said, also as they would say it while they load
// or synchronize, and compares with the obvious way to do it.
func TestParse(t *testing.T) {
	paths, err := filepath.Glob("testdata/info/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatal("no texts: ", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range []string{"", "\nloading", "\nasync_loading", "\nmaster_sync_in_progress"} {
			text := strings.Replace(string(text), field+":0", field+":1", 1)
			got, err := parse(text)
			if err != nil {
				t.Errorf("%s: %v", path, err)
			}
			if want := parseByMap(text); !reflect.DeepEqual(got, want) {
				t.Errorf("%s with%s:\n%+v, want\n%+v", path, field, got, want)
			}
		}
	}
}

// TestParseBoundsReplicas: a master lists as many as are read, and no more.
func TestParseBoundsReplicas(t *testing.T) {
	var text strings.Builder
	fmt.Fprintf(&text, "run_id:"+anID+"\r\nrole:master\r\nconnected_slaves:%d\r\n", maxAttached+1)
	for i := range maxAttached + 1 {
		fmt.Fprintf(&text, "slave%d:ip=10.0.0.1,port=%d,state=online,offset=0,lag=0\r\n", i, i)
	}
	if got, err := parse(text.String()); err != nil || len(got.Attached) != maxAttached {
		t.Errorf("%d replicas, %v", len(got.Attached), err)
	}
}

// parseByMap is parse without a check, for texts in which no field is told twice.
func parseByMap(text string) sentinel.Snapshot {
	f := fields(text, "\n", ":")
	s := sentinel.Snapshot{
		RunID: f["run_id"], Version: shown(f["redis_version"]),
		ReplID: f["master_replid"], ReplID2: strings.Replace(f["master_replid2"], noReplID, "", 1),
		Offset: max(0, number(f["master_repl_offset"])), SecondOffset: max(-1, number(f["second_repl_offset"])),
		MasterAddr:     sentinel.Addr{Host: sentinel.Spelled(shown(f["master_host"])), Port: port(f["master_port"])},
		LinkUp:         f["master_link_status"] == "up",
		LinkDownFor:    seconds(f["master_link_down_since_seconds"]),
		LinkWasUp:      downSince(f["master_link_down_since_seconds"]),
		SyncInProgress: f["master_sync_in_progress"] == "1",
		ReplicaOffset:  max(0, number(f["slave_repl_offset"])),
		Priority:       int(min(max(0, number(f["slave_priority"])), math.MaxInt32)),
		Announced:      f["replica_announced"] != "0",
		Loading:        f["loading"] == "1" || f["async_loading"] == "1",
		CopyOnWrite:    amount(f["current_cow_size"]),
		LastIO:         seconds(f["master_last_io_seconds_ago"]),
		Role:           map[string]sentinel.Role{"master": sentinel.RoleMaster, "slave": sentinel.RoleReplica}[f["role"]],
		Info:           kept(text),
	}
	_, s.NeedsReplicas = f["min_slaves_good_slaves"]
	if s.Role == sentinel.RoleMaster {
		s.Priority = 100
	}
	for i := range min(number(f["connected_slaves"]), maxAttached) {
		if line, told := f[fmt.Sprint("slave", i)]; told {
			part := fields(line, ",", "=")
			s.Attached = append(s.Attached, sentinel.Attached{
				Addr:   sentinel.Addr{Host: sentinel.Spelled(shown(part["ip"])), Port: port(part["port"])},
				Online: part["state"] == "online", Acked: max(0, number(part["offset"])), Lag: seconds(part["lag"]),
			})
		}
	}
	for name, value := range f {
		if db, is := strings.CutPrefix(name, "db"); is {
			if _, err := strconv.Atoi(db); err == nil {
				count, _, _ := strings.Cut(strings.TrimPrefix(value, "keys="), ",")
				s.Keys += min(max(0, number(count)), math.MaxInt64-s.Keys)
			}
		}
	}
	return s
}

func downSince(text string) bool {
	n, err := strconv.Atoi(text)
	return err == nil && n >= 0 && n < 1e9
}

// kept is what is kept of a text: whole lines.
func kept(text string) string {
	if len(text) <= mostInfo {
		return text
	}
	return text[:strings.LastIndex(text[:mostInfo], "\n")+1]
}

// TestParseLinkWasUp: as Redis 7.0 was heard to tell it, and what must not count.
func TestParseLinkWasUp(t *testing.T) {
	for line, want := range map[string]bool{
		"": false, "master_link_down_since_seconds:0\r\n": true, "master_link_down_since_seconds:12\r\n": true,
		"master_link_down_since_seconds:-1\r\n": false, "master_link_down_since_seconds:1608603251\r\n": false,
		"master_link_down_since_seconds:\r\n": false, "master_link_down_since_seconds:soon\r\n": false,
	} {
		got, err := parse("run_id:" + anID + "\r\nrole:slave\r\nmaster_host:10.0.0.1\r\nmaster_port:6379\r\nmaster_link_status:down\r\n" + line)
		if err != nil || got.LinkWasUp != want {
			t.Errorf("%q: LinkWasUp %t, %v; want %t", line, got.LinkWasUp, err, want)
		}
	}
}

// fields of a text: those that have a value.
func fields(text, end, sign string) map[string]string {
	f := map[string]string{}
	for field := range strings.SplitSeq(text, end) {
		if end == "\n" {
			field = strings.TrimRight(field, "\r")
		}
		if name, value, ok := strings.Cut(field, sign); ok {
			f[name] = value
		}
	}
	return f
}

// orderly tells that no field comes twice and that replicas come after their number and
// in order, as in all that a Redis says.
func orderly(text string) bool {
	seen, replica, attached := map[string]bool{}, int64(-1), int64(0)
	for line := range strings.SplitSeq(text, "\n") {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\r"), ":")
		if seen[name] && name != "" {
			return false
		}
		seen[name] = true
		if name == "connected_slaves" {
			attached = number(value)
		}
		if rest, is := strings.CutPrefix(name, "slave"); is {
			i, err := strconv.ParseInt(rest, 10, 64)
			if err != nil {
				continue
			}
			if rest != strconv.FormatInt(i, 10) || i <= replica || i >= attached {
				return false
			}
			for field := range strings.SplitSeq(value, ",") {
				part, _, _ := strings.Cut(field, "=")
				if part = "replica " + name + " " + part; seen[part] {
					return false
				}
				seen[part] = true
			}
			replica = i
		}
	}
	return true
}
