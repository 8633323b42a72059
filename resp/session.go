package resp

import (
	"container/list"
	"context"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Session is one client's connection. Its methods may be called from its own
// handler only, but for those that say otherwise.
type Session struct {
	id      int64
	server  *Server
	conn    net.Conn // a closed one while polled
	fd      int      // the socket while polled
	attempt attempt
	moving  sync.Mutex // held to change conn or fd, and by others to use them
	remote  string
	local   string
	source  netip.Prefix
	born    time.Time

	// Read by other sessions (CLIENT LIST, published messages).
	proto       atomic.Int32
	flags       atomic.Uint32
	channels    atomic.Int32
	patterns    atomic.Int32
	lastCommand atomic.Pointer[string]
	identity    atomic.Pointer[Identity]
	lastActive  atomic.Int64 // nanoseconds after born
	owes        atomic.Int64 // since then it owes something, nanoseconds after born; 0: nothing. See owe
	labels      labels

	// State belongs to the handler.
	State any

	trusted bool
	closing bool        // close once the replies so far are written
	killed  atomic.Bool // while polled; what it sent is not answered any more
	poller  *poller     // that answers it; nil while it has a goroutine
	reads   int         // since it was last considered for a poller
	input   input
	guard   guard
	args    [][]byte
	replies replyMode
	out     []byte        // replies of the pipeline under way
	box     *[]byte       // where out was borrowed from; nil when it is its own
	writeBy time.Duration // after born; see allowWrite
	outbox  *outbox
	writer  sync.WaitGroup
	arrived bool // it has asked something

	// What counts for the budget.
	names int // for subscriptions
	grown int // of the input
	kept  int // by the handler

	// Guarded by the budget's lock.
	held      int
	muchSince uint64 // when it began to keep much, in the order in which sessions did
	released  bool   // nothing is counted any more

	// Guarded by the server's lock.
	newcomer *list.Element // while it has not asked anything
	late     bool          // its time is over

	// Guarded by the hub's lock.
	subscribed map[string]struct{}
	matching   map[string]struct{}
}

// Flag marks a session in CLIENT LIST.
type Flag uint32

// The flags that a handler may set.
const (
	FlagTracking Flag = 1 << iota
	FlagNoEvict
)

func newSession(server *Server, conn net.Conn, id int64) *Session {
	s := &Session{
		id:     id,
		server: server,
		conn:   conn,
		fd:     noFD,
		input:  input{buf: make([]byte, firstBuffer)},
		guard:  newGuard(server.options),
		remote: conn.RemoteAddr().String(),
		source: sourceOf(conn.RemoteAddr()),
		local:  conn.LocalAddr().String(),
		born:   time.Now(),
	}
	s.proto.Store(RESP2)
	s.owes.Store(1)
	s.attempt.on(conn)
	return s
}

// ID is unique within the server and rises. Safe from any goroutine.
func (s *Session) ID() int64 { return s.id }

// Server is where the session lives. Safe from any goroutine.
func (s *Session) Server() *Server { return s.server }

// Context ends when the server stops: a handler that waits must give up.
func (s *Session) Context() context.Context { return s.server.ctx }

// Proto is RESP2 or RESP3. Safe from any goroutine.
func (s *Session) Proto() int { return int(s.proto.Load()) }

// SetProto takes effect with the reply to the current command.
func (s *Session) SetProto(version int) {
	s.proto.Store(int32(version))
}

// Trusted tells that the session has authenticated or need not.
func (s *Session) Trusted() bool { return s.trusted }

// SetTrusted opens the session to all commands and to requests of full size.
func (s *Session) SetTrusted(trusted bool) { s.trusted = trusted }

// CloseAfterReply ends the session once the current command's reply is written.
func (s *Session) CloseAfterReply() { s.closing = true }

// SetFlag sets or clears a mark that CLIENT LIST shows.
func (s *Session) SetFlag(flag Flag, on bool) {
	if on {
		s.flags.Or(uint32(flag))
		return
	}
	s.flags.And(^uint32(flag))
}

// Has tells whether a mark is set. Safe from any goroutine.
func (s *Session) Has(flag Flag) bool { return s.flags.Load()&uint32(flag) != 0 }

// Note keeps the name of the current command for CLIENT LIST.
func (s *Session) Note(command *string) { s.lastCommand.Store(command) }

// Remote is the client's address, host:port. Safe from any goroutine.
func (s *Session) Remote() string { return s.remote }

// Source is what the connections of one host have in common: its IPv4 address, or its
// network of IPv6. Safe from any goroutine.
func (s *Session) Source() string { return s.source.String() }

// Identity is who a session is, in the handler's terms.
type Identity interface {
	// Name is the user's. Safe from any goroutine.
	Name() string
}

// SetIdentity keeps who has authenticated.
func (s *Session) SetIdentity(who Identity) { s.identity.Store(&who) }

// Identity is what was kept, or nil. Safe from any goroutine.
func (s *Session) Identity() Identity {
	if who := s.identity.Load(); who != nil {
		return *who
	}
	return nil
}

// User is the name of who was kept, or "". Safe from any goroutine.
func (s *Session) User() string {
	if who := s.Identity(); who != nil {
		return who.Name()
	}
	return ""
}

// labels are what a client calls itself.
type labels struct {
	mu      sync.Mutex
	name    string
	library string
	version string
}

// Name is what the client called itself. Safe from any goroutine.
func (s *Session) Name() string {
	s.labels.mu.Lock()
	defer s.labels.mu.Unlock()
	return s.labels.name
}

// SetName keeps a copy of name.
func (s *Session) SetName(name string) {
	s.labels.mu.Lock()
	defer s.labels.mu.Unlock()
	s.labels.name = name
}

// SetLibrary keeps the name of the client's library.
func (s *Session) SetLibrary(name string) {
	s.labels.mu.Lock()
	defer s.labels.mu.Unlock()
	s.labels.library = name
}

// SetLibraryVersion keeps the version of the client's library.
func (s *Session) SetLibraryVersion(version string) {
	s.labels.mu.Lock()
	defer s.labels.mu.Unlock()
	s.labels.version = version
}

// Description is a session as CLIENT LIST shows it.
type Description struct {
	ID             int64
	Remote, Local  string
	Name           string
	User           string
	Library        string
	LibraryVersion string
	Age, Idle      time.Duration
	Channels       int
	Patterns       int
	Proto          int
	Command        string
	Tracking       bool
	NoEvict        bool
}

// Describe may be called from any goroutine.
func (s *Session) Describe() Description {
	s.labels.mu.Lock()
	d := Description{Name: s.labels.name, Library: s.labels.library, LibraryVersion: s.labels.version}
	s.labels.mu.Unlock()
	d.ID, d.Remote, d.Local, d.Proto = s.id, s.remote, s.local, s.Proto()
	d.User = s.User()
	d.Age = time.Since(s.born)
	d.Idle = max(0, d.Age-time.Duration(s.lastActive.Load()))
	d.Channels, d.Patterns = int(s.channels.Load()), int(s.patterns.Load())
	d.Tracking, d.NoEvict = s.Has(FlagTracking), s.Has(FlagNoEvict)
	if command := s.lastCommand.Load(); command != nil {
		d.Command = *command
	}
	return d
}
