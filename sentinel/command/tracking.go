package command

import (
	"cmp"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
)

// tracking is what a client asked for with CLIENT TRACKING. No key lives here, so
// nothing is ever invalidated; but clients (rueidis by default) need the answers.
type tracking struct {
	on       bool
	bcast    bool
	optIn    bool
	optOut   bool
	noLoop   bool
	redirect int64
	prefixes []string
	caching  caching
}

// caching is what CLIENT CACHING said about the next command.
type caching uint8

const (
	cachingUnset caching = iota
	cachingYes
	cachingNo
)

func (c *Commands) clientTracking(s *resp.Session, args [][]byte) resp.Reply {
	asked, refusal, ok := parseTracking(s, args[3:])
	if !ok {
		return refusal
	}
	now := &stateOf(s).tracking
	switch {
	case is(args[2], "OFF"):
		*now = tracking{}
	case !is(args[2], "ON"):
		return resp.Error(errSyntax)
	default:
		if text := cmp.Or(now.conflict(asked), now.overlap(asked.prefixes), now.tooMany(s, asked.prefixes)); text != "" {
			return resp.Error(text)
		}
		asked.on = true
		asked.prefixes = now.joined(asked)
		*now = asked
	}
	s.SetFlag(resp.FlagTracking, now.on)
	s.Keeps(length(now.prefixes))
	return resp.OK
}

func parseTracking(s *resp.Session, options [][]byte) (t tracking, refusal resp.Reply, ok bool) {
	for len(options) > 0 {
		option, used := options[0], 1
		switch {
		case is(option, "REDIRECT") && len(options) > 1:
			used = 2
			if text := t.redirectTo(s, options[1]); text != "" {
				return t, resp.Error(text), false
			}
		case is(option, "BCAST"):
			t.bcast = true
		case is(option, "OPTIN"):
			t.optIn = true
		case is(option, "OPTOUT"):
			t.optOut = true
		case is(option, "NOLOOP"):
			t.noLoop = true
		case is(option, "PREFIX") && len(options) > 1:
			used = 2
			t.prefixes = append(t.prefixes, string(options[1]))
		default:
			return t, resp.Error(errSyntax), false
		}
		options = options[used:]
	}
	return t, resp.None, true
}

func (t *tracking) redirectTo(s *resp.Session, arg []byte) string {
	id, ok := resp.ParseInteger(arg)
	switch {
	case t.redirect != 0:
		return errRedirectTwice
	case !ok:
		return errNotInteger
	}
	for _, other := range s.Server().Sessions() {
		if other.ID() == id {
			t.redirect = id
			return ""
		}
	}
	return errRedirectMissing
}

// conflict checks in Redis's order.
func (t *tracking) conflict(asked tracking) string {
	switch {
	case !asked.bcast && len(asked.prefixes) > 0:
		return errPrefixNoBcast
	case t.on && t.bcast != asked.bcast:
		return errBcastSwitch
	case asked.bcast && (asked.optIn || asked.optOut):
		return errBcastOpt
	case asked.optIn && asked.optOut:
		return errBothOpt
	case asked.optIn && t.optOut, asked.optOut && t.optIn:
		return errOptSwitch
	}
	return ""
}

func (c *Commands) clientCaching(s *resp.Session, args [][]byte) resp.Reply {
	t := &stateOf(s).tracking
	switch {
	case !t.on:
		return resp.Error(errCachingOff)
	case is(args[2], "YES") && !t.optIn:
		return resp.Error(errCachingYes)
	case is(args[2], "YES"):
		t.caching = cachingYes
	case is(args[2], "NO") && !t.optOut:
		return resp.Error(errCachingNo)
	case is(args[2], "NO"):
		t.caching = cachingNo
	default:
		return resp.Error(errSyntax)
	}
	return resp.OK
}

func (c *Commands) clientGetRedir(s *resp.Session, _ [][]byte) resp.Reply {
	return resp.Integer(stateOf(s).tracking.target())
}

func (t *tracking) target() int64 {
	if !t.on {
		return -1
	}
	return t.redirect
}

func (c *Commands) clientTrackingInfo(s *resp.Session, _ [][]byte) resp.Reply {
	t := &stateOf(s).tracking
	return resp.Map(
		resp.Bulk("flags"), set(t.flags(), resp.Bulk),
		resp.Bulk("redirect"), resp.Integer(t.target()),
		resp.Bulk("prefixes"), resp.Bulks(t.prefixes...),
	)
}

func (t *tracking) flags() []string {
	if !t.on {
		return []string{"off"}
	}
	flags := []string{"on"}
	for _, f := range []struct {
		set  bool
		name string
	}{
		{t.bcast, "bcast"},
		{t.optIn, "optin"},
		{t.caching == cachingYes, "caching-yes"},
		{t.optOut, "optout"},
		{t.caching == cachingNo, "caching-no"},
		{t.noLoop, "noloop"},
	} {
		if f.set {
			flags = append(flags, f.name)
		}
	}
	return flags
}
