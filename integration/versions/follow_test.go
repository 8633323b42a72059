package versions

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/single"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// syncsInVain is how many copies a replica takes that it cannot read before that is believed.
const syncsInVain = 4

// TestWhoFollowsWhom lets each version copy from each, and compares the table with docs/versions.md.
func TestWhoFollowsWhom(t *testing.T) {
	const network = "127.0.53"
	var table strings.Builder
	table.WriteString("| master | replica: " + strings.Join(names(), " | ") + " |\n|---|" + strings.Repeat("---|", len(versions)) + "\n")
	for at, v := range versions {
		master := v.program(t).Start(t, fmt.Sprintf("%s.%d", network, at+1), 6379)
		all := fillAll(t, master)
		row := "| " + v.name
		for _, other := range versions {
			replica := other.program(t).Start(t, network+".100", 6379, "--repl-diskless-load", "disabled")
			row += " | " + map[bool]string{true: "yes", false: "no"}[follows(t, master, replica, all)]
			replica.Kill()
		}
		table.WriteString(row + " |\n")
		master.Kill()
	}
	t.Logf("who can copy from whom:\n%s", table.String())
	docs, err := os.ReadFile("../../docs/versions.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(docs), table.String()) {
		t.Errorf("docs/versions.md has another table")
	}
}

func names() []string {
	var all []string
	for _, v := range versions {
		all = append(all, v.name)
	}
	return all
}

// fillAll gives a master keys of each type, and returns how many there are.
func fillAll(t *testing.T, master *redis.Server) int64 {
	t.Helper()
	c := client(t, master)
	if err := c.ConfigSet(t.Context(), "repl-diskless-sync-delay", "0").Err(); err != nil {
		t.Fatal(err)
	}
	pipe := c.Pipeline()
	for i := range 200 {
		n := strconv.Itoa(i)
		pipe.Set(t.Context(), "string:"+n, "value", time.Hour)
		pipe.RPush(t.Context(), "list:"+n[:1], n)
		pipe.HSet(t.Context(), "hash:"+n[:1], n, n)
		pipe.SAdd(t.Context(), "numbers:"+n[:1], i)
		pipe.SAdd(t.Context(), "words:"+n[:1], "w"+n)
		pipe.ZAdd(t.Context(), "sorted:"+n[:1], goredis.Z{Score: float64(i), Member: n})
		pipe.XAdd(t.Context(), &goredis.XAddArgs{Stream: "stream", Values: []string{"n", n}})
	}
	pipe.XGroupCreate(t.Context(), "stream", "group", "0")
	pipe.XReadGroup(t.Context(), &goredis.XReadGroupArgs{Group: "group", Consumer: "one", Streams: []string{"stream", ">"}, Count: 3})
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := c.DBSize(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// follows waits until a replica has all, or until it has asked for copies in vain.
func follows(t *testing.T, master, replica *redis.Server, all int64) bool {
	t.Helper()
	before := fullSyncs(t, master)
	c := client(t, replica)
	if err := c.ReplicaOf(t.Context(), master.Host, strconv.Itoa(master.Port)).Err(); err != nil {
		t.Fatal(err)
	}
	up := false
	redis.Eventually(t, time.Minute, replica.Addr()+" copies from "+master.Addr()+", or in vain", func() bool {
		text, err := c.Info(t.Context(), "replication").Result()
		up = err == nil && strings.Contains(text, "master_link_status:up")
		return up || fullSyncs(t, master)-before >= syncsInVain
	})
	if !up {
		return false
	}
	if n, err := c.DBSize(t.Context()).Result(); err != nil || n != all {
		t.Errorf("%s is in sync with %s and has %d of %d keys (%v)", replica, master, n, all, err)
	}
	return true
}

func fullSyncs(t *testing.T, s *redis.Server) int {
	t.Helper()
	text, err := client(t, s).Info(t.Context(), "stats").Result()
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(text, "sync_full:")
	n, err := strconv.Atoi(strings.TrimSpace(rest[:strings.IndexAny(rest, "\r\n")]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestUnreadableIsTold: a rollback to a Redis that cannot read its master's copies is told with both
// versions, and the set goes on without it.
func TestUnreadableIsTold(t *testing.T) {
	later, earlier := versions[2], versions[1]
	s := single.Start(t, later.program(t), "127.0.54", 2)
	fill(t, s)
	older := earlier.program(t).Start(t, "127.0.54.9", 6379, redis.Fence...)
	s.Join("redis-2", sentinel.Addr{Host: older.Host, Port: older.Port})
	redis.Eventually(t, 2*time.Minute, "the service tells that syncs repeat", func() bool { return s.Told(sentinel.SyncsRepeat) > 0 })
	said := s.Said(sentinel.SyncsRepeat)
	for _, want := range []string{"redis-0 is Redis 8.0.", "redis-2 is Redis 7.0."} {
		if !strings.Contains(said, want) {
			t.Errorf("it is told with %q, which lacks %q", said, want)
		}
	}
	if s.Told("MasterSwitched") != 1 {
		t.Errorf("the master was switched %d times", s.Told("MasterSwitched"))
	}
}
