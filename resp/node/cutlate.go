package node

import (
	"context"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// CutLate closes the connections of a replica's clients if it has refused anybody a write since
// they were closed last. No reading tells which client that was. On a connection that closed
// none, and before Redis 6.2, nobody knows whether there was one: they are closed.
func (c *Conn) CutLate(ctx context.Context) (sentinel.Snapshot, error) {
	s, err := c.Snapshot(ctx)
	if err != nil || s.Role != sentinel.RoleReplica || !c.refusedSinceCut(ctx) {
		return s, err
	}
	return c.cut(ctx, func(redis.Pipeliner) {})
}

// cut makes a change, closes the connections of all clients in the same transaction, and keeps
// how many writes were refused until then.
func (c *Conn) cut(ctx context.Context, change func(redis.Pipeliner)) (sentinel.Snapshot, error) {
	var stats *redis.StringCmd
	s, err := c.exec(ctx, func(tx redis.Pipeliner) {
		change(tx)
		cutClients(ctx, tx)
		stats = tx.Info(ctx, "stats")
	})
	if err == nil {
		c.haveCut(ctx, counted(stats.Val(), "total_error_replies:"))
	}
	return s, err
}

// haveCut reads the count of refused writes by itself, since what tells it has no bound where
// clients invent errors (before Redis 7.2), and may not come. If there were errors meanwhile,
// of whatever kind, somebody was quicker: then nothing is known.
func (c *Conn) haveCut(ctx context.Context, errors string) {
	refused, now := c.refusedWrites(ctx)
	if now != errors {
		refused = unknown
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused = refused
}

func (c *Conn) refusedSinceCut(ctx context.Context) bool {
	now, _ := c.refusedWrites(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	return now == unknown || now != c.refused
}

// unknown is the count where nothing tells it.
const unknown = ""

// refusedWrites is how many there were since the process began, and errors of all kinds.
func (c *Conn) refusedWrites(ctx context.Context) (refused, errors string) {
	client := c.begin()
	defer c.done()
	var stats, kinds *redis.StringCmd
	_, err := client.TxPipelined(ctx, func(tx redis.Pipeliner) error {
		stats, kinds = tx.Info(ctx, "stats"), tx.Info(ctx, "errorstats")
		return nil
	})
	// Redis counts kinds no more once there were too many (7.2 and later).
	if err != nil || !strings.HasPrefix(kinds.Val(), "# Errorstats") || strings.Contains(kinds.Val(), "errorstat_ERRORSTATS_DISABLED:") {
		return unknown, unknown
	}
	return counted(kinds.Val(), "errorstat_READONLY:count="), counted(stats.Val(), "total_error_replies:")
}

// counted is the number behind a name in INFO, 0 where there is none.
func counted(info, name string) string {
	_, rest, _ := strings.Cut(info, "\n"+name)
	line, _, _ := strings.Cut(rest, "\n")
	n, _ := strconv.ParseUint(strings.TrimSpace(line), 10, 64)
	return strconv.FormatUint(n, 10)
}
