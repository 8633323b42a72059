package command

import (
	"strings"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
)

// filter says which connections CLIENT KILL means; zero fields match all, an address
// that was given empty matches none.
type filter struct {
	id            int64
	kind          string
	remote, local *string
	user          string
	skipMe        bool
}

// clientKill has an old form, `CLIENT KILL addr`, which answers OK or an error, and
// a new one, which answers how many were closed.
func (c *Commands) clientKill(s *resp.Session, args [][]byte) resp.Reply {
	if len(args) == 3 {
		if kill(s, filter{remote: new(string(args[2]))}) == 0 {
			return resp.Error(errNoClient)
		}
		return resp.OK
	}
	f, refusal, ok := c.parseFilter(args[2:])
	if !ok {
		return refusal
	}
	return resp.Integer(int64(kill(s, f)))
}

func (c *Commands) parseFilter(options [][]byte) (f filter, refusal resp.Reply, ok bool) {
	f.skipMe = true
	for ; len(options) > 0; options = options[2:] {
		if len(options) < 2 {
			return f, resp.Error(errSyntax), false
		}
		if refusal, ok = c.filterOption(&f, options[0], string(options[1])); !ok {
			return f, refusal, false
		}
	}
	return f, resp.None, true
}

func (c *Commands) filterOption(f *filter, name []byte, value string) (refusal resp.Reply, ok bool) {
	switch {
	case is(name, "ID"):
		id, valid := resp.ParseInteger([]byte(value))
		if !valid || id < 1 {
			return resp.Error(errClientIDPositive), false
		}
		f.id = id
	case is(name, "TYPE"):
		if f.kind = strings.ToLower(value); !isClientType(f.kind) {
			return failf(errClientType, value), false
		}
	case is(name, "ADDR"):
		f.remote = &value
	case is(name, "LADDR"):
		f.local = &value
	case is(name, "USER"):
		if c.users.Find(value) == nil {
			return failf(errNoUser, value), false
		}
		f.user = value
	case is(name, "SKIPME") && strings.EqualFold(value, "yes"):
		f.skipMe = true
	case is(name, "SKIPME") && strings.EqualFold(value, "no"):
		f.skipMe = false
	default:
		return resp.Error(errSyntax), false
	}
	return resp.None, true
}

// kill closes what matches; the asking client gets its answer first.
func kill(me *resp.Session, f filter) int {
	killed := 0
	for _, session := range me.Server().Sessions() {
		d := session.Describe()
		switch {
		case f.id != 0 && f.id != d.ID,
			f.kind != "" && f.kind != clientType(d),
			f.remote != nil && *f.remote != d.Remote,
			f.local != nil && *f.local != d.Local,
			f.user != "" && f.user != d.User,
			f.skipMe && session == me:
			continue
		case session == me:
			session.CloseAfterReply()
		default:
			session.Kill()
		}
		killed++
	}
	return killed
}
