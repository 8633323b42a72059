package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

const masterName = "mymaster"

// side is one way to run a master and its replicas, and those who watch over them.
type side interface {
	name() string
	// nodes are the addresses of the Redis.
	nodes() []string
	// sentinels may be none: then nobody watches.
	sentinels() []string
	// crash ends the process behind an address with SIGKILL; an empty one is
	// started there at once.
	crash(addr string, pid int) error
	// leave ends it in the same way; nothing is there until back.
	leave(addr string, pid int) error
	back(addr string) error
	// fenced says what a master lacks of the protection it has once all is well.
	fenced(ctx context.Context, master *redis.Client) error
	end() error
}

// waitFor repeats until ok says so, or says what was missing until then.
func waitFor(ctx context.Context, within time.Duration, ok func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		err := ok(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not within %s: %w", within, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// freePorts finds the first of n free ports in a row at 127.0.0.1.
func freePorts(n int) (int, error) {
	for first := 36400; first < 60000; first += n {
		if allFree(first, n) {
			return first, nil
		}
	}
	return 0, fmt.Errorf("no %d free ports in a row", n)
}

func allFree(first, n int) bool {
	for port := first; port < first+n; port++ {
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return false
		}
		_ = listener.Close() // nobody has used it
	}
	return true
}
