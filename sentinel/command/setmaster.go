package command

import (
	"context"
	"errors"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// setElsewhere are the options of SENTINEL SET that this service has from another
// place, with their number of values and the refusal.
var setElsewhere = map[string]struct {
	values  int
	refusal string
}{
	"notification-script":    {1, errScripts},
	"client-reconfig-script": {1, errScripts},
	"auth-pass":              {1, errAuthHere},
	"auth-user":              {1, errAuthHere},
	"rename-command":         {2, errRenameHere},
}

// setMaster reads options from left to right. As in Sentinel, those before a wrong
// one are kept.
func (c *Commands) setMaster(s *resp.Session, args [][]byte) resp.Reply {
	view := c.options.Store.Snapshot().Master(string(args[2]))
	if view == nil {
		return resp.Error(errNoMaster)
	}
	settings, refusal := readSettings(args[3:])
	if len(settings) > 0 {
		reply := c.write(s, func(ctx context.Context, w Writer) error { return w.Set(ctx, view.Name, settings) })
		if reply.IsError() {
			return reply
		}
	}
	return refusal
}

// readSettings returns the options up to the first wrong one, and OK or its refusal.
func readSettings(args [][]byte) (settings []sentinel.Setting, reply resp.Reply) {
	for len(args) > 0 {
		option := string(args[0])
		if elsewhere := lookupElsewhere(args[0]); elsewhere.values > 0 && len(args) > elsewhere.values {
			return settings, resp.Error(elsewhere.refusal)
		}
		if len(args) < 2 {
			return settings, failf(errSetOption, printable(args[0], len(option)))
		}
		value := string(args[1])
		switch _, err := sentinel.ParseOption(option, value); {
		case errors.Is(err, sentinel.ErrUnknownOption):
			return settings, failf(errSetOption, printable(args[0], len(option)))
		case err != nil:
			return settings, failf(errSetValue, printable(args[1], len(value)), printable(args[0], len(option)))
		}
		settings = append(settings, sentinel.Setting{Option: option, Value: value})
		args = args[2:]
	}
	return settings, resp.OK
}

func lookupElsewhere(option []byte) (found struct {
	values  int
	refusal string
},
) {
	for name, elsewhere := range setElsewhere {
		if is(option, name) {
			return elsewhere
		}
	}
	return found
}
