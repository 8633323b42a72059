package node

import (
	"context"
	"sync"
)

// gate holds up everybody who passes while it is shut.
type gate struct {
	mu   sync.Mutex
	open chan struct{} // closed while the gate is open
}

func newGate() *gate {
	g := &gate{open: make(chan struct{})}
	close(g.open)
	return g
}

func (g *gate) channel() chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open
}

// wait returns nil when the gate is open, or the error of ctx.
func (g *gate) wait(ctx context.Context) error {
	select {
	case <-g.channel():
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *gate) isShut() bool {
	select {
	case <-g.channel():
		return false
	default:
		return true
	}
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.open:
		g.open = make(chan struct{})
	default: // it is shut already
	}
}

func (g *gate) reopen() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.open: // it is open already
	default:
		close(g.open)
	}
}
