package main

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/clients/go/loop"
)

// failoverCluster cannot be led to loopback addresses: the library takes their hosts
// away, as those of a cluster's node that tells of itself, and dials :6379. Tests
// announce names to it.
func failoverCluster(env loop.Env) (loop.Client, error) {
	ctx := context.Background()
	// snippet
	client := redis.NewFailoverClusterClient(&redis.FailoverOptions{
		MasterName:       env.MasterName,
		SentinelAddrs:    env.Sentinels,
		SentinelPassword: env.SentinelPassword,
		Password:         env.RedisPassword,
		TLSConfig:        env.TLS,
		RouteRandomly:    true, // reads go to the master and to all replicas
	})
	set := func(key, value string) error {
		return client.Set(ctx, key, value, 0).Err()
	}
	get := func(key string) (string, error) {
		return client.Get(ctx, key).Result()
	}
	// end
	return loop.Client{Set: set, Get: func(key string) error {
		if _, err := get(key); !errors.Is(err, redis.Nil) {
			return err
		}
		return nil
	}}, nil
}
