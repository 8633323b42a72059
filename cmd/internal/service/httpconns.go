package service

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// httpConnsMost connections to the port of metrics and probes at once.
const httpConnsMost = 64

// httpConns bounds the connections of an HTTP server. One too many costs whoever has most
// of them its oldest. To let the new one wait instead would keep the kubelet out, which
// then restarts this process, for a stranger's idle connections.
type httpConns struct {
	most int

	mu   sync.Mutex
	born map[net.Conn]time.Time
}

func newHTTPConns(most int) *httpConns { return &httpConns{most: most, born: map[net.Conn]time.Time{}} }

// changed is an http.Server's ConnState.
func (h *httpConns) changed(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if victim := h.add(conn); victim != nil {
			_ = victim.Close()
		}
	case http.StateClosed, http.StateHijacked:
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.born, conn)
	}
}

// add returns the connection that has to go for it; nil where there is room.
func (h *httpConns) add(conn net.Conn) (victim net.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.born) >= h.most {
		victim = h.oldestOfMost()
		delete(h.born, victim)
	}
	h.born[conn] = time.Now()
	return victim
}

func (h *httpConns) oldestOfMost() (victim net.Conn) {
	of := map[string]int{}
	for conn := range h.born {
		of[origin(conn)]++
	}
	for conn, born := range h.born {
		have, best := of[origin(conn)], 0
		if victim != nil {
			best = of[origin(victim)]
		}
		if have > best || have == best && born.Before(h.born[victim]) {
			victim = conn
		}
	}
	return victim
}

// origin is the address that a connection comes from.
func origin(conn net.Conn) string {
	host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil {
		return conn.RemoteAddr().String()
	}
	return host
}
