package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// work is what the clients of one measurement do: each sends a pipeline of one command,
// reads its replies, and begins again.
type work struct {
	command  string
	conns    int
	pipeline int
	resp3    bool
}

// sample is one run.
type sample struct {
	requests int
	took     time.Duration
	cpu      time.Duration // the server's
}

func (s sample) perSecond() float64 { return float64(s.requests) / s.took.Seconds() }

// cpuPer is the server's microseconds per request.
func (s sample) cpuPer() float64 { return float64(s.cpu.Microseconds()) / float64(max(s.requests, 1)) }

// encode is a command with its arguments, which have no blanks in them.
func encode(command string) []byte {
	args := strings.Fields(command)
	b := append(strconv.AppendInt([]byte{'*'}, int64(len(args)), 10), "\r\n"...)
	for _, arg := range args {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	return b
}

// client is one connection of a load.
type client struct {
	fd        int
	connected bool
	want      int // replies to come
	scanner   scanner
}

type load struct {
	work
	poller  *poller
	clients []client
	greet   []byte
	request []byte
	buf     []byte
	done    int
}

// warmUp is not counted: connections are made and buffers grow.
const warmUp = 100 * time.Millisecond

// measure runs the load for a time.
func (w work) measure(ctx context.Context, s *server, lasting time.Duration) (result sample, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l := &load{work: w, clients: make([]client, w.conns), buf: make([]byte, 256<<10)}
	l.request = []byte(strings.Repeat(string(encode(w.command)), w.pipeline))
	if w.resp3 {
		l.greet = encode("HELLO 3")
	}
	if l.poller, err = newPoller(); err != nil {
		return sample{}, err
	}
	defer l.close()
	if err := l.dial(s.addr); err != nil {
		return sample{}, err
	}
	if err := l.until(ctx, func() bool { return l.allAnswered() }); err != nil {
		return sample{}, err
	}
	if err := l.run(ctx, warmUp); err != nil {
		return sample{}, err
	}
	before, err := cpuTime(s.pid)
	if err != nil {
		return sample{}, err
	}
	first, began := l.done, time.Now()
	if err := l.run(ctx, lasting); err != nil {
		return sample{}, err
	}
	took := time.Since(began)
	after, err := cpuTime(s.pid)
	return sample{requests: l.done - first, took: took, cpu: max(0, after-before-s.idle(took))}, err
}

func (l *load) dial(to *net.TCPAddr) error {
	from := sourceIP()
	for i := range l.clients {
		fd, err := dial(from, to)
		if err != nil {
			return err
		}
		l.clients[i].fd = fd
		if err := l.poller.add(fd, i, syscall.EPOLLOUT); err != nil {
			return err
		}
	}
	return nil
}

func (l *load) close() {
	for i := range l.clients {
		if fd := l.clients[i].fd; fd > 0 {
			_ = syscall.Close(fd)
		}
	}
	l.poller.close()
}

// allAnswered: every client has had a reply, so that all have their part in what is measured.
func (l *load) allAnswered() bool {
	return l.done >= len(l.clients)*l.pipeline
}

func (l *load) run(ctx context.Context, lasting time.Duration) error {
	end := time.Now().Add(lasting)
	return l.until(ctx, func() bool { return !time.Now().Before(end) })
}

func (l *load) until(ctx context.Context, over func() bool) error {
	for !over() {
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %d replies", l.command, l.done)
		}
		events, err := l.poller.wait(20)
		if err != nil {
			return err
		}
		for _, event := range events {
			if err := l.serve(int(event.Fd)); err != nil {
				return fmt.Errorf("%s: %w", l.command, err)
			}
		}
	}
	return nil
}

// serve is called when a client is connected or has bytes to read.
func (l *load) serve(number int) error {
	c := &l.clients[number]
	if !c.connected {
		return l.begin(c, number)
	}
	n, err := syscall.Read(c.fd, l.buf)
	switch {
	case errors.Is(err, syscall.EAGAIN):
		return nil
	case err != nil:
		return err
	case n == 0:
		return fmt.Errorf("the server has closed the connection")
	}
	replies, err := c.scanner.feed(l.buf[:n])
	if err != nil {
		return err
	}
	l.done += replies
	if c.want -= replies; c.want == 0 {
		return l.send(c, l.request, l.pipeline)
	}
	return nil
}

func (l *load) begin(c *client, number int) error {
	if code, err := syscall.GetsockoptInt(c.fd, syscall.SOL_SOCKET, syscall.SO_ERROR); err != nil || code != 0 {
		return fmt.Errorf("connect: %w", syscall.Errno(code))
	}
	c.connected = true
	if err := l.poller.change(c.fd, number, syscall.EPOLLIN); err != nil {
		return err
	}
	if l.greet != nil {
		l.done-- // its reply is not one of those that count
		return l.send(c, l.greet, 1)
	}
	return l.send(c, l.request, l.pipeline)
}

// send writes a whole pipeline, which fits: the one before has been answered.
func (l *load) send(c *client, request []byte, replies int) error {
	c.want = replies
	n, err := syscall.Write(c.fd, request)
	if err == nil && n < len(request) {
		err = fmt.Errorf("wrote %d of %d bytes", n, len(request))
	}
	return err
}
