package fleet

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/redcon"
)

// CLIENT: what the service does to its own connections and to those of others.
func client(c *conn, args []string, out []byte) []byte {
	if len(args) < 2 {
		return redcon.AppendError(out, "ERR wrong number of arguments for 'client' command")
	}
	switch word := strings.ToUpper(args[1]); {
	case word == "SETNAME" && len(args) == 3:
		c.name = args[2]
		return ok(out)
	case word == "LIST":
		return redcon.AppendBulkString(out, c.p.clientList())
	case word == "KILL" && len(args) == 4:
		return c.kill(args[2], args[3], out)
	case word == "PAUSE" && len(args) >= 3:
		ms, err := strconv.Atoi(args[2])
		if err != nil {
			return redcon.AppendError(out, "ERR timeout is not an integer or out of range")
		}
		c.p.pausedUntil = time.Now().Add(time.Duration(ms) * time.Millisecond)
		return ok(out)
	case word == "UNPAUSE":
		c.p.pausedUntil = time.Time{}
		return ok(out)
	}
	return redcon.AppendError(out, "ERR unknown subcommand '"+args[1]+"'. Try CLIENT HELP.")
}

// clientList has the fields of a line that the service looks at, in Redis's order.
func (p *process) clientList() string {
	var text strings.Builder
	for _, id := range slices.Sorted(maps.Keys(p.conns)) {
		c := p.conns[id]
		fmt.Fprintf(&text, "id=%d addr=%s laddr=%s name=%s age=%d flags=N db=0 sub=0 psub=0 multi=-1 user=default resp=2\n",
			id, c.net.RemoteAddr(), c.net.LocalAddr(), c.name, int(time.Since(c.since).Seconds()))
	}
	return text.String()
}

// kill ends connections by id or type, but never the one that asks (SKIPME yes).
func (c *conn) kill(by, value string, out []byte) []byte {
	n := 0
	for id, other := range c.p.conns {
		hit := strings.EqualFold(by, "ID") && strconv.FormatUint(id, 10) == value ||
			strings.EqualFold(by, "TYPE") && strings.EqualFold(value, "normal") // nobody subscribes here
		if hit && other != c {
			_ = other.net.Close()
			delete(c.p.conns, id)
			n++
		}
	}
	return redcon.AppendInt(out, int64(n))
}
