package main

import (
	"context"

	"github.com/redis/rueidis"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/clients/go/loop"
)

func main() {
	loop.Main(rueidis.LibVer, map[string]func(loop.Env) (loop.Client, error){
		"default":          func(env loop.Env) (loop.Client, error) { return connect(env, false) },
		"no-cache":         func(env loop.Env) (loop.Client, error) { return connect(env, true) },
		"send-to-replicas": sendToReplicas,
	})
}

func connect(env loop.Env, noCache bool) (loop.Client, error) {
	ctx := context.Background()
	// snippet
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress: env.Sentinels,
		Sentinel: rueidis.SentinelOption{
			MasterSet: env.MasterName,
			Password:  env.SentinelPassword,
			TLSConfig: env.TLS,
		},
		Password:     env.RedisPassword,
		TLSConfig:    env.TLS,
		DisableCache: noCache, // false: DoCache caches on the client's side
	})
	if err != nil {
		return loop.Client{}, err
	}
	set := func(key, value string) error {
		return client.Do(ctx, client.B().Set().Key(key).Value(value).Build()).Error()
	}
	// end
	return loop.Client{Set: set}, nil
}
