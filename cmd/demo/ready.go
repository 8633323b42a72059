package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	readyWithin = 60 * time.Second
	askEvery    = 50 * time.Millisecond
)

// ready waits until every Sentinel answers and sees all masters with all replicas
// in sync and all other Sentinels, and says what runs where.
func (d *demo) ready(ctx context.Context) (layout, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, readyWithin, fmt.Errorf("not within %s", readyWithin))
	defer cancel()
	found := layout{}
	for _, port := range d.config.ports() {
		addr := sentinelAddr(port)
		client := redis.NewSentinelClient(&redis.Options{Addr: addr, MaxRetries: -1, DialTimeout: time.Second, DisableIdentity: true})
		err := d.await(ctx, client)
		if closed := client.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return found, fmt.Errorf("the Sentinel at %s: %w", addr, err)
		}
		found.Sentinels = append(found.Sentinels, addr)
	}
	for _, name := range d.config.names() {
		m, err := d.describe(ctx, name)
		if err != nil {
			return found, err
		}
		found.Masters = append(found.Masters, m)
	}
	return found, nil
}

// await repeats until one Sentinel sees everything.
func (d *demo) await(ctx context.Context, client *redis.SentinelClient) error {
	for {
		missing := d.missing(ctx, client)
		if missing == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), missing)
		case <-time.After(askEvery):
		}
	}
}

// missing says what a Sentinel does not see yet.
func (d *demo) missing(ctx context.Context, client *redis.SentinelClient) error {
	for _, name := range d.config.names() {
		m, err := client.Master(ctx, name).Result()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if m["flags"] != "master" {
			return fmt.Errorf("%s is %s", name, m["flags"])
		}
		replicas, err := client.Replicas(ctx, name).Result()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if in := count(replicas, "master-link-status", "ok"); in < d.config.replicas {
			return fmt.Errorf("%s has %d replicas in sync, want %d", name, in, d.config.replicas)
		}
		peers, err := client.Sentinels(ctx, name).Result()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if up := count(peers, "flags", "sentinel"); up < d.config.sentinels-1 {
			return fmt.Errorf("%d other Sentinels are up, want %d", up, d.config.sentinels-1)
		}
	}
	return nil
}

func count(rows []map[string]string, field, want string) int {
	n := 0
	for _, row := range rows {
		if row[field] == want {
			n++
		}
	}
	return n
}

// describe asks the first Sentinel who is master, and the node agent for processes.
func (d *demo) describe(ctx context.Context, name string) (master, error) {
	client := redis.NewSentinelClient(&redis.Options{Addr: sentinelAddr(d.config.port), DisableIdentity: true})
	defer client.Close()
	addr, err := client.GetMasterAddrByName(ctx, name).Result()
	if err != nil {
		return master{}, fmt.Errorf("%s: %w", name, err)
	}
	pods, err := d.cluster.Pods(ctx, name)
	if err != nil {
		return master{}, err
	}
	m := master{Name: name}
	for _, p := range pods {
		role := "replica"
		if p.Address == net.JoinHostPort(addr[0], addr[1]) {
			role = "master"
		}
		m.Pods = append(m.Pods, pod{Name: p.Name, Address: p.Address, Role: role, PID: p.PID})
	}
	return m, nil
}

// isInSync asks a Redis whether it copies its master, and how many keys it has.
func isInSync(ctx context.Context, addr string) (from string, keys int64, ok bool) {
	client := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1, DialTimeout: time.Second, DisableIdentity: true, Protocol: 2})
	defer client.Close()
	role, err := client.Do(ctx, "ROLE").Slice()
	if err != nil || len(role) != 5 || role[3] != "connected" {
		return "", 0, false
	}
	keys, err = client.DBSize(ctx).Result()
	port, _ := role[2].(int64)
	return net.JoinHostPort(fmt.Sprint(role[1]), strconv.FormatInt(port, 10)), keys, err == nil
}
