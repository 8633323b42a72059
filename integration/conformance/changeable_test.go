package conformance

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"
)

// Two more Sentinels, for the transcripts that change something: each watches a
// mymaster of its own, and lonely, which has no replica.
const (
	changeMaster   = "127.0.9.21"
	changeReplica1 = "127.0.9.22"
	changeReplica2 = "127.0.9.23"
	changeLonely   = "127.0.9.24"
	changeHost     = "127.0.9.25"
	failMaster     = "127.0.9.31"
	failReplica    = "127.0.9.32"
	failLonely     = "127.0.9.34"
	failHost       = "127.0.9.35"
)

// startChangeable starts both; the returned function waits until they know all.
func startChangeable(t *testing.T) (known func()) {
	t.Helper()
	follow := func(master string) []string { return []string{"--replicaof", master, strconv.Itoa(redisPort)} }
	for _, master := range []string{changeMaster, changeLonely, failMaster, failLonely} {
		startRedis(t, master)
	}
	startRedis(t, changeReplica1, follow(changeMaster)...)
	startRedis(t, changeReplica2, follow(changeMaster)...)
	startRedis(t, failReplica, follow(failMaster)...)
	untilFollowed(t, changeMaster, "2")
	untilFollowed(t, failMaster, "1")
	startSentinel(t, changeHost, monitored("mymaster", changeMaster, 2)+monitored("lonely", changeLonely, 1))
	startSentinel(t, failHost, monitored("mymaster", failMaster, 1)+monitored("lonely", failLonely, 1))
	return func() {
		untilListed(t, changeHost, "2")
		untilListed(t, failHost, "1")
	}
}

func monitored(name, host string, quorum int) string {
	return fmt.Sprintf("sentinel monitor %s %s %d %d\nsentinel down-after-milliseconds %s 5000\n", name, host, redisPort, quorum, name)
}

func untilFollowed(t *testing.T, master, replicas string) {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: addr(master, redisPort)})
	defer func() { _ = client.Close() }()
	until(t, "replicas of "+master, func(ctx context.Context) bool {
		info, err := client.InfoMap(ctx, "replication").Result()
		return err == nil && info["Replication"]["connected_slaves"] == replicas
	})
}

// untilListed waits for the first INFO of all that a Sentinel watches.
func untilListed(t *testing.T, host, replicas string) {
	t.Helper()
	client := redis.NewSentinelClient(&redis.Options{Addr: addr(host, sentinelPort)})
	defer func() { _ = client.Close() }()
	until(t, "all known to "+host, func(ctx context.Context) bool {
		lonely, err := client.Master(ctx, "lonely").Result()
		if err != nil || lonely["flags"] != "master" || lonely["runid"] == "" {
			return false
		}
		listed, err := client.Replicas(ctx, "mymaster").Result()
		if err != nil || strconv.Itoa(len(listed)) != replicas {
			return false
		}
		for _, r := range listed {
			if r["flags"] != "slave" || r["master-link-status"] != "ok" {
				return false
			}
		}
		m, err := client.Master(ctx, "mymaster").Result()
		return err == nil && m["flags"] == "master"
	})
}
