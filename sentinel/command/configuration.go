package command

import (
	"context"
	"net"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
)

func (c *Commands) pendingScripts(*resp.Session, [][]byte) resp.Reply { return resp.Array() }

// monitor checks as a Sentinel does, then says how masters are declared here.
func (c *Commands) monitor(_ *resp.Session, args [][]byte) resp.Reply {
	quorum, quorumOK := resp.ParseInteger(args[5])
	port, portOK := resp.ParseInteger(args[4])
	switch {
	case !quorumOK:
		return resp.Error(errQuorumNumber)
	case !portOK:
		return resp.Error(errPort)
	case quorum <= 0:
		return resp.Error(errQuorumPositive)
	case net.ParseIP(string(args[3])) == nil:
		return resp.Error(errHost)
	case port < 0 || port > 65535:
		return resp.Error(errPortRange)
	case c.options.Store.Snapshot().Master(string(args[2])) != nil:
		return resp.Error(errDuplicate)
	}
	return resp.Error(errMonitorHere)
}

// removeMaster stops managing a master whose pods still carry the label.
func (c *Commands) removeMaster(s *resp.Session, args [][]byte) resp.Reply {
	view := c.options.Store.Snapshot().Master(string(args[2]))
	if view == nil {
		return resp.Error(errNoMaster)
	}
	return c.write(s, func(ctx context.Context, w Writer) error { return w.Remove(ctx, view.Name, s.Describe().Remote) })
}

// resetMasters counts removed masters too: a reset takes them back.
func (c *Commands) resetMasters(s *resp.Session, args [][]byte) resp.Reply {
	count, pattern := 0, resp.Compile(string(args[2]))
	reply := c.write(s, func(ctx context.Context, w Writer) (err error) {
		count, err = w.Reset(ctx, pattern.Match)
		return err
	})
	if reply.IsError() {
		return reply
	}
	return resp.Integer(int64(count))
}
