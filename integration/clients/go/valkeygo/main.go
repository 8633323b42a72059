package main

import (
	"context"

	"github.com/valkey-io/valkey-go"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/clients/go/loop"
)

func main() {
	loop.Main(valkey.LibVer, map[string]func(loop.Env) (loop.Client, error){"default": connect})
}

func connect(env loop.Env) (loop.Client, error) {
	ctx := context.Background()
	// snippet
	client, err := valkey.NewClient(valkey.ClientOption{
		InitAddress: env.Sentinels,
		Sentinel: valkey.SentinelOption{
			MasterSet: env.MasterName,
			Password:  env.SentinelPassword,
			TLSConfig: env.TLS,
		},
		Password:  env.RedisPassword,
		TLSConfig: env.TLS,
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
