package command

import (
	"context"
	"errors"
	"strings"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// sentinelConfig takes any number of patterns or pairs, as since 7.2.
func (c *Commands) sentinelConfig(s *resp.Session, args [][]byte) resp.Reply {
	switch {
	case is(args[2], "GET") && len(args) > 3:
		return c.configGet(args[3:])
	case is(args[2], "SET") && len(args) > 3:
		return c.configSet(s, args[3:])
	}
	return resp.Error(errConfigUsage)
}

// configGet tells each option once, in the order of the patterns.
func (c *Commands) configGet(patterns [][]byte) resp.Reply {
	settings := c.options.Store.Snapshot().Settings()
	told := map[string]bool{}
	var pairs []resp.Reply
	for _, arg := range patterns {
		pattern := resp.CompileFold(string(arg))
		for _, option := range sentinel.ConfigSettings {
			if name := option.Option; !told[name] && pattern.Match(name) {
				told[name] = true
				pairs = append(pairs, resp.Bulk(name), resp.Bulk(c.configValue(settings, name)))
			}
		}
	}
	return resp.Map(pairs...)
}

// configValue is what was set, or else how this replica was started.
func (c *Commands) configValue(settings sentinel.Settings, name string) string {
	_, changed := settings.Values[name]
	switch {
	case !changed && name == sentinel.SettingAnnounceIP:
		return c.options.Addr
	case !changed && name == sentinel.SettingLogLevel && c.options.LogLevel != "":
		return c.options.LogLevel
	}
	return settings.Value(name)
}

// configSet checks all pairs before it changes anything.
func (c *Commands) configSet(s *resp.Session, args [][]byte) resp.Reply {
	var changes []sentinel.Setting
	seen := map[string]bool{}
	for ; len(args) > 0; args = args[min(2, len(args)):] {
		name, value := string(args[0]), ""
		if len(args) > 1 {
			value = string(args[1])
		}
		setting, err := sentinel.ParseConfigSetting(name, value)
		switch option := strings.ToLower(name); {
		case errors.Is(err, sentinel.ErrUnknownOption):
			return failf(errConfigArgument, printable(args[0], len(name)))
		case seen[option]:
			return failf(errConfigTwice, printable(args[0], len(name)))
		case len(args) < 2:
			return failf(errConfigMissing, printable(args[0], len(name)))
		case err != nil:
			return failf(errConfigValue, printable(args[1], len(value)), printable(args[0], len(name)))
		case value != "" && (option == sentinel.SettingSentinelPass || option == sentinel.SettingSentinelUser):
			return resp.Error(errPeersHere)
		default:
			seen[option] = true
			changes = append(changes, setting)
		}
	}
	return c.write(s, func(ctx context.Context, w Writer) error { return w.Configure(ctx, changes) })
}

// debug tells the timers, or changes them from left to right: those before a wrong
// one are kept, as in Sentinel.
func (c *Commands) debug(s *resp.Session, args [][]byte) resp.Reply {
	if len(args) == 2 {
		settings := c.options.Store.Snapshot().Settings()
		pairs := make([]resp.Reply, 0, 2*len(sentinel.DebugSettings))
		for _, timer := range sentinel.DebugSettings {
			pairs = append(pairs, resp.Bulk(strings.ToUpper(timer.Option)), resp.Bulk(settings.Value(timer.Option)))
		}
		return resp.Map(pairs...)
	}
	changes, refusal := readTimers(args[2:])
	if len(changes) > 0 {
		if reply := c.write(s, func(ctx context.Context, w Writer) error { return w.Configure(ctx, changes) }); reply.IsError() {
			return reply
		}
	}
	return refusal
}

func readTimers(args [][]byte) (changes []sentinel.Setting, reply resp.Reply) {
	for ; len(args) > 0; args = args[2:] {
		name := string(args[0])
		if len(args) < 2 {
			return changes, failf(errDebugOption, printable(args[0], len(name)))
		}
		value := string(args[1])
		setting, err := sentinel.ParseDebugSetting(name, value)
		switch {
		case errors.Is(err, sentinel.ErrUnknownOption):
			return changes, failf(errDebugOption, printable(args[0], len(name)))
		case err != nil:
			return changes, failf(errDebugValue, printable(args[1], len(value)), printable(args[0], len(name)))
		}
		changes = append(changes, setting)
	}
	return changes, resp.OK
}

// simulateFailure still names its simulations where they are not allowed, as tools
// ask for them. The points of the service's own (sentinel.SimulatedPoint) are known
// only where they are.
func (c *Commands) simulateFailure(s *resp.Session, args [][]byte) resp.Reply {
	var points []string
	for _, arg := range args[2:] {
		word := strings.ToLower(string(arg))
		switch {
		case is(arg, "HELP"):
			return resp.Bulks(sentinel.CrashAfterElection, sentinel.CrashAfterPromotion)
		case is(arg, sentinel.CrashAfterElection) || is(arg, sentinel.CrashAfterPromotion):
			points = append(points, word)
		case c.options.DebugCommands && sentinel.SimulatedPoint(word):
			points = append(points, word)
		default:
			return resp.Error(errSimulation)
		}
	}
	if !c.options.DebugCommands {
		return resp.Error(errSimulateHere)
	}
	wish := sentinel.Setting{Option: sentinel.SettingSimulate, Value: strings.Join(points, ",")}
	return c.write(s, func(ctx context.Context, w Writer) error { return w.Configure(ctx, []sentinel.Setting{wish}) })
}

// flushConfig has nothing to write: what was changed is in Kubernetes already. OK
// tells that it can be read back.
func (c *Commands) flushConfig(s *resp.Session, _ [][]byte) resp.Reply {
	return c.write(s, func(ctx context.Context, w Writer) error { return w.Readable(ctx) })
}
