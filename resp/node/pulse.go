package node

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

var (
	askPing  = command(nil, "PING")
	askState = stateCommands()
)

// errSurplus is an answer that nobody has asked for.
var errSurplus = errors.New("reply: more than was asked for")

// Pulse is a connection on which one Redis process is watched: it is asked for signs of
// life and for its state, and told nothing. There is one for each Redis of a cluster,
// with a question a second for as long as it lives, so that it keeps nothing but the
// socket from one question to the next, and a PING leaves no garbage.
//
// One goroutine asks, one question at a time. What is not answered in time, or not with
// what was asked for, ends the connection: an answer can never be taken for that to a
// later question.
type Pulse struct {
	conn    *watched
	timeout time.Duration
	runID   string
	lost    chan struct{}

	mu    sync.Mutex
	ended bool
	after []func() // to be called when it is lost
}

// Watch connects as Dial does: it names the connection and reads the process's state. A
// refused connection comes back as syscall.ECONNREFUSED within err, one that was accepted
// and ended before any answer as syscall.ECONNRESET, what Redis refuses as a redis.Error;
// none holds the password.
func Watch(ctx context.Context, addr sentinel.Addr, name string, opts Options) (*Pulse, sentinel.Snapshot, error) {
	opts = opts.bounded()
	ctx, cancel := context.WithTimeout(ctx, opts.Timeout)
	defer cancel()
	raw, err := open(ctx, addr, opts)
	if err != nil {
		return nil, sentinel.Snapshot{}, briefly(err) // a certificate has as many names as it likes
	}
	p := &Pulse{timeout: opts.Timeout, lost: make(chan struct{})}
	p.conn = watching(raw, p.lose)
	defer context.AfterFunc(ctx, p.Close)()
	first, err := p.greet(ctx, name, opts)
	if err != nil {
		p.Close()
		return nil, first, err
	}
	p.runID = strings.Clone(first.RunID) // not to keep all of INFO for it
	return p, first, nil
}

// greet logs in, names the connection and reads the state, in one round trip.
func (p *Pulse) greet(ctx context.Context, name string, opts Options) (sentinel.Snapshot, error) {
	var commands []byte
	if opts.Password != "" {
		user := opts.Username
		if user == "" {
			user = "default" // a password alone is refused where none is needed
		}
		commands = command(commands, "AUTH", user, opts.Password)
	}
	commands = command(commands, "CLIENT", "SETNAME", name)
	by, _ := ctx.Deadline()
	r, err := p.ask(append(commands, askState...), by)
	if err != nil {
		return sentinel.Snapshot{}, hungUp(err)
	}
	r.secret = opts.Password
	if opts.Password != "" {
		r.accepted("auth", "OK")
	}
	r.accepted("client setname", "OK")
	if len(r.buf) == 0 {
		r.wrong = hungUp(r.wrong)
	}
	return p.state(r)
}

// RunID names the process at the other end.
func (p *Pulse) RunID() string { return p.runID }

// Lost is closed as soon as the connection has ended, from either side, also while
// nothing is asked.
func (p *Pulse) Lost() <-chan struct{} { return p.lost }

// Close ends the connection, and a question under way with it.
func (p *Pulse) Close() { _ = p.conn.Close() }

// lose is called once or twice.
func (p *Pulse) lose() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	p.ended = true
	close(p.lost)
	for _, f := range p.after {
		go f()
	}
}

func (p *Pulse) onLost(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		go f()
		return
	}
	p.after = append(p.after, f)
}

// Ping asks for a sign of life, to be answered by then and within the timeout of the
// connection. ok is true for the answers that Sentinel takes as one: PONG, LOADING and
// MASTERDOWN; err tells that there was no answer at all.
func (p *Pulse) Ping(by time.Time) (ok bool, err error) {
	r, err := p.ask(askPing, by)
	if err != nil {
		return false, err
	}
	ok = r.pong()
	err = p.answered(r)
	return ok && err == nil, err
}

// Snapshot reads the state of the process, and how it does, in one transaction, with the
// bounds of Ping.
func (p *Pulse) Snapshot(by time.Time) (sentinel.Snapshot, error) {
	r, err := p.ask(askState, by)
	if err != nil {
		return sentinel.Snapshot{}, err
	}
	return p.state(r)
}

// state is that of the process, when nothing before it was refused.
func (p *Pulse) state(r *replies) (sentinel.Snapshot, error) {
	text, strain := r.state()
	refused := r.refused
	if err := p.answered(r); err != nil {
		return sentinel.Snapshot{}, err
	}
	if refused != nil {
		return sentinel.Snapshot{}, refused
	}
	s, err := parse(text)
	s.Resident, s.FullSyncs = strain.resident, strain.fullSyncs
	return s, err
}

// ask sends commands in one piece, and returns what their replies are read with.
func (p *Pulse) ask(commands []byte, by time.Time) (*replies, error) {
	if most := time.Now().Add(p.timeout); by.After(most) {
		by = most
	}
	_ = p.conn.SetDeadline(by) // where it fails, so does the next
	if _, err := p.conn.Write(commands); err != nil {
		p.Close()
		return nil, err
	}
	return repliesOf(p.conn), nil
}

// answered is called when all that was asked for has been read, or could not be.
func (p *Pulse) answered(r *replies) error {
	err := r.wrong
	if err == nil && r.surplus() {
		err = errSurplus
	}
	if err != nil {
		p.Close()
		if r.refused != nil {
			err = r.refused // says more
		}
	}
	r.free()
	return err
}

// stateCommands are a transaction of what is read; one INFO for each section, since
// before 7.0 it takes no more.
func stateCommands() []byte {
	commands := command(nil, "MULTI")
	for _, section := range pulseSections {
		commands = command(commands, "INFO", section)
	}
	return command(commands, "EXEC")
}

// command appends one as Redis reads it.
func command(commands []byte, words ...string) []byte {
	commands = fmt.Appendf(commands, "*%d\r\n", len(words))
	for _, word := range words {
		commands = strconv.AppendInt(append(commands, '$'), int64(len(word)), 10)
		commands = append(append(append(commands, "\r\n"...), word...), "\r\n"...)
	}
	return commands
}
