package clients

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// Request is a command, or (with an empty name) a new connection, at a Sentinel port.
type Request struct {
	Group   int // the process group of the client; 0: none of the programs
	Command string
	At      time.Time
}

// Ledger is what reached the Sentinel ports. One serves all proxies of a stage.
type Ledger struct {
	mu       sync.Mutex
	groups   map[int]bool
	requests []Request
}

// Expect makes connections of a process group be told apart from then on.
func (l *Ledger) Expect(group int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.groups == nil {
		l.groups = map[int]bool{}
	}
	l.groups[group] = true
}

func (l *Ledger) expected(group int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.groups[group]
}

func (l *Ledger) add(r Request) {
	if r.Group == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests = append(l.requests, r)
}

// Of returns what a group has sent from a time on.
func (l *Ledger) Of(group int, from time.Time) []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []Request
	for _, r := range l.requests {
		if r.Group == group && !r.At.Before(from) {
			found = append(found, r)
		}
	}
	return found
}

// Write tells all of it, for people.
func (l *Ledger) Write(to io.Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.requests {
		_, _ = fmt.Fprintf(to, "%s %d %s\n", r.At.Format("15:04:05.000"), r.Group, cmp.Or(r.Command, "(connects)"))
	}
}

// Proxy stands at the address that clients are told of a Sentinel, and writes down
// what comes. While the Sentinel does not listen, neither does it.
type Proxy struct {
	addr, target string
	ledger       *Ledger

	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool
	done     sync.WaitGroup
}

// NewProxy stands for target at addr, once opened.
func NewProxy(addr, target string, ledger *Ledger) *Proxy {
	return &Proxy{addr: addr, target: target, ledger: ledger, conns: map[net.Conn]bool{}}
}

// Open listens.
func (p *Proxy) Open() error {
	listener, err := net.Listen("tcp", p.addr)
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.listener = listener
	p.mu.Unlock()
	p.done.Go(func() { p.accept(listener) })
	return nil
}

// Shut ends all connections, as the kernel does for a process that is killed.
func (p *Proxy) Shut() {
	p.mu.Lock()
	if p.listener != nil {
		_ = p.listener.Close()
		p.listener = nil
	}
	for conn := range p.conns {
		_ = conn.Close()
	}
	p.mu.Unlock()
	p.done.Wait()
}

func (p *Proxy) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		p.done.Go(func() { p.serve(conn) })
	}
}

// keep remembers a connection for Shut; false: it is too late.
func (p *Proxy) keep(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener == nil {
		_ = conn.Close()
		return false
	}
	p.conns[conn] = true
	return true
}

func (p *Proxy) drop(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, conn)
	_ = conn.Close()
}

// serve joins a client to the Sentinel until one of them ends.
func (p *Proxy) serve(client net.Conn) {
	if !p.keep(client) {
		return
	}
	defer p.drop(client)
	group := groupOf(client.RemoteAddr(), client.LocalAddr(), p.ledger.expected)
	p.ledger.add(Request{Group: group, At: time.Now()})
	target, err := net.Dial("tcp", p.target)
	if err != nil || !p.keep(target) {
		return
	}
	defer p.drop(target)
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		_, _ = io.Copy(client, target)
		_ = client.Close()
	}()
	p.record(group, io.TeeReader(client, target))
	_ = target.Close()
	<-answered
}

// record reads to the end, whatever it is.
func (p *Proxy) record(group int, from io.Reader) {
	buffered := bufio.NewReaderSize(from, longestLine)
	for {
		command, err := readCommand(buffered)
		if errors.Is(err, errNotCommands) {
			_, _ = io.Copy(io.Discard, buffered)
			return
		}
		if err != nil {
			return
		}
		if command != "" {
			p.ledger.add(Request{Group: group, Command: command, At: time.Now()})
		}
	}
}
