package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// contestant is a side with the clients that measure it.
type contestant struct {
	side
	clients   []*redis.Client // one for each node
	sentinel  *redis.SentinelClient
	ears      *ears
	downAfter time.Duration // as the first Sentinel says
}

func newContestant(ctx context.Context, s side) (*contestant, error) {
	c := &contestant{side: s}
	for _, addr := range s.nodes() {
		c.clients = append(c.clients, redis.NewClient(&redis.Options{
			Addr: addr, MaxRetries: -1, Protocol: 2, DisableIdentity: true,
			DialTimeout: time.Second, ReadTimeout: 5 * time.Second, DialerRetries: 1,
		}))
	}
	c.ears = listen(ctx, s.sentinels())
	if len(s.sentinels()) == 0 {
		return c, nil
	}
	c.sentinel = redis.NewSentinelClient(&redis.Options{Addr: s.sentinels()[0], MaxRetries: -1, DialTimeout: time.Second, DisableIdentity: true})
	if err := waitFor(ctx, readyWithin, c.complete); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *contestant) close() error {
	c.ears.close()
	var errs []error
	if c.sentinel != nil {
		errs = append(errs, c.sentinel.Close())
	}
	for _, client := range c.clients {
		errs = append(errs, client.Close())
	}
	return errors.Join(errs...)
}

// complete says what the first Sentinel does not know yet.
func (c *contestant) complete(ctx context.Context) error {
	if missing := c.ears.missing(); missing != "" {
		return fmt.Errorf("not subscribed at %s", missing)
	}
	m, err := c.sentinel.Master(ctx, masterName).Result()
	if err != nil {
		return err
	}
	if m["num-slaves"] != "2" || m["num-other-sentinels"] != "2" {
		return fmt.Errorf("it knows %s replicas and %s other Sentinels, want 2 and 2", m["num-slaves"], m["num-other-sentinels"])
	}
	ms, err := strconv.Atoi(m["down-after-milliseconds"])
	c.downAfter = time.Duration(ms) * time.Millisecond
	return err
}

// state is what the nodes say of themselves.
type state struct {
	master int                 // index of the only master
	info   []map[string]string // INFO of each node
	fulls  int                 // full resyncs that their processes have given
}

// settled returns the state when the master that the Sentinel names is copied by
// all others, which have its replication id: whatever was to be lost is lost.
func (c *contestant) settled(ctx context.Context) (state, error) {
	s := state{master: -1}
	named, err := c.named(ctx)
	if err != nil {
		return s, err
	}
	for i, client := range c.clients {
		info, err := inspect(ctx, client)
		if err != nil {
			return s, err
		}
		s.info = append(s.info, info)
		n, _ := strconv.Atoi(info["sync_full"])
		s.fulls += n
		if c.nodes()[i] == named || named == "" && info["role"] == "master" {
			s.master = i
		}
	}
	if s.master < 0 || s.info[s.master]["role"] != "master" {
		return s, fmt.Errorf("%q is named, but it is no master", named)
	}
	for i, info := range s.info {
		if info["master_replid"] != s.info[s.master]["master_replid"] {
			return s, fmt.Errorf("%s has another history than the master", c.nodes()[i])
		}
		if i != s.master && (info["role"] != "slave" || info["master_link_status"] != "up") {
			return s, fmt.Errorf("%s is %s with its link %s", c.nodes()[i], info["role"], info["master_link_status"])
		}
	}
	return s, nil
}

// named is the address of the master; empty where nobody can be asked for it.
func (c *contestant) named(ctx context.Context) (string, error) {
	if c.sentinel == nil {
		return "", nil
	}
	addr, err := c.sentinel.GetMasterAddrByName(ctx, masterName).Result()
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(addr[0], addr[1]), nil
}

// inspect reads INFO as fields.
func inspect(ctx context.Context, client *redis.Client) (map[string]string, error) {
	text, err := client.Info(ctx).Result()
	if err != nil {
		return nil, err
	}
	info := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[name] = value
		}
	}
	return info, nil
}
