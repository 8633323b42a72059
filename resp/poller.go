package resp

import (
	"errors"
	"io"
	"runtime"
	"sync"
)

// errPolled tells that a poller has the session now: the goroutine that had it must not
// touch it any more.
var errPolled = errors.New("polled")

// A poller answers the sessions that ask often, many on one goroutine: it asks the kernel
// who has sent something, reads what is there, answers, and writes what fits. A goroutine
// for each costs a read that finds nothing and a wake-up for every request, which is a third
// of the whole cost. Whatever could wait is not done here: see Session.StepAside.
type poller struct {
	system *pollSystem

	// Of the goroutine that runs it.
	batch []*Session // who has something to read
	next  int        // in batch

	mu       sync.Mutex
	sessions map[int64]*Session
}

func newPoller() (*poller, error) {
	system, err := newPollSystem()
	if err != nil {
		return nil, err
	}
	return &poller{system: system, sessions: map[int64]*Session{}}, nil
}

// run answers until the poller is closed, or until a session needs the goroutine for
// itself; another one goes on in its place by then.
func (p *poller) run() {
	for p.wait() {
		for p.next < len(p.batch) {
			s := p.batch[p.next]
			p.next++
			if !p.answer(s) {
				return
			}
		}
	}
}

// answer gives one session its turn; false when it has taken the goroutine.
func (p *poller) answer(s *Session) bool {
	err := s.turn()
	switch {
	case s.poller == nil: // it stepped aside
	case err == nil:
		return true
	case isProtocolError(err): // to tell the client may take a while
		s.StepAside()
	default:
		s.leavePoller()
		s.end()
		return true
	}
	s.serve(func() error {
		if err != nil {
			return err
		}
		return s.read()
	})
	return false
}

func isProtocolError(err error) bool {
	_, is := errors.AsType[protocolError](err)
	return is
}

// wait fills batch with those who have something to read; false when the poller is closed.
func (p *poller) wait() bool {
	if p.next < len(p.batch) { // taken over in the middle
		return true
	}
	clear(p.batch)
	p.batch, p.next = p.batch[:0], 0
	ids, err := p.system.wait()
	if err != nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range ids {
		if s := p.sessions[id]; s != nil {
			p.batch = append(p.batch, s)
		}
	}
	return true
}

func (p *poller) close() { p.system.close() }

// turn answers what a polled session has sent.
func (s *Session) turn() (err error) {
	err = errDropped // after a panic
	defer s.survive()
	if s.killed.Load() || s.stopping() {
		return errDropped
	}
	n, failed := readNow(s.fd, s.input.space())
	switch {
	case failed != nil:
		return failed
	case n < 0: // somebody else's event
		return nil
	case n == 0:
		return io.EOF
	}
	return s.took(n)
}

// StepAside must be called by a handler before it waits for anything, and before work that
// is long. It costs nothing for a session that has its own goroutine. A polled one keeps the
// goroutine that it is on, and another one goes on for the others.
func (s *Session) StepAside() {
	s.reads = 0 // who often has to is not for a poller
	p := s.poller
	if p == nil {
		return
	}
	s.leavePoller()
	s.ownSocket()
	go p.run()
}

// leavePoller takes the session out; its socket is still the bare descriptor.
func (s *Session) leavePoller() {
	p := s.poller
	s.poller = nil
	p.system.remove(s.fd)
	p.mu.Lock()
	delete(p.sessions, s.id)
	p.mu.Unlock()
}

// mayBePolled: it asks often, in plain text, and nothing else writes to it.
func (s *Session) mayBePolled() bool {
	after := s.server.options.PollAfter
	return after > 0 && s.reads+1 >= after && s.outbox == nil
}

// joinPoller hands the session over; false leaves it where it is.
func (s *Session) joinPoller() bool {
	s.reads = 0 // to be tried again after as many more
	p := s.server.pollers.of(s)
	if p == nil {
		return false
	}
	if !s.bareSocket() {
		return false
	}
	s.poller = p
	fd := s.fd
	p.mu.Lock()
	p.sessions[s.id] = s // from here on it is the poller's
	p.mu.Unlock()
	if err := p.system.add(fd, s.id); err != nil {
		s.leavePoller()
		s.ownSocket()
		return false
	}
	return true
}

// pollers are those of a server, made when the first is needed. A part of the processors is
// left to the sessions with goroutines of their own, and to everything else.
type pollers struct {
	once sync.Once
	all  []*poller
}

// of is the poller for a session; nil where there is none.
func (p *pollers) of(s *Session) *poller {
	p.once.Do(func() { p.start(s.server) })
	if len(p.all) == 0 {
		return nil
	}
	return p.all[s.id%int64(len(p.all))]
}

func (p *pollers) start(server *Server) {
	for range max(1, runtime.GOMAXPROCS(0)/2) {
		one, err := newPoller()
		if err != nil {
			server.options.Log.WithField("err", err).Warn("no poller: requests cost more")
			return
		}
		p.all = append(p.all, one)
		go one.run()
	}
}

// close ends them when there are no more sessions.
func (p *pollers) close() {
	p.once.Do(func() {})
	for _, one := range p.all {
		one.close()
	}
}
