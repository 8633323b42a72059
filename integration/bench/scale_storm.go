package main

import (
	"context"
	"strconv"
	"time"
)

// stormTail is how much longer the CPU time is counted than until all see again.
const stormTail = 2 * time.Second

// storm cuts every connection to the API server at once, as its restart does, and
// measures until both replicas tell a change that was made right after it.
func (s *scaleStage) storm(ctx context.Context, found *scaleFindings) error {
	set := s.cluster.Sets[0]
	var before time.Duration
	for _, r := range s.replicas {
		used, err := r.cpu()
		if err != nil {
			return err
		}
		before += used
	}
	began := time.Now()
	s.server.Disconnect()
	want := 5*time.Second + time.Duration(len(s.cluster.Sets))*time.Millisecond // another one each time
	if err := s.cluster.SetDownAfter(ctx, set, want); err != nil {
		return err
	}
	for _, r := range s.replicas {
		client := sentinelAt(r.addr)
		err := eventually(ctx, "a change to be told by "+r.addr, func() bool {
			told, err := client.Master(ctx, set.Name).Result()
			return err == nil && told["down-after-milliseconds"] == strconv.FormatInt(want.Milliseconds(), 10)
		})
		_ = client.Close()
		if err != nil {
			return err
		}
	}
	found.storm = time.Since(began)
	if err := pause(ctx, stormTail); err != nil {
		return err
	}
	for _, r := range s.replicas {
		used, err := r.cpu()
		if err != nil {
			return err
		}
		found.stormCPU += used
	}
	found.stormCPU = max(0, found.stormCPU-before) / replicasOfService
	s.say("  all connections to the API cut: seen again after %s, %s of CPU each", seconds(found.storm), seconds(found.stormCPU))
	return nil
}
