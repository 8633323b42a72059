package fleet

import (
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/redcon"
)

// Every command that the service sends, PUBLISH and SUBSCRIBE for a real Sentinel, and
// SET, DBSIZE and CONFIG GET for tests. They are called with the lock of the set, so
// that a transaction is one moment.

type handler func(c *conn, args []string, out []byte) []byte

var commands map[string]handler

func init() { // EXEC refers to the table itself
	commands = map[string]handler{
		"PING": ping, "HELLO": hello, "CLIENT": client, "INFO": info, "ROLE": role,
		"MULTI": multi, "EXEC": exec, "DISCARD": discard,
		"REPLICAOF": replicaOf, "SLAVEOF": replicaOf, "CONFIG": config, "SET": set, "DBSIZE": dbSize,
		"PUBLISH": publish, "SUBSCRIBE": subscribe,
	}
}

const errSyntax = "ERR syntax error"

func ok(out []byte) []byte { return redcon.AppendString(out, "OK") }

func ping(_ *conn, _ []string, out []byte) []byte { return redcon.AppendString(out, "PONG") }

// hello speaks version 2 only; clients fall back to it.
func hello(c *conn, args []string, out []byte) []byte {
	if len(args) > 1 && args[1] != "2" {
		return redcon.AppendError(out, "NOPROTO unsupported protocol version")
	}
	for i := 2; i+1 < len(args); i++ {
		if strings.EqualFold(args[i], "SETNAME") {
			c.name = args[i+1]
		}
	}
	mode := "master"
	if !c.p.isMaster() {
		mode = "replica"
	}
	out = redcon.AppendArray(out, 14)
	for _, text := range []string{"server", "redis", "version", version, "proto"} {
		out = redcon.AppendBulkString(out, text)
	}
	out = redcon.AppendInt(out, 2)
	out = redcon.AppendBulkString(out, "id")
	out = redcon.AppendInt(out, int64(c.id))
	for _, text := range []string{"mode", "standalone", "role", mode, "modules"} {
		out = redcon.AppendBulkString(out, text)
	}
	return redcon.AppendArray(out, 0)
}

func multi(c *conn, _ []string, out []byte) []byte {
	c.multi, c.spoilt = true, false
	return ok(out)
}

func discard(c *conn, _ []string, out []byte) []byte {
	c.multi, c.queue = false, nil
	return ok(out)
}

func exec(c *conn, _ []string, out []byte) []byte {
	if !c.multi {
		return redcon.AppendError(out, "ERR EXEC without MULTI")
	}
	queue := c.queue
	c.multi, c.queue = false, nil
	if c.spoilt {
		return redcon.AppendError(out, "EXECABORT Transaction discarded because of previous errors.")
	}
	out = redcon.AppendArray(out, len(queue))
	for _, args := range queue {
		out = commands[strings.ToUpper(args[0])](c, args, out)
	}
	return out
}

func replicaOf(c *conn, args []string, out []byte) []byte {
	if len(args) != 3 {
		return redcon.AppendError(out, errSyntax)
	}
	if strings.EqualFold(args[1], "NO") && strings.EqualFold(args[2], "ONE") {
		c.p.promote()
		return ok(out)
	}
	port, err := strconv.Atoi(args[2])
	if err != nil || net.ParseIP(args[1]) == nil {
		return redcon.AppendError(out, "ERR Invalid master port")
	}
	c.p.follow(address{args[1], port})
	return ok(out)
}

// settings are those of CONFIG.
func (p *process) setting(name string) *int {
	switch strings.ToLower(name) {
	case "min-replicas-to-write":
		return &p.minReplicas
	case "min-replicas-max-lag":
		return &p.maxLag
	case "repl-ping-replica-period":
		return &p.pingPeriod
	}
	return nil
}

func config(c *conn, args []string, out []byte) []byte {
	if len(args) < 3 {
		return redcon.AppendError(out, errSyntax)
	}
	setting := c.p.setting(args[2])
	switch {
	case strings.EqualFold(args[1], "GET") && setting == nil:
		return redcon.AppendArray(out, 0)
	case strings.EqualFold(args[1], "GET"):
		out = redcon.AppendArray(out, 2)
		return redcon.AppendBulkString(redcon.AppendBulkString(out, args[2]), strconv.Itoa(*setting))
	case !strings.EqualFold(args[1], "SET") || len(args) != 4:
		return redcon.AppendError(out, errSyntax)
	case setting == nil:
		return redcon.AppendError(out, "ERR Unknown option or number of arguments for CONFIG SET - '"+args[2]+"'")
	}
	n, err := strconv.Atoi(args[3])
	if err != nil || n < 0 {
		return redcon.AppendError(out, "ERR CONFIG SET failed (possibly related to argument '"+args[2]+"') - argument couldn't be parsed into an integer")
	}
	*setting = n
	return ok(out)
}

func set(c *conn, args []string, out []byte) []byte {
	size := 0
	for _, arg := range args {
		size += len("$00\r\n") + len(arg) + len("\r\n")
	}
	if refused := c.p.write(size); refused != "" {
		return redcon.AppendError(out, refused)
	}
	return ok(out)
}

func dbSize(c *conn, _ []string, out []byte) []byte { return redcon.AppendInt(out, c.p.keys) }

func role(c *conn, _ []string, out []byte) []byte {
	p := c.p
	if !p.isMaster() {
		state := map[link]string{linkNone: "connect", linkSyncing: "sync", linkUp: "connected"}[p.link]
		out = redcon.AppendBulkString(redcon.AppendArray(out, 5), "slave")
		out = redcon.AppendInt(redcon.AppendBulkString(out, p.follows.host), int64(p.follows.port))
		offset := p.offset
		if p.link != linkUp {
			offset = -1
		}
		return redcon.AppendInt(redcon.AppendBulkString(out, state), offset)
	}
	out = redcon.AppendInt(redcon.AppendBulkString(redcon.AppendArray(out, 3), "master"), p.offset)
	online := slices.DeleteFunc(slices.Clone(p.replicas), func(r *process) bool { return r.link != linkUp })
	out = redcon.AppendArray(out, len(online))
	for _, r := range online {
		out = redcon.AppendBulkString(redcon.AppendArray(out, 3), r.server.Host)
		out = redcon.AppendBulkString(redcon.AppendBulkString(out, strconv.Itoa(r.server.Port)), strconv.FormatInt(r.offset, 10))
	}
	return out
}
