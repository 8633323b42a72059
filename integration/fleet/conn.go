package fleet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tidwall/redcon"
)

// Sizes that let tens of thousands of connections fit into one process.
const (
	readBuffer = 512
	mostArgs   = 64
	mostBulk   = 64 << 10
)

var errProtocol = errors.New("protocol error")

// replies are buffers between two uses: a connection has one only while it answers.
var replies = sync.Pool{New: func() any { return new([]byte) }}

// conn is one client of a process.
type conn struct {
	net   net.Conn
	p     *process
	id    uint64
	since time.Time
	name  string

	multi  bool
	spoilt bool // a queued command was refused
	queue  [][]string

	channels map[string]bool // that it listens to
}

func (p *process) accept(listener net.Listener) {
	for {
		raw, err := listener.Accept()
		if err != nil {
			return // it was closed
		}
		if c := p.admit(raw); c != nil {
			go c.serve()
		}
	}
}

// admit makes a client of a connection, unless the process died meanwhile.
func (p *process) admit(raw net.Conn) *conn {
	p.server.set.mu.Lock()
	defer p.server.set.mu.Unlock()
	if p.dead {
		_ = raw.Close()
		return nil
	}
	p.lastConn++
	c := &conn{net: raw, p: p, id: p.lastConn, since: time.Now()}
	p.conns[c.id] = c
	return c
}

func (c *conn) serve() {
	defer c.end()
	reader := bufio.NewReaderSize(c.net, readBuffer)
	for {
		if c.pinged(reader) {
			if _, err := c.net.Write(pong); err != nil {
				return
			}
			continue
		}
		args, err := readCommand(reader)
		if err != nil {
			return
		}
		out := replies.Get().(*[]byte)
		*out = c.handle(args, (*out)[:0])
		for err == nil && reader.Buffered() > 0 { // a pipeline gets its answers at once
			if args, err = readCommand(reader); err == nil {
				*out = c.handle(args, *out)
			}
		}
		if _, werr := c.net.Write(*out); werr != nil {
			err = werr
		}
		replies.Put(out)
		if err != nil {
			return
		}
	}
}

// Nearly all that comes is PING, tens of thousands a second with a large fleet, so it
// has a short way.
var (
	onePing = []byte("*1\r\n$4\r\nPING\r\n")
	pong    = []byte("+PONG\r\n")
)

// pinged takes a PING that came alone, of a connection that neither is in a transaction
// nor listens to a channel.
func (c *conn) pinged(reader *bufio.Reader) bool {
	if _, err := reader.Peek(1); err != nil || reader.Buffered() != len(onePing) {
		return false // the usual way finds out what is wrong
	}
	if text, _ := reader.Peek(len(onePing)); !bytes.EqualFold(text, onePing) {
		return false
	}
	c.p.server.set.mu.Lock()
	short := !c.p.dead && !c.multi && len(c.channels) == 0
	c.p.server.set.mu.Unlock()
	if short {
		_, _ = reader.Discard(len(onePing))
	}
	return short
}

func (c *conn) end() {
	_ = c.net.Close()
	c.p.server.set.mu.Lock()
	defer c.p.server.set.mu.Unlock()
	delete(c.p.conns, c.id)
}

// readCommand reads one array of bulk strings, the only form that clients send.
func readCommand(r *bufio.Reader) ([]string, error) {
	n, err := readHeader(r, '*', mostArgs)
	if err != nil {
		return nil, err
	}
	args := make([]string, n)
	for i := range args {
		size, err := readHeader(r, '$', mostBulk)
		if err != nil {
			return nil, err
		}
		bulk := make([]byte, size+len("\r\n"))
		if _, err := io.ReadFull(r, bulk); err != nil {
			return nil, err
		}
		args[i] = string(bulk[:size])
	}
	return args, nil
}

func readHeader(r *bufio.Reader, kind byte, most int) (int, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 3 || line[0] != kind {
		return 0, errProtocol
	}
	n, err := strconv.Atoi(strings.TrimRight(string(line[1:]), "\r\n"))
	if err != nil || n < 0 || n > most || kind == '*' && n == 0 {
		return 0, errProtocol
	}
	return n, nil
}

// handle answers one command, or puts it off until EXEC.
func (c *conn) handle(args []string, out []byte) []byte {
	name := strings.ToUpper(args[0])
	if name == "SET" && !c.multi {
		c.awaitPause()
	}
	c.p.server.set.mu.Lock()
	defer c.p.server.set.mu.Unlock()
	command, known := commands[name]
	switch {
	case c.p.dead:
		return out
	case !known:
		c.spoilt = true
		return redcon.AppendError(out, "ERR unknown command '"+args[0]+"', with args beginning with: ")
	case c.multi && name != "EXEC" && name != "DISCARD":
		c.queue = append(c.queue, args)
		return redcon.AppendString(out, "QUEUED")
	}
	return command(c, args, out)
}

// awaitPause holds a write up as long as CLIENT PAUSE says.
func (c *conn) awaitPause() {
	for {
		c.p.server.set.mu.Lock()
		left := time.Until(c.p.pausedUntil)
		if c.p.dead {
			left = 0
		}
		c.p.server.set.mu.Unlock()
		if left <= 0 {
			return
		}
		time.Sleep(min(left, time.Millisecond))
	}
}
