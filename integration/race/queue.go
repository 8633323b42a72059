package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"
)

// answerWithin is how long an answer is waited for when all is settled.
const answerWithin = time.Second

// queue is clients that are connected to a master and have one write each to lay
// into its socket.
type queue struct {
	conns []net.Conn
	laid  int
	acked []ack // once the answers are known
}

// newQueue connects n clients; each has had an answer, so that it is served.
func newQueue(ctx context.Context, addr string, n int) (*queue, error) {
	q := &queue{}
	for range n {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, errors.Join(err, q.close())
		}
		q.conns = append(q.conns, conn)
		if _, err := io.WriteString(conn, "PING\r\n"); err != nil {
			return nil, errors.Join(err, q.close())
		}
		if answer, err := readAnswer(conn, hearWithin); err != nil || answer != "+PONG" {
			return nil, errors.Join(fmt.Errorf("%q to PING at %s (%w)", answer, addr, err), q.close())
		}
	}
	return q, nil
}

// lay sends the next n writes. Who was cut off before is told so by its answer.
func (q *queue) lay(n int) error {
	for i := q.laid; i < q.laid+n; i++ {
		_, err := fmt.Fprintf(q.conns[i], "SET %s x\r\n", queuedKey(i))
		if err != nil && !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
			return err
		}
	}
	q.laid += n
	return nil
}

func queuedKey(n int) string { return fmt.Sprintf("queued:%d", n) }

// answers is what became of the writes.
type answers struct{ acked, refused, cut, silent int }

func (a answers) String() string {
	return fmt.Sprintf("%d acknowledged, %d refused, %d cut off, %d unanswered", a.acked, a.refused, a.cut, a.silent)
}

// answers waits for all of them.
func (q *queue) answers() answers {
	texts, errs := make([]string, q.laid), make([]error, q.laid)
	var reading sync.WaitGroup
	for i, conn := range q.conns[:q.laid] {
		reading.Go(func() { texts[i], errs[i] = readAnswer(conn, answerWithin) })
	}
	reading.Wait()
	var a answers
	q.acked = nil
	for i := range texts {
		var timeout net.Error
		switch {
		case errs[i] == nil && texts[i] == "+OK":
			a.acked++
			q.acked = append(q.acked, ack{key: queuedKey(i)})
		case errs[i] == nil:
			a.refused++
		case errors.As(errs[i], &timeout) && timeout.Timeout():
			a.silent++
		default:
			a.cut++
		}
	}
	return a
}

// readAnswer reads one line.
func readAnswer(conn net.Conn, within time.Duration) (string, error) {
	if err := conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSpace(line), err
}

func (q *queue) close() error {
	var errs []error
	for _, conn := range q.conns {
		errs = append(errs, conn.Close())
	}
	return errors.Join(errs...)
}
