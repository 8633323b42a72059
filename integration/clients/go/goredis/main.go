package main

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/clients/go/loop"
)

func main() {
	loop.Main(redis.Version(), map[string]func(loop.Env) (loop.Client, error){
		"failover":         failover,
		"failover-cluster": failoverCluster,
	})
}

func failover(env loop.Env) (loop.Client, error) {
	ctx := context.Background()
	// snippet
	client := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName:       env.MasterName,
		SentinelAddrs:    env.Sentinels,
		SentinelPassword: env.SentinelPassword,
		Password:         env.RedisPassword,
		TLSConfig:        env.TLS,
	})
	set := func(key, value string) error {
		return client.Set(ctx, key, value, 0).Err()
	}
	// end
	return loop.Client{Set: set}, nil
}
