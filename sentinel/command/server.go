package command

import "github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"

// role names the masters; clients use it to tell a Sentinel from a Redis.
func (c *Commands) role(*resp.Session, [][]byte) resp.Reply {
	views := c.options.Store.Snapshot().Masters()
	names := make([]string, len(views))
	for i, view := range views {
		names[i] = view.Name
	}
	return resp.Array(resp.Bulk(modeSentinel), resp.Bulks(names...))
}

// shutdown is refused: a client must not be able to stop the service.
func (c *Commands) shutdown(_ *resp.Session, args [][]byte) resp.Reply {
	for _, option := range args[1:] {
		if !is(option, "NOSAVE") && !is(option, "SAVE") && !is(option, "NOW") && !is(option, "FORCE") && !is(option, "ABORT") {
			return resp.Error(errSyntax)
		}
	}
	return resp.Error(errShutdownHere)
}
