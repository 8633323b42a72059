package command

import (
	"fmt"
	"slices"
	"strings"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
)

// clientTypes are the words of TYPE; only the first and the last ever match here.
var clientTypes = []string{"normal", "master", "replica", "slave", "pubsub"}

func (c *Commands) clientInfo(s *resp.Session, _ [][]byte) resp.Reply {
	return resp.Verbatim(clientLine(s.Describe()))
}

func (c *Commands) clientList(s *resp.Session, args [][]byte) resp.Reply {
	wanted := func(resp.Description) bool { return true }
	switch {
	case len(args) == 2:
	case len(args) == 4 && is(args[2], "TYPE"):
		name := strings.ToLower(string(args[3]))
		if !isClientType(name) {
			return failf(errClientType, string(args[3]))
		}
		wanted = func(d resp.Description) bool { return clientType(d) == name }
	case len(args) > 3 && is(args[2], "ID"):
		ids := map[int64]bool{}
		for _, arg := range args[3:] {
			id, ok := resp.ParseInteger(arg)
			if !ok {
				return resp.Error(errClientID)
			}
			ids[id] = true
		}
		wanted = func(d resp.Description) bool { return ids[d.ID] }
	default:
		return resp.Error(errSyntax)
	}
	c.listing.Lock() // with thousands of clients it is megabytes: one at a time
	defer c.listing.Unlock()
	var list strings.Builder
	for _, session := range s.Server().Sessions() {
		if d := session.Describe(); wanted(d) {
			list.WriteString(clientLine(d))
		}
	}
	return resp.Verbatim(list.String())
}

// clientLine is one line of CLIENT LIST as in 7.0, with the lib- fields of 7.2.
// Sizes of buffers are not told.
func clientLine(d resp.Description) string {
	return fmt.Sprintf("id=%d addr=%s laddr=%s fd=0 name=%s age=%d idle=%d flags=%s db=0 sub=%d psub=%d ssub=0 multi=-1"+
		" qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=0 events=r cmd=%s user=%s"+
		" redir=%d resp=%d lib-name=%s lib-ver=%s\n",
		d.ID, d.Remote, d.Local, d.Name, int(d.Age.Seconds()), int(d.Idle.Seconds()), clientFlags(d),
		d.Channels, d.Patterns, orNull(d.Command), d.User, redirection(d.Tracking), d.Proto, d.Library, d.LibraryVersion)
}

func clientFlags(d resp.Description) string {
	flags := ""
	if d.Channels+d.Patterns > 0 {
		flags += "P"
	}
	if d.Tracking {
		flags += "t"
	}
	if d.NoEvict {
		flags += "e"
	}
	if flags == "" {
		return "N"
	}
	return flags
}

func orNull(command string) string {
	if command == "" {
		return "NULL"
	}
	return command
}

// redirection is -1 without tracking and 0 with tracking on the connection itself.
func redirection(tracking bool) int {
	if tracking {
		return 0
	}
	return -1
}

func clientType(d resp.Description) string {
	if d.Channels+d.Patterns > 0 {
		return "pubsub"
	}
	return "normal"
}

func isClientType(name string) bool { return slices.Contains(clientTypes, name) }
