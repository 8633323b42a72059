package command

import (
	"fmt"
	"strings"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// ckQuorum counts this replica of the service and its ready peers. Nobody votes
// here; it answers the operator's question whether enough of the service is up.
func (c *Commands) ckQuorum(_ *resp.Session, args [][]byte) resp.Reply {
	snapshot := c.options.Store.Snapshot()
	view := snapshot.Master(string(args[2]))
	if view == nil {
		return resp.Error(errNoMaster)
	}
	peers := snapshot.Peers()
	usable, voters := sentinel.Usable(peers), len(peers)+1
	var missing []string
	if usable < view.Config.Quorum {
		missing = append(missing, errNoQuorum)
	}
	if usable < voters/2+1 {
		missing = append(missing, errNoMajority)
	}
	if len(missing) > 0 {
		return failf(errQuorum, usable, strings.Join(missing, errQuorumJoiner))
	}
	return resp.Simple(fmt.Sprintf(quorumOK, usable))
}
