package command

import (
	"net"
	"strconv"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
)

// configOptions are the options of SENTINEL CONFIG GET in 7.0. But for the own
// address they have the values of a Sentinel that was not configured: they do not
// apply here, and no password is ever told.
func (c *Commands) configOptions() [][2]string {
	return [][2]string{
		{"resolve-hostnames", "no"},
		{"announce-hostnames", "no"},
		{"announce-ip", c.options.Addr},
		{"announce-port", "0"},
		{"sentinel-user", ""},
		{"sentinel-pass", ""},
	}
}

// sentinelConfig reads; writing is refused in Redis's order of checks.
func (c *Commands) sentinelConfig(_ *resp.Session, args [][]byte) resp.Reply {
	switch {
	case is(args[2], "GET") && len(args) == 4:
		return c.configGet(string(args[3]))
	case is(args[2], "SET") && len(args) == 5:
		for _, option := range c.configOptions() {
			if is(args[3], option[0]) {
				return resp.Error(errConfigHere)
			}
		}
		return failf(errConfigArgument, string(args[3]))
	}
	return resp.Error(errConfigUsage)
}

func (c *Commands) configGet(pattern string) resp.Reply {
	var pairs []resp.Reply
	for _, option := range c.configOptions() {
		if resp.GlobFold(pattern, option[0]) {
			pairs = append(pairs, resp.Bulk(option[0]), resp.Bulk(option[1]))
		}
	}
	return resp.Map(pairs...)
}

// flushConfig has nothing to write.
func (c *Commands) flushConfig(*resp.Session, [][]byte) resp.Reply { return resp.OK }

func (c *Commands) pendingScripts(*resp.Session, [][]byte) resp.Reply { return resp.Array() }

func (c *Commands) debug(*resp.Session, [][]byte) resp.Reply { return resp.Error(errDebugHere) }

// simulateFailure still names its simulations, as tools ask for them.
func (c *Commands) simulateFailure(_ *resp.Session, args [][]byte) resp.Reply {
	for _, arg := range args[2:] {
		switch {
		case is(arg, "HELP"):
			return resp.Bulks(crashElection, crashPromoted)
		case !is(arg, crashElection) && !is(arg, crashPromoted):
			return resp.Error(errSimulation)
		}
	}
	return resp.Error(errSimulateHere)
}

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

func (c *Commands) removeMaster(_ *resp.Session, args [][]byte) resp.Reply {
	if c.options.Store.Snapshot().Master(string(args[2])) == nil {
		return resp.Error(errNoMaster)
	}
	return resp.Error(errRemoveHere)
}

// setOptions are the options of SENTINEL SET in 7.0 with their number of values.
var setOptions = map[string]int{
	"down-after-milliseconds": 1, "failover-timeout": 1, "parallel-syncs": 1, "quorum": 1,
	"master-reboot-down-after-period": 1, "notification-script": 1, "client-reconfig-script": 1,
	"auth-pass": 1, "auth-user": 1, "rename-command": 2,
}

func (c *Commands) setMaster(_ *resp.Session, args [][]byte) resp.Reply {
	if c.options.Store.Snapshot().Master(string(args[2])) == nil {
		return resp.Error(errNoMaster)
	}
	for name, values := range setOptions {
		if is(args[3], name) && len(args) >= 4+values {
			return resp.Error(errSetHere)
		}
	}
	return failf(errSetOption, string(args[3]))
}

// resetMasters tells subscribers and counts. There is nothing to forget: the view
// holds only what Kubernetes and the instances say now.
func (c *Commands) resetMasters(s *resp.Session, args [][]byte) resp.Reply {
	count := int64(0)
	for _, view := range c.options.Store.Snapshot().Masters() {
		if !resp.Glob(string(args[2]), view.Name) {
			continue
		}
		count++
		addr := view.Master.Addr
		s.Server().Hub().Publish(eventReset, flagMaster+" "+view.Name+" "+addr.Host+" "+strconv.Itoa(addr.Port))
	}
	return resp.Integer(count)
}
