package conformance

import (
	"context"
	"net"
	"sync"
)

// pipes is a listener whose connections are memory.
type pipes struct {
	conns chan net.Conn
	ended chan struct{}
	end   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), ended: make(chan struct{})} }

func (p *pipes) dial(ctx context.Context) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return buffered(near), nil
	case <-p.ended:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.end.Do(func() { close(p.ended) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "memory"} }

// sending is a connection whose writes do not wait for a reader, as with a socket.
type sending struct {
	net.Conn
	queue chan []byte
}

func buffered(conn net.Conn) net.Conn {
	s := sending{Conn: conn, queue: make(chan []byte, 1000)}
	go func() {
		for data := range s.queue {
			_, _ = conn.Write(data) // closed then, as the reader notices
		}
		_ = conn.Close()
	}()
	return s
}

func (s sending) Write(data []byte) (int, error) {
	s.queue <- data
	return len(data), nil
}

func (s sending) Close() error {
	close(s.queue)
	return s.Conn.Close()
}
