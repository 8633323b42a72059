package resp

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"
)

// errMaxClients is Redis's text.
const errMaxClients = "ERR max number of clients reached"

// Handler gives commands their meaning. Both methods are called by the goroutine that
// has the session; the arguments are valid during the call only.
type Handler interface {
	// Open is called once, before the first command.
	Open(s *Session)
	// Serve answers one command; args holds at least its name. A handler that waits, or
	// has much to do, calls Session.StepAside first: the goroutine may serve others, too.
	Serve(s *Session, args [][]byte) Reply
}

// Server keeps the sessions of all its listeners. It listens nowhere until Serve
// or Run is called.
type Server struct {
	options Options
	handler Handler
	hub     *Hub
	stats   counters
	budget  budget
	told    atomic.Int64 // when tell did, nanoseconds after 1970

	ctx     context.Context // ends when Close begins
	cancel  context.CancelFunc
	live    sync.WaitGroup
	pollers pollers

	mu        sync.Mutex
	closed    bool
	nextID    int64
	sessions  map[int64]*Session
	occupancy occupancy
	listeners map[net.Listener]struct{}
}

// NewServer returns a server that is not listening yet.
func NewServer(options Options, handler Handler) *Server {
	ctx, cancel := context.WithCancel(context.Background())
	return &Server{
		options:   options.withDefaults(),
		handler:   handler,
		hub:       newHub(),
		ctx:       ctx,
		cancel:    cancel,
		sessions:  map[int64]*Session{},
		listeners: map[net.Listener]struct{}{},
	}
}

// Hub is where events are published.
func (s *Server) Hub() *Hub { return s.hub }

// Options are the limits in force, defaults filled in.
func (s *Server) Options() Options { return s.options }

// Run listens on a TCP address and serves until ctx ends, then closes all sessions.
func (s *Server) Run(ctx context.Context, addr string) error {
	return s.run(ctx, addr, func(listener net.Listener) net.Listener { return listener })
}

// RunTLS is Run for connections that are encrypted; see Secure.
func (s *Server) RunTLS(ctx context.Context, addr string, config *tls.Config) error {
	return s.run(ctx, addr, func(listener net.Listener) net.Listener { return Secure(listener, config) })
}

func (s *Server) run(ctx context.Context, addr string, wrap func(net.Listener) net.Listener) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, s.Close)
	defer stop()
	err = s.Serve(wrap(listener))
	s.Close()
	return err
}

// Serve accepts connections until the listener is closed; it returns nil after Close.
func (s *Server) Serve(listener net.Listener) error {
	if !s.listen(listener) {
		return errors.Join(net.ErrClosed, listener.Close())
	}
	pause := time.Duration(0)
	for {
		conn, err := listener.Accept()
		switch {
		case err == nil:
			pause = 0
			s.accept(conn)
		case s.ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		default: // out of descriptors, for one: no reason to end, nor to spin
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.options.Log.WithField("err", err).Warn("connection not accepted")
			s.wait(pause)
		}
	}
}

func (s *Server) listen(listener net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	if len(s.listeners) == 0 {
		go s.sweep()
	}
	s.listeners[listener] = struct{}{}
	return true
}

func (s *Server) wait(d time.Duration) {
	select {
	case <-time.After(d):
	case <-s.ctx.Done():
	}
}

// accept starts a session or turns the client away as Redis does.
func (s *Server) accept(conn net.Conn) {
	s.stats.accepted.Add(1)
	secure, encrypted := conn.(*secureConn)
	raw := conn
	if encrypted {
		raw = secure.NetConn()
	}
	s.keepAlive(raw)
	boundBuffers(raw)
	session := s.admit(conn)
	if session == nil {
		s.stats.rejected.Add(1)
		if !encrypted { // a word to the others would take a handshake
			_ = conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
			_, _ = conn.Write(Error(errMaxClients).Append(nil, RESP2))
		}
		_ = raw.Close()
		return
	}
	go session.serve(session.open)
}

func (s *Server) keepAlive(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetKeepAliveConfig(s.options.KeepAlive) // a wish, not a condition
	}
}

// What the kernel is told to keep of what a client sends and does not read, in bytes. Left to
// itself it takes megabytes for each, of the container's memory.
const (
	readBuffer = 32 << 10
	sendBuffer = 64 << 10
)

func boundBuffers(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(readBuffer) // wishes, too
		_ = tcp.SetWriteBuffer(sendBuffer)
	}
}

// admit makes a session unless there are too many or the server is closing.
func (s *Server) admit(conn net.Conn) *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.sessions) >= s.options.MaxClients && !s.makeRoom(sourceOf(conn.RemoteAddr())) {
		return nil
	}
	s.nextID++
	session := newSession(s, conn, s.nextID)
	s.sessions[session.id] = session
	s.occupancy.add(session)
	s.stats.connected.Add(1)
	s.live.Add(1)
	return session
}

func (s *Server) remove(session *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[session.id] != nil { // it may have made room
		delete(s.sessions, session.id)
		s.occupancy.remove(session)
	}
	s.stats.connected.Add(-1)
	s.live.Done()
}

// tell logs why a client was cut. Once a second is enough for people, and whoever makes
// many be cut must not fill the log: counters have the others.
func (s *Server) tell(session *Session, why string) {
	now, last := time.Now().UnixNano(), s.told.Load()
	if now-last < int64(time.Second) || !s.told.CompareAndSwap(last, now) {
		return
	}
	s.options.Log.WithFields(map[string]any{"conn": session.remote, "err": why}).Warn("client disconnected")
}

// Sessions are the live ones, ordered by id.
func (s *Server) Sessions() []*Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*Session, 0, len(s.sessions))
	for _, session := range s.sessions {
		list = append(list, session)
	}
	slices.SortFunc(list, func(a, b *Session) int { return cmp.Compare(a.id, b.id) })
	return list
}

// Close stops listening and ends every session after the pipeline it is answering,
// so that clients see their connection closed and go to another server. Sessions
// that have not ended after CloseTimeout are cut. It returns when all are gone and
// may be called more than once.
func (s *Server) Close() {
	ctx, flushed := context.WithTimeout(context.Background(), s.options.CloseTimeout)
	defer flushed()
	s.hub.Flush(ctx)
	s.cancel()
	s.mu.Lock()
	s.closed = true
	for listener := range s.listeners {
		_ = listener.Close()
	}
	s.mu.Unlock()
	for _, session := range s.Sessions() {
		session.wake()
	}
	cut := time.AfterFunc(s.options.CloseTimeout, func() {
		for _, session := range s.Sessions() {
			session.Kill()
		}
	})
	defer cut.Stop()
	s.live.Wait()
	s.pollers.close()
}

func silent() logrus.FieldLogger {
	log := logrus.New()
	log.SetOutput(io.Discard)
	return log
}
