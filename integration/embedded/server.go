package embedded

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"k8s.io/client-go/rest"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/kubeconfig"
)

// Server is the HTTP front of an API at a loopback address.
type Server struct {
	// Kubeconfig is a file that leads here.
	Kubeconfig string
	URL        string

	http *http.Server
	gate *gate
	done chan error
}

// Serve listens at any free port and writes a kubeconfig file into dir.
func (a *API) Serve(dir string) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{
		Kubeconfig: filepath.Join(dir, "kubeconfig"), URL: "http://" + listener.Addr().String(),
		http: &http.Server{Handler: a.Handler(), ReadHeaderTimeout: 10 * time.Second},
		gate: &gate{Listener: listener, open: map[net.Conn]struct{}{}}, done: make(chan error, 1),
	}
	if err := kubeconfig.Write(s.Kubeconfig, &rest.Config{Host: s.URL}, Namespace); err != nil {
		return nil, errors.Join(fmt.Errorf("write kubeconfig: %w", err), listener.Close())
	}
	go func() { s.done <- s.http.Serve(s.gate) }()
	return s, nil
}

// Stop closes everything and returns when nothing listens any more.
func (s *Server) Stop() error {
	err := s.http.Close()
	if served := <-s.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// Disconnect cuts all connections; clients may come back at once.
func (s *Server) Disconnect() { s.gate.cut() }

// Refuse is an outage: all connections are cut, and so is each new one until Admit.
func (s *Server) Refuse() {
	s.gate.set(true)
	s.gate.cut()
}

// Admit ends an outage.
func (s *Server) Admit() { s.gate.set(false) }

// gate is a listener that knows its connections and can be shut.
type gate struct {
	net.Listener

	mu   sync.Mutex
	shut bool
	open map[net.Conn]struct{}
}

// Accept returns the next connection that is let in.
func (g *gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if g.enter(conn) {
			return &guest{conn, g}, nil
		}
		reset(conn)
	}
}

func (g *gate) enter(conn net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return false
	}
	g.open[conn] = struct{}{}
	return true
}

func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
}

func (g *gate) cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for conn := range g.open {
		reset(conn)
	}
}

// reset ends a connection as a host does that knows nothing of it.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// guest is a connection that was let in.
type guest struct {
	net.Conn
	gate *gate
}

// Close closes the connection and forgets it.
func (c *guest) Close() error {
	c.gate.mu.Lock()
	delete(c.gate.open, c.Conn)
	c.gate.mu.Unlock()
	return c.Conn.Close()
}
