package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/process"
)

const (
	readyWithin = time.Minute
	endWithin   = 15 * time.Second
)

// service is this project: the demo with one master. Its Redis come back at once, as
// those of the real Sentinels here do.
type service struct {
	process *process.Process
	layout  layout
	gate    *gate // nil for a service whose Redis are never away
}

// layout is the part of the demo's JSON that is needed here.
type layout struct {
	Sentinels []string `json:"sentinels"`
	Masters   []struct {
		Pods []struct {
			Address string `json:"address"`
		} `json:"pods"`
	} `json:"masters"`
}

// newService starts the demo as it is.
func newService(ctx context.Context, l lab) (side, error) { return startService(ctx, l.demo, nil) }

// newGatedService starts it with a Redis that can be kept away.
func newGatedService(ctx context.Context, l lab) (side, error) {
	g, err := newGate(l.dir)
	if err != nil {
		return nil, err
	}
	return startService(ctx, l.demo, g)
}

func startService(ctx context.Context, demo string, g *gate) (side, error) {
	port, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	spec := process.Spec{Path: demo, Args: []string{"--json", "--restart-at-once", "--port", strconv.Itoa(port)}, Out: write}
	if g != nil {
		spec.Env = g.environment()
	}
	p, err := process.Start(spec)
	if closed := write.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, errors.Join(err, read.Close())
	}
	s := &service{process: p, gate: g}
	if err := s.awaitLayout(ctx, read); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", demo, err), s.end())
	}
	return s, nil
}

// awaitLayout reads the demo's output up to its line of JSON, and the rest for as
// long as it runs, which would otherwise wait for a reader.
func (s *service) awaitLayout(ctx context.Context, from *os.File) error {
	found := make(chan layout)
	ended := make(chan string, 1)
	go func() {
		defer from.Close()
		last := "no output"
		for lines := bufio.NewScanner(from); lines.Scan(); last = lines.Text() {
			var l layout
			if json.Unmarshal(lines.Bytes(), &l) == nil {
				found <- l
			}
		}
		ended <- last
	}()
	select {
	case s.layout = <-found:
	case last := <-ended:
		return fmt.Errorf("ended: %s", last)
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(readyWithin):
		return fmt.Errorf("not ready within %s", readyWithin)
	}
	if len(s.layout.Masters) != 1 || len(s.layout.Masters[0].Pods) != 3 || len(s.layout.Sentinels) != 3 {
		return fmt.Errorf("runs %+v, want one master with three pods, three Sentinels", s.layout)
	}
	return nil
}

func (s *service) name() string { return "this service" }

func (s *service) nodes() []string {
	addrs := make([]string, 0, 3)
	for _, p := range s.layout.Masters[0].Pods {
		addrs = append(addrs, p.Address)
	}
	return addrs
}

func (s *service) sentinels() []string { return s.layout.Sentinels }

// crash only kills: the demo's node agent restarts the container.
func (s *service) crash(_ string, pid int) error { return syscall.Kill(pid, syscall.SIGKILL) }

// leave kills; what the demo's node agent starts then waits behind the gate.
func (s *service) leave(addr string, pid int) error {
	if err := s.gate.shut(); err != nil {
		return err
	}
	return s.crash(addr, pid)
}

func (s *service) back(string) error { return s.gate.open() }

// fenced asks for the write fence, which is there soon after the replicas are.
func (s *service) fenced(ctx context.Context, master *redis.Client) error {
	m, err := master.ConfigGet(ctx, "min-replicas-to-write").Result()
	if err == nil && m["min-replicas-to-write"] != "1" {
		err = fmt.Errorf("min-replicas-to-write is %s, want 1", m["min-replicas-to-write"])
	}
	return err
}

func (s *service) end() error {
	if err := s.process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-s.process.Done():
		return nil
	case <-time.After(endWithin):
		return s.process.Kill()
	}
}
