package main

import (
	"crypto/tls"
	"errors"
	"time"

	"github.com/FZambia/sentinel"
	"github.com/gomodule/redigo/redis"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/clients/go/loop"
)

func main() {
	version := loop.Version("github.com/gomodule/redigo") + "/" + loop.Version("github.com/FZambia/sentinel")
	loop.Main(version, map[string]func(loop.Env) (loop.Client, error){"default": connect})
}

func connect(env loop.Env) (loop.Client, error) {
	toRedis := append(secured(env.TLS), redis.DialPassword(env.RedisPassword))
	toSentinel := append(secured(env.TLS), redis.DialPassword(env.SentinelPassword),
		redis.DialConnectTimeout(time.Second), redis.DialReadTimeout(time.Second))
	// snippet
	sentinels := &sentinel.Sentinel{
		Addrs:      env.Sentinels,
		MasterName: env.MasterName,
		Dial:       func(addr string) (redis.Conn, error) { return redis.Dial("tcp", addr, toSentinel...) },
	}
	masters := &redis.Pool{
		Dial: func() (redis.Conn, error) {
			addr, err := sentinels.MasterAddr()
			if err != nil {
				return nil, err
			}
			return redis.Dial("tcp", addr, toRedis...)
		},
		TestOnBorrow: func(conn redis.Conn, _ time.Time) error {
			if !sentinel.TestRole(conn, "master") {
				return errors.New("not the master any more")
			}
			return nil
		},
		MaxIdle: 3,
	}
	set := func(key, value string) error {
		conn := masters.Get()
		defer conn.Close()
		_, err := conn.Do("SET", key, value)
		return err
	}
	// end
	replicas := &redis.Pool{
		Dial:         func() (redis.Conn, error) { return dialReplica(sentinels, toRedis) },
		TestOnBorrow: isReplica,
		MaxIdle:      3,
	}
	return loop.Client{Set: set, Get: func(key string) error {
		conn := replicas.Get()
		defer conn.Close()
		_, err := conn.Do("GET", key)
		return err
	}}, nil
}

// secured is what redigo is told for TLS.
func secured(config *tls.Config) []redis.DialOption {
	if config == nil {
		return nil
	}
	return []redis.DialOption{redis.DialUseTLS(true), redis.DialTLSConfig(config)}
}
