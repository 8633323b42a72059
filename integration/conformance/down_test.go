package conformance

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// A Sentinel that reaches nobody, and one that cannot write its file.
const (
	downMaster    = "127.0.9.41"
	downReplica   = "127.0.9.42"
	downPeer1     = "127.0.9.43"
	downPeer2     = "127.0.9.44"
	downHost      = "127.0.9.45"
	unsavedMaster = "127.0.9.34" // lonely's, which is watched twice
	unsavedHost   = "127.0.9.55"
)

// startDown needs nothing but a configuration that remembers them.
func startDown(t *testing.T) {
	t.Helper()
	startSentinel(t, downHost, fmt.Sprintf(`sentinel monitor mymaster %s %d 2
sentinel down-after-milliseconds mymaster 300
sentinel known-replica mymaster %s %d
sentinel known-sentinel mymaster %s %d %s
sentinel known-sentinel mymaster %s %d %s
`, downMaster, redisPort, downReplica, redisPort, downPeer1, sentinelPort, id("b"), downPeer2, sentinelPort, id("c")))
}

func untilDown(t *testing.T) {
	t.Helper()
	client := redis.NewSentinelClient(&redis.Options{Addr: addr(downHost, sentinelPort)})
	defer func() { _ = client.Close() }()
	down := func(err error, rows []map[string]string, flags string) bool {
		for _, row := range rows {
			if row["flags"] != flags {
				return false
			}
		}
		return err == nil
	}
	until(t, "all down for "+downHost, func(ctx context.Context) bool {
		m, err := client.Master(ctx, "mymaster").Result()
		if !down(err, []map[string]string{m}, "s_down,master,disconnected") {
			return false
		}
		replicas, err := client.Replicas(ctx, "mymaster").Result()
		if !down(err, replicas, "s_down,slave,disconnected") {
			return false
		}
		peers, err := client.Sentinels(ctx, "mymaster").Result()
		return down(err, peers, "s_down,sentinel,disconnected")
	})
}

// unreachableViews is the same for the service.
func unreachableViews() *store.Store {
	since := time.Now()
	down := func(host string) sentinel.InstanceView {
		return sentinel.InstanceView{
			Addr: sentinel.Addr{Host: host, Port: redisPort}, SDown: true, SDownTime: since, Disconnected: true,
			Vitals: sentinel.NewVitals(since),
		}
	}
	v := view("mymaster", downMaster, 2)
	v.Config.DownAfter = 300 * time.Millisecond
	v.Master, v.Replicas = down(downMaster), []sentinel.InstanceView{down(downReplica)}
	views := store.New()
	views.CommitMaster(v)
	peer := func(host, letter string) sentinel.Peer {
		return sentinel.Peer{ID: id(letter), Addr: sentinel.Addr{Host: host, Port: sentinelPort}, SDown: true, SDownTime: since}
	}
	views.CommitPeers([]sentinel.Peer{peer(downPeer1, "b"), peer(downPeer2, "c")})
	return views
}

// startUnsaved takes the folder away from under a running Sentinel.
func startUnsaved(t *testing.T) {
	t.Helper()
	dir := startSentinel(t, unsavedHost, monitored("mymaster", unsavedMaster, 2))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
}
