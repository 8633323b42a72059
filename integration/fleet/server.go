package fleet

import (
	"context"
	"errors"
	"net"
	"strconv"
	"syscall"
)

// Server is one address at which a process runs, or none.
type Server struct {
	Host string
	Port int

	set      *Set
	process  *process // nil while none runs
	listener net.Listener
}

// Addr is host:port.
func (s *Server) Addr() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// Start begins a new process, empty and fenced. One that runs must have crashed.
func (s *Server) Start() error {
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", s.Addr())
	if err != nil {
		return err
	}
	s.set.mu.Lock()
	defer s.set.mu.Unlock()
	s.listener, s.process = listener, newProcess(s)
	go s.process.accept(listener)
	return nil
}

// Crash is SIGKILL: the port and all connections are closed, all data is gone.
func (s *Server) Crash() {
	s.set.mu.Lock()
	p, listener := s.process, s.listener
	s.process, s.listener = nil, nil
	var open []*conn
	if p != nil {
		for _, c := range p.conns {
			open = append(open, c)
		}
		p.die()
	}
	s.set.mu.Unlock()
	if listener != nil {
		_ = listener.Close() // first, as the kernel does: it has the lower number
	}
	for _, c := range open {
		_ = c.net.Close()
	}
}

// Write is a client's write of one key; the error is what Redis answers.
func (s *Server) Write(bytes int) error {
	s.set.mu.Lock()
	defer s.set.mu.Unlock()
	if s.process == nil {
		return syscall.ECONNREFUSED
	}
	if refused := s.process.write(bytes); refused != "" {
		return errors.New(refused)
	}
	return nil
}

// Hold makes the process fall behind its master while its link stays up, or catch up.
func (s *Server) Hold(held bool) {
	s.set.mu.Lock()
	defer s.set.mu.Unlock()
	if p := s.process; p != nil {
		p.held = held
		if p.master != nil {
			p.master.feed()
		}
	}
}

// State is what a process is at one moment.
type State struct {
	Running bool
	Master  bool
	RunID   string
	Offset  int64
	Keys    int64
	// Attached counts its replicas in sync.
	Attached int
	// MinReplicas is its min-replicas-to-write.
	MinReplicas int
}

// State reads the process.
func (s *Server) State() State {
	s.set.mu.Lock()
	defer s.set.mu.Unlock()
	p := s.process
	if p == nil {
		return State{}
	}
	return State{
		Running: true, Master: p.isMaster(), RunID: p.runID, Offset: p.offset, Keys: p.keys,
		Attached: p.good(), MinReplicas: p.minReplicas,
	}
}
