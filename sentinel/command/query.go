package command

import (
	"strconv"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// masterAddr is what most clients ask, thousands at once after a failover. An
// unknown name is a null array, never an error. So is one whose master cannot be known
// here: a client that gets it asks the next Sentinel.
func (c *Commands) masterAddr(s *resp.Session, args [][]byte) resp.Reply {
	view := c.settledMaster(s, args[2])
	if view == nil || view.CutOff {
		return resp.NullArray
	}
	return resp.Address(view.Master.Addr.Host, view.Master.Addr.Port)
}

func (c *Commands) master(s *resp.Session, args [][]byte) resp.Reply {
	view := stateOf(s).asked.master(c.options.Store, args[2])
	if view == nil {
		return resp.Error(errNoMaster)
	}
	return c.pageReply(func(p *page) { p.master(view, len(c.options.Store.Snapshot().Peers())) })
}

func (c *Commands) masters(*resp.Session, [][]byte) resp.Reply {
	snapshot := c.options.Store.Snapshot()
	views, peers := snapshot.Masters(), len(snapshot.Peers())
	return c.rowsReply(len(views), func(p *page, i int) { p.master(views[i], peers) })
}

// replicas leaves out those with replica-announced no, as Sentinel does.
func (c *Commands) replicas(s *resp.Session, args [][]byte) resp.Reply {
	view := stateOf(s).asked.master(c.options.Store, args[2])
	if view == nil {
		return resp.Error(errNoMaster)
	}
	return c.pageReply(func(p *page) {
		told := make([]*sentinel.InstanceView, 0, len(view.Replicas))
		for i := range view.Replicas {
			if r := &view.Replicas[i]; reading(r).Announced {
				told = append(told, r)
			}
		}
		p.list(len(told))
		for _, r := range told {
			p.replica(r, view)
		}
	})
}

// sentinels lists the other replicas of the service, this one never.
func (c *Commands) sentinels(_ *resp.Session, args [][]byte) resp.Reply {
	snapshot := c.options.Store.Snapshot()
	view := snapshot.Master(string(args[2]))
	if view == nil {
		return resp.Error(errNoMaster)
	}
	return c.pageReply(func(p *page) {
		peers := snapshot.Peers()
		p.list(len(peers))
		for i := range peers {
			p.peer(&peers[i], view)
		}
	})
}

// infoCache gives for each known name the INFO texts, the master's first.
func (c *Commands) infoCache(_ *resp.Session, args [][]byte) resp.Reply {
	snapshot := c.options.Store.Snapshot()
	var told []*sentinel.View
	had := map[string]bool{} // each master once, however often it is named
	for _, name := range args[2:] {
		if view := snapshot.Master(string(name)); view != nil && !had[view.Name] {
			had[view.Name] = true
			told = append(told, view)
		}
	}
	return resp.List(2*len(told), func(i int, b []byte, proto int) []byte {
		if i%2 == 0 {
			return resp.Bulk(told[i/2].Name).Append(b, proto)
		}
		return c.cachedInfos(told[i/2]).Append(b, proto)
	})
}

func (c *Commands) cachedInfos(view *sentinel.View) resp.Reply {
	texts := []resp.Reply{c.cachedInfo(&view.Master)}
	for i := range view.Replicas {
		texts = append(texts, c.cachedInfo(&view.Replicas[i]))
	}
	return resp.Array(texts...)
}

func (c *Commands) cachedInfo(i *sentinel.InstanceView) resp.Reply {
	text := resp.Null
	if info := reading(i).Info; info != "" {
		text = resp.Bulk(info)
	}
	return resp.Array(resp.Integer(measure(i.Vitals, c.options.Now()).info), text)
}

// isMasterDown tells what this replica of the service thinks and never votes: who
// fails over is decided by a record in Kubernetes, not by whoever asks.
func (c *Commands) isMasterDown(_ *resp.Session, args [][]byte) resp.Reply {
	port, ok := resp.ParseInteger(args[3])
	if _, epochOK := resp.ParseInteger(args[4]); !ok || !epochOK {
		return resp.Error(errNotInteger)
	}
	addr, down := sentinel.Spelled(string(args[2]))+":"+strconv.FormatInt(port, 10), int64(0)
	for _, view := range c.options.Store.Snapshot().Masters() {
		m := view.Master
		if m.SDown && m.Addr.Host+":"+m.Addr.PortString() == addr {
			down = 1
		}
	}
	return resp.Array(resp.Integer(down), resp.Bulk(nobody), resp.Integer(0))
}

func (c *Commands) myID(*resp.Session, [][]byte) resp.Reply { return resp.Bulk(c.options.MyID) }
