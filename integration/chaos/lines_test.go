package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// lines are the pods' lines to the API server, one for each pod, so that one can be
// cut and the others not: on loopback all have the same address.
type lines struct {
	mu     sync.Mutex
	of     map[types.UID]*line
	closed bool
}

func newLines(t *testing.T) *lines {
	t.Helper()
	l := &lines{of: map[types.UID]*line{}}
	t.Cleanup(l.close)
	return l
}

// server is where a pod finds the API server: at its own line's end.
func (l *lines) server(pod *corev1.Pod, url string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of[pod.UID] == nil && !l.closed {
		made, err := newLine(strings.TrimPrefix(url, "https://"))
		if err != nil {
			return url // whoever wants to cut it is told that there is none
		}
		l.of[pod.UID] = made
	}
	if own := l.of[pod.UID]; own != nil {
		return "https://" + own.listener.Addr().String()
	}
	return url
}

// cut holds the line of a pod for a while: everything that is sent on it in either
// direction comes afterwards, as after a cut of a network.
func (l *lines) cut(ctx context.Context, pod corev1.Pod, hold time.Duration) error {
	l.mu.Lock()
	own := l.of[pod.UID]
	l.mu.Unlock()
	if own == nil || own.carried() == 0 {
		return fmt.Errorf("%s has no line to the API server", pod.Name)
	}
	own.hold()
	rest(ctx, hold) // the fault itself
	own.release()
	return nil
}

func (l *lines) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for _, own := range l.of {
		own.close()
	}
}

// line forwards TCP connections to one address and can be held: they stay open and
// new ones are accepted, but not a byte passes, nor the end of a connection.
type line struct {
	listener net.Listener
	to       string
	ctx      context.Context
	end      context.CancelFunc
	wg       sync.WaitGroup

	mu    sync.Mutex
	flows chan struct{} // closed while it is not held
	holds int
	open  int
}

func newLine(to string) (*line, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &line{listener: listener, to: to, flows: make(chan struct{})}
	close(l.flows)
	l.ctx, l.end = context.WithCancel(context.Background())
	l.wg.Go(l.accept)
	return l, nil
}

func (l *line) accept() {
	for {
		near, err := l.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			rest(l.ctx, 10*time.Millisecond)
			continue
		}
		l.wg.Go(func() { l.join(near) })
	}
}

// join connects both ends until one of them is closed and the other knows.
func (l *line) join(near net.Conn) {
	defer near.Close()
	l.pass()
	far, err := net.DialTimeout("tcp", l.to, 5*time.Second)
	if err != nil {
		return
	}
	defer far.Close()
	defer context.AfterFunc(l.ctx, func() { _ = errors.Join(near.Close(), far.Close()) })()
	l.count(1)
	defer l.count(-1)
	var both sync.WaitGroup
	both.Go(func() { l.copy(far, near) })
	both.Go(func() { l.copy(near, far) })
	both.Wait()
}

// copy forwards one direction. A connection that is broken is broken for both.
func (l *line) copy(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		l.pass()
		if _, failed := to.Write(buffer[:n]); failed != nil {
			_ = from.Close()
			return
		}
		switch {
		case errors.Is(err, io.EOF):
			_ = to.(*net.TCPConn).CloseWrite()
			return
		case err != nil:
			_ = to.Close()
			return
		}
	}
}

// pass waits while the line is held.
func (l *line) pass() {
	l.mu.Lock()
	flows := l.flows
	l.mu.Unlock()
	select {
	case <-flows:
	case <-l.ctx.Done():
	}
}

// hold may be called again while it is held; each is to be released.
func (l *line) hold() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holds++; l.holds == 1 {
		l.flows = make(chan struct{})
	}
}

func (l *line) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holds--; l.holds == 0 {
		close(l.flows)
	}
}

func (l *line) count(by int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open += by
}

// carried is how many connections it carries.
func (l *line) carried() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open
}

func (l *line) close() {
	l.end()
	_ = l.listener.Close()
	l.wg.Wait()
}
