package main

import (
	"context"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// startAgain stops a follower and measures until a new process in its place gives its
// first answer.
func (s *scaleStage) startAgain(ctx context.Context, found *scaleFindings) error {
	_, follower, err := s.roles(ctx)
	if err != nil {
		return err
	}
	if err := follower.end(syscall.SIGTERM); err != nil {
		return err
	}
	began := time.Now()
	if err := follower.start(); err != nil {
		return err
	}
	name := s.cluster.Sets[len(s.cluster.Sets)-1].Name
	if err := eventually(ctx, "the first answer about "+name, func() bool { return answers(ctx, follower.addr, name) }); err != nil {
		return err
	}
	found.start = time.Since(began)
	if found.startCPU, err = follower.cpu(); err != nil {
		return err
	}
	s.say("  a new replica serves after %s, having used %s of CPU", seconds(found.start), seconds(found.startCPU))
	return eventually(ctx, "the new replica to be ready", func() bool { return follower.ready(ctx) })
}

// answers asks once, on a connection of its own, as a client does that looks for a
// Sentinel.
func answers(ctx context.Context, addr, name string) bool {
	client := sentinelAt(addr)
	defer func() { _ = client.Close() }()
	found, err := client.GetMasterAddrByName(ctx, name).Result()
	return err == nil && len(found) == 2 && strings.HasPrefix(found[0], "127.")
}

func sentinelAt(addr string) *redis.SentinelClient {
	return redis.NewSentinelClient(&redis.Options{Addr: addr, MaxRetries: -1, DialerRetries: 1, DisableIdentity: true, Protocol: 2})
}
