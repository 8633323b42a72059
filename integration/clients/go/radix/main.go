package main

import (
	"context"
	"crypto/tls"
	"time"

	"github.com/mediocregopher/radix/v4"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/clients/go/loop"
)

const module = "github.com/mediocregopher/radix/v4"

func main() {
	loop.Main(loop.Version(module), map[string]func(loop.Env) (loop.Client, error){"default": connect})
}

func connect(env loop.Env) (loop.Client, error) {
	sentinel := radix.Dialer{AuthPass: env.SentinelPassword}
	redis := radix.Dialer{AuthPass: env.RedisPassword}
	if env.TLS != nil {
		sentinel.NetDialer = &tls.Dialer{Config: env.TLS}
		redis.NetDialer = &tls.Dialer{Config: env.TLS}
	}
	// snippet
	client, err := radix.SentinelConfig{
		SentinelDialer: sentinel, // radix.Dialer{AuthPass: ...}
		PoolConfig:     radix.PoolConfig{Dialer: redis},
	}.New(context.Background(), env.MasterName, env.Sentinels)
	if err != nil {
		return loop.Client{}, err
	}
	set := func(key, value string) error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		return client.Do(ctx, radix.Cmd(nil, "SET", key, value))
	}
	get := func(key string) (value string, err error) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		return value, client.DoSecondary(ctx, radix.Cmd(&value, "GET", key))
	}
	// end
	return loop.Client{Set: set, Get: func(key string) error {
		_, err := get(key)
		return err
	}}, nil
}
