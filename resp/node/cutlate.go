package node

import (
	"context"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// CutLate closes the connections of a replica's clients if it has answered anybody with an
// error since they were closed last. No reading tells which client that was; one that writes
// to a replica gets an error each time. On a connection that closed none, and before Redis
// 6.2, nobody knows: they are closed.
func (c *Conn) CutLate(ctx context.Context) (sentinel.Snapshot, error) {
	var stats *redis.StringCmd
	s, err := c.exec(ctx, func(tx redis.Pipeliner) { stats = tx.Info(ctx, "stats") })
	if err != nil || s.Role != sentinel.RoleReplica || !c.errorsSinceCut(stats.Val()) {
		return s, err
	}
	s, err = c.exec(ctx, func(tx redis.Pipeliner) { stats = cutAndCount(ctx, tx) })
	c.haveCut(stats.Val())
	return s, err
}

// cutAndCount closes the connections of all clients, and reads what later errors are told by.
func cutAndCount(ctx context.Context, tx redis.Pipeliner) (stats *redis.StringCmd) {
	cutClients(ctx, tx)
	return tx.Info(ctx, "stats")
}

// haveCut keeps how many answers were errors when clients were cut.
func (c *Conn) haveCut(stats string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errors, c.counted = errorReplies(stats)
}

func (c *Conn) errorsSinceCut(stats string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	errors, counted := errorReplies(stats)
	return !counted || !c.counted || errors != c.errors
}

// errorReplies is how many answers were errors, where INFO stats counts them.
func errorReplies(stats string) (count int64, counted bool) {
	_, rest, _ := strings.Cut(stats, "\ntotal_error_replies:")
	line, _, _ := strings.Cut(rest, "\n")
	count, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	return count, err == nil
}
