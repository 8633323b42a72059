package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/process"
)

// server is one Sentinel, ours or the real one, with modelled masters of its own.
type server struct {
	name    string
	addr    *net.TCPAddr
	pid     int
	masters []string // their names
	resting float64  // part of a core that it takes with no client at all
	stop    func() error
}

// idle is what the server would have spent on its masters in that time anyway.
func (s *server) idle(took time.Duration) time.Duration {
	return time.Duration(s.resting * float64(took))
}

// mostRests bounds how long a server may take to calm down.
const mostRests = 15

// rest measures what the server spends with no client, second by second until it does
// not get less any more: a start has after-effects.
func (s *server) rest(ctx context.Context) error {
	s.resting = 1
	for range mostRests {
		share, err := s.share(ctx, time.Second)
		if err != nil {
			return err
		}
		calm := share > 0.8*s.resting
		if s.resting = min(s.resting, share); calm {
			return nil
		}
	}
	return nil
}

// share is the part of a core that the server takes for a time.
func (s *server) share(ctx context.Context, lasting time.Duration) (float64, error) {
	before, err := cpuTime(s.pid)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := pause(ctx, lasting); err != nil {
		return 0, err
	}
	after, err := cpuTime(s.pid)
	return float64(after-before) / float64(time.Since(began)), err
}

// launch starts a process whose output goes to a file.
func launch(path, log string, args ...string) (pid int, stop func() error, err error) {
	out, err := os.Create(log)
	if err != nil {
		return 0, nil, err
	}
	defer out.Close()
	p, err := process.Start(process.Spec{Path: path, Args: args, Out: out})
	if err != nil {
		return 0, nil, err
	}
	return p.PID(), func() error { return end(p) }, nil
}

// end asks a process to stop, and kills it when it does not.
func end(p *process.Process) error {
	err := p.Signal(syscall.SIGTERM)
	select {
	case <-p.Done():
		return err
	case <-time.After(10 * time.Second):
		return errors.Join(err, p.Kill())
	}
}

// await tries until it succeeds; the caller's context bounds it.
func await(ctx context.Context, try func() error) error {
	for {
		err := try()
		if err == nil || pause(ctx, 50*time.Millisecond) != nil {
			return err // what is still lacking
		}
	}
}

// ask sends one command on a connection of its own and returns the whole reply as text,
// line by line.
func ask(addr, command string) (text []string, err error) {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return nil, err
	}
	if _, err := conn.Write(encode(command)); err != nil {
		return nil, err
	}
	var s scanner
	for lines := bufio.NewReader(conn); ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("%s: %w", command, noEOF(err))
		}
		text = append(text, strings.TrimRight(line, "\r\n"))
		replies, err := s.feed([]byte(line))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", command, err)
		}
		if replies > 0 {
			return text, nil
		}
	}
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
