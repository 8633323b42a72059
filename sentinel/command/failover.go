package command

import (
	"context"
	"errors"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// failover hands the wish on and answers once it is accepted or refused. Only the
// asking connection waits. COORDINATED is Valkey's word for what every planned
// failover here does.
func (c *Commands) failover(s *resp.Session, args [][]byte) resp.Reply {
	if len(args) > 4 {
		return failf(errArity, "sentinel|failover")
	}
	view := c.options.Store.Snapshot().Master(string(args[2]))
	switch {
	case view == nil:
		return resp.Error(errNoMaster)
	case len(args) == 4 && !is(args[3], "COORDINATED"):
		return resp.Error(errFailoverOption)
	case view.Failover != sentinel.NoFailover:
		return resp.Error(errInProgress)
	case c.options.Failover == nil:
		return resp.Error(errNoFailover)
	}
	ctx, cancel := context.WithTimeout(s.Context(), c.options.FailoverWait)
	defer cancel()
	return failoverReply(c.failovers.take(ctx, func() error { return c.options.Failover(ctx, view.Name) }))
}

func failoverReply(err error) resp.Reply {
	switch {
	case err == nil:
		return resp.OK
	case errors.Is(err, sentinel.ErrInProgress):
		return resp.Error(errInProgress)
	case errors.Is(err, sentinel.ErrNoGoodReplica):
		return resp.Error(errNoGoodSlave)
	}
	return resp.Error("ERR " + err.Error())
}
