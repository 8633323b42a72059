package main

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// churn is what most clients do after a failover: connect, ask for the master, close.
// So many are at it at once; whoever is done is followed by another.
type churn struct {
	command string
	at      int // once
	total   int
}

// churned is one run. A client that was turned away begins anew and is counted.
type churned struct {
	sample
	times  []time.Duration // from connect to reply, sorted
	failed int
}

type visitor struct {
	client
	began time.Time
}

type visit struct {
	churn
	poller   *poller
	from     net.IP
	to       *net.TCPAddr
	visitors []visitor
	request  []byte
	buf      []byte
	result   churned
	started  int
}

func (c churn) measure(ctx context.Context, s *server) (churned, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	poller, err := newPoller()
	if err != nil {
		return churned{}, err
	}
	defer poller.close()
	v := &visit{
		churn: c, poller: poller, from: sourceIP(), to: s.addr, visitors: make([]visitor, c.at),
		request: encode(c.command), buf: make([]byte, 4<<10),
	}
	v.result.times = make([]time.Duration, 0, c.total)
	defer v.close()
	before, err := cpuTime(s.pid)
	if err != nil {
		return churned{}, err
	}
	began := time.Now()
	if err := v.play(ctx); err != nil {
		return churned{}, err
	}
	took := time.Since(began)
	after, err := cpuTime(s.pid)
	v.result.sample = sample{requests: len(v.result.times), took: took, cpu: max(0, after-before-s.idle(took))}
	slices.Sort(v.result.times)
	return v.result, err
}

func (v *visit) play(ctx context.Context) error {
	for i := range v.visitors {
		if err := v.start(i); err != nil {
			return err
		}
	}
	for len(v.result.times) < v.total {
		if ctx.Err() != nil {
			return fmt.Errorf("%d of %d clients have had a reply", len(v.result.times), v.total)
		}
		events, err := v.poller.wait(20)
		if err != nil {
			return err
		}
		for _, event := range events {
			if err := v.serve(int(event.Fd)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *visit) start(number int) error {
	if v.started == v.total {
		return nil
	}
	if v.started++; v.started%perSource == 0 {
		v.from = sourceIP()
	}
	fd, err := dial(v.from, v.to)
	if err != nil {
		return err
	}
	v.visitors[number] = visitor{client: client{fd: fd, want: 1}, began: time.Now()}
	return v.poller.add(fd, number, syscall.EPOLLOUT)
}

func (v *visit) close() {
	for i := range v.visitors {
		v.leave(i)
	}
}

func (v *visit) leave(number int) {
	if fd := v.visitors[number].fd; fd > 0 {
		_ = syscall.Close(fd) // which ends its events, too
	}
	v.visitors[number].fd = 0
}

func (v *visit) serve(number int) error {
	c := &v.visitors[number]
	if c.fd == 0 {
		return nil
	}
	replies, err := v.step(number, c)
	if err != nil {
		v.result.failed++
		v.started--
		if v.result.failed > v.total {
			return fmt.Errorf("%s: most clients are turned away: %w", v.command, err)
		}
	} else if replies == 0 {
		return nil
	} else {
		v.result.times = append(v.result.times, time.Since(c.began))
	}
	v.leave(number)
	return v.start(number)
}

// step asks once connected, then reads.
func (v *visit) step(number int, c *visitor) (replies int, err error) {
	if !c.connected {
		c.connected = true
		if _, err := syscall.Write(c.fd, v.request); err != nil {
			return 0, err
		}
		return 0, v.poller.change(c.fd, number, syscall.EPOLLIN)
	}
	n, err := syscall.Read(c.fd, v.buf)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("no reply: %w", err)
	}
	return c.scanner.feed(v.buf[:n])
}
