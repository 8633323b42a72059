package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/hostile"
)

// Attackers have computers of their own, and here they share one with the service. They run
// in a process of their own, which leaves its processors to all others where it is polite: what
// the service is slower by then is what they cost it, not what they take by running beside it.

// assault is what such a process does until its standard input ends. Its parent hands it over
// in this variable of the environment.
type assault struct {
	Clients   string   // name of the attack of clients
	Master    string   // that they know of
	Sentinels []string // whom they attack
	Metrics   []string // where strangers ask for metrics
	Intruders []string // addresses of pods that are no Redis
}

const assaultVariable = "MASSCRASH_ASSAULT"

// strangers ask for metrics at once.
const strangers = 20

// lowest is the niceness of a polite process.
const lowest = 19

// running is an assault that has begun.
type running struct {
	process *exec.Cmd
	stop    io.Closer
}

// start begins one, in a process of this very program.
func (a assault) start(polite bool) (*running, error) {
	text, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	r := &running{process: exec.Command(program)}
	r.process.Env = append(os.Environ(), assaultVariable+"="+string(text))
	r.process.Stderr = os.Stderr
	r.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // whose threads can be made polite at once
	if r.stop, err = r.process.StdinPipe(); err != nil {
		return nil, err
	}
	ready, err := r.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := r.process.Start(); err != nil {
		return nil, err
	}
	if polite {
		err = syscall.Setpriority(syscall.PRIO_PGRP, r.process.Process.Pid, lowest)
	}
	if _, err1 := ready.Read(make([]byte, 1)); errors.Join(err, err1) != nil {
		return nil, errors.Join(err, err1, r.end())
	}
	return r, nil
}

func (r *running) end() error { return errors.Join(r.stop.Close(), r.process.Wait()) }

// attack is the program of such a process.
func attack(text string) error {
	var a assault
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	for i, kind := range hostile.RedisAttacks() {
		pod, err := hostile.StartRedis(a.Intruders[i], kind)
		if err != nil {
			return err
		}
		defer pod.Close()
	}
	failed := a.clients(ctx)
	for _, addr := range a.Metrics {
		go hostile.Scrape(ctx, func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", addr)
		}, strangers)
	}
	if _, err := fmt.Println("attacking"); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	stop()
	return failed()
}

// clients begin; what they return waits for their end, and tells of those that could not.
func (a assault) clients(ctx context.Context) (failed func() error) {
	var all sync.WaitGroup
	errs := make([]error, len(a.Sentinels))
	for i, addr := range a.Sentinels {
		all.Go(func() {
			if err := hostile.ClientAttacks[a.Clients](ctx, addr, a.Master); err != nil && ctx.Err() == nil {
				errs[i] = fmt.Errorf("%s: %w", a.Clients, err)
			}
		})
	}
	return func() error {
		all.Wait()
		return errors.Join(errs...)
	}
}
