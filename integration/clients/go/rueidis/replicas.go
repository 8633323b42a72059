package main

import (
	"context"

	"github.com/redis/rueidis"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/clients/go/loop"
)

func sendToReplicas(env loop.Env) (loop.Client, error) {
	ctx := context.Background()
	// snippet
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress: env.Sentinels,
		Sentinel: rueidis.SentinelOption{
			MasterSet: env.MasterName,
			Password:  env.SentinelPassword,
			TLSConfig: env.TLS,
		},
		Password:       env.RedisPassword,
		TLSConfig:      env.TLS,
		SendToReplicas: func(cmd rueidis.Completed) bool { return cmd.IsReadOnly() },
	})
	if err != nil {
		return loop.Client{}, err
	}
	set := func(key, value string) error {
		return client.Do(ctx, client.B().Set().Key(key).Value(value).Build()).Error()
	}
	get := func(key string) (string, error) {
		return client.Do(ctx, client.B().Get().Key(key).Build()).ToString()
	}
	// end
	return loop.Client{Set: set, Get: func(key string) error {
		if _, err := get(key); !rueidis.IsRedisNil(err) {
			return err
		}
		return nil
	}}, nil
}
