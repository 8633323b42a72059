package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// crowd is many subscribers of one channel. The lazy ones do not read: they ask for
// more and more and leave every reply where it is.
type crowd struct {
	poller  *poller
	members []member
	ask     []byte
	flood   []byte
	buf     []byte

	joined int // confirmed subscriptions
	cut    int // lazy ones whose connection the server has ended
	harmed int // others, which it should not have
	heard  []time.Time
}

type member struct {
	client
	lazy bool
	sent int // bytes of its flood
}

const (
	joining   = 200     // how many connect at once: more than a backlog loses some
	floodMost = 6 << 20 // bytes that a lazy one sends at most
	floodPing = 8 << 10 // bytes of one of its requests
	lazyRead  = 4 << 10 // what the kernel takes in for it
)

func newCrowd(size, lazy int, channel string) (*crowd, error) {
	poller, err := newPoller()
	if err != nil {
		return nil, err
	}
	c := &crowd{poller: poller, members: make([]member, size), ask: encode("SUBSCRIBE " + channel), buf: make([]byte, 64<<10)}
	c.flood = encode("PING " + strings.Repeat("x", floodPing))
	c.heard = make([]time.Time, 0, size)
	for i := range lazy {
		c.members[i*size/lazy].lazy = true
	}
	return c, nil
}

// readers are those that are not lazy.
func (c *crowd) readers() (n int) {
	for i := range c.members {
		if !c.members[i].lazy {
			n++
		}
	}
	return n
}

func (c *crowd) close() {
	for i := range c.members {
		c.drop(&c.members[i])
	}
	c.poller.close()
}

func (c *crowd) drop(m *member) {
	if m.fd > 0 {
		_ = syscall.Close(m.fd)
	}
	m.fd = 0
}

// join connects all and subscribes them.
func (c *crowd) join(ctx context.Context, to *net.TCPAddr) error {
	var from net.IP
	started := 0
	return c.until(ctx, func() (bool, error) {
		for ; started < len(c.members) && started-c.joined < joining; started++ {
			if started%perSource == 0 {
				from = sourceIP()
			}
			fd, err := dial(from, to)
			if err != nil {
				return false, err
			}
			c.members[started].fd = fd
			if err := c.poller.add(fd, started, syscall.EPOLLOUT); err != nil {
				return false, err
			}
		}
		return c.joined == len(c.members), nil
	})
}

// idle lets the lazy ones begin to ask and not to read.
func (c *crowd) idle() error {
	for i := range c.members {
		m := &c.members[i]
		if !m.lazy {
			continue
		}
		if err := syscall.SetsockoptInt(m.fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, lazyRead); err != nil {
			return err
		}
		if err := c.poller.change(m.fd, i, syscall.EPOLLOUT); err != nil {
			return err
		}
	}
	return nil
}

// until serves all until over, or as long as it may.
func (c *crowd) until(ctx context.Context, over func() (bool, error)) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for {
		if done, err := over(); done || err != nil {
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%d of %d have subscribed, %d have heard, %d were cut", c.joined, len(c.members), len(c.heard), c.cut+c.harmed)
		}
		events, err := c.poller.wait(20)
		if err != nil {
			return err
		}
		for _, event := range events {
			if err := c.serve(int(event.Fd), event.Events); err != nil {
				return err
			}
		}
	}
}

func (c *crowd) serve(number int, events uint32) error {
	m := &c.members[number]
	switch {
	case m.fd == 0:
		return nil
	case !m.connected:
		m.connected = true
		if _, err := syscall.Write(m.fd, c.ask); err != nil {
			return fmt.Errorf("subscribe: %w", err)
		}
		return c.poller.change(m.fd, number, syscall.EPOLLIN)
	case events&(syscall.EPOLLERR|syscall.EPOLLHUP) != 0:
		c.lose(m)
		return nil
	case events&syscall.EPOLLOUT != 0:
		return c.pester(m, number)
	}
	return c.hear(m)
}

func (c *crowd) lose(m *member) {
	if m.lazy {
		c.cut++
	} else {
		c.harmed++
	}
	c.drop(m)
}

// pester sends more requests, as far as the kernel takes them.
func (c *crowd) pester(m *member, number int) error {
	n, err := syscall.Write(m.fd, c.flood[m.sent%len(c.flood):])
	if errors.Is(err, syscall.EAGAIN) {
		return nil
	}
	if err != nil {
		c.lose(m)
		return nil
	}
	if m.sent += n; m.sent >= floodMost {
		return c.poller.change(m.fd, number, 0) // it waits for the end
	}
	return nil
}

// hear takes the confirmation first, then messages.
func (c *crowd) hear(m *member) error {
	n, err := syscall.Read(m.fd, c.buf)
	if errors.Is(err, syscall.EAGAIN) {
		return nil
	}
	if err != nil || n == 0 {
		c.lose(m)
		return nil
	}
	replies, err := m.scanner.feed(c.buf[:n])
	if err != nil {
		return err
	}
	if replies > 0 && m.want == 0 {
		m.want = 1
		c.joined++
		replies--
	}
	for range replies {
		c.heard = append(c.heard, time.Now())
	}
	return nil
}
