package events

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

const (
	valueSize = 1000 // bytes, of noise: what is sent to replicas must not become small
	perChunk  = 2000 // keys, between which the replicas catch up
	fillers   = 2
	perMB     = 1 << 20 / (valueSize + 100) // keys; Redis takes some bytes beside each value
	keepUp    = 2 * time.Second             // for which replicas are waited for after a chunk
)

// largeValues give each server room for so many megabytes, and for what a sync takes.
func largeValues(base cluster.Values, megabytes int) cluster.Values {
	return merged(base, cluster.Values{"redis": cluster.Values{"resources": cluster.Values{
		"limits":   cluster.Values{"memory": fmt.Sprintf("%dMi", 5*megabytes)},
		"requests": cluster.Values{"memory": "64Mi"},
	}}})
}

// fill gives the set so many megabytes, and waits until the replicas have them.
func (s *Stage) fill(ctx context.Context, megabytes int) error {
	now, err := s.Settled(ctx)
	if err != nil {
		return err
	}
	server, err := s.Server(ctx, now.Pod, "")
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	s.kept = megabytes * perMB
	errs := make([]error, fillers)
	var wg sync.WaitGroup
	for n := range fillers {
		wg.Go(func() { errs[n] = fillPart(ctx, server, s.kept*n/fillers, s.kept*(n+1)/fillers) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return s.checkKept(ctx, server)
}

func fillPart(ctx context.Context, server *redis.Client, from, to int) error {
	value := make([]byte, valueSize)
	for ; from < to; from += perChunk {
		pipe := server.Pipeline()
		for key := from; key < min(from+perChunk, to); key++ {
			_, _ = rand.Read(value)
			pipe.Set(ctx, fmt.Sprintf("kept:%d", key), string(value), 0)
		}
		pipe.Do(ctx, "WAIT", 2, keepUp.Milliseconds())
		if _, err := pipe.Exec(ctx); err != nil {
			return fmt.Errorf("fill: %w", err)
		}
	}
	return nil
}

// checkKept is an error if one of the keys is missing. Writers have keys of their own.
func (s *Stage) checkKept(ctx context.Context, server *redis.Client) error {
	info, err := server.Info(ctx, "stats").Result()
	if err != nil {
		return err
	}
	for line := range strings.Lines(info) {
		if n, found := strings.CutPrefix(strings.TrimSpace(line), "evicted_keys:"); found && n != "0" {
			return fmt.Errorf("%s keys were evicted: the memory is too small for this test", n)
		}
	}
	kept := 0
	for from := 0; from < s.kept; from += perChunk {
		keys := make([]string, 0, perChunk)
		for key := from; key < min(from+perChunk, s.kept); key++ {
			keys = append(keys, fmt.Sprintf("kept:%d", key))
		}
		n, err := server.Exists(ctx, keys...).Result()
		if err != nil {
			return err
		}
		kept += int(n)
	}
	return wants(kept == s.kept, "%d of %d keys are left", kept, s.kept)
}
