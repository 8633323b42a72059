package clients

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Execution is a command of a program that a Redis has executed, by its MONITOR.
type Execution struct {
	Node  string // host of the Redis
	N     int    // the number of the write; 0 where the command does not tell
	Write bool
	At    time.Time
}

// Executions are those of all nodes of a stage, by the program's key.
type Executions struct {
	mu    sync.Mutex
	byKey map[string][]Execution
}

// Watch follows a Redis through its ends and restarts until ctx is done.
func (e *Executions) Watch(ctx context.Context, a *access, host string) {
	for ctx.Err() == nil {
		_ = e.follow(ctx, a, host) // it ends with each restart
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (e *Executions) follow(ctx context.Context, a *access, host string) error {
	conn, err := a.dial(net.JoinHostPort(host, strconv.Itoa(redisPort)))
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if a.Password {
		if _, err := fmt.Fprintf(conn, "AUTH %s\r\n", redisPassword); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(conn, "MONITOR\r\n"); err != nil {
		return err
	}
	lines := bufio.NewReaderSize(conn, longestLine)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return err
		}
		if key, execution, ok := e.read(line); ok {
			execution.Node = host
			e.add(key, execution)
		}
	}
}

// Expect makes commands on this key be noted.
func (e *Executions) Expect(key string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.byKey == nil {
		e.byKey = map[string][]Execution{}
	}
	e.byKey[key] = nil
}

func (e *Executions) add(key string, x Execution) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.byKey[key] = append(e.byKey[key], x)
}

// Of returns those of a key, from a time on.
func (e *Executions) Of(key string, from time.Time) []Execution {
	e.mu.Lock()
	defer e.mu.Unlock()
	var found []Execution
	for _, x := range e.byKey[key] {
		if !x.At.Before(from) {
			found = append(found, x)
		}
	}
	return found
}

// read understands a line like
//
//	+1732567890.123456 [0 127.0.0.1:4711] "set" "go-rueidis:17" "17"
//
// What a replica copies comes from its master's port and is not a client's.
func (e *Executions) read(line string) (key string, x Execution, ok bool) {
	head, rest, found := strings.Cut(line, "] ")
	stamp, source, both := strings.Cut(strings.TrimPrefix(head, "+"), " [0 ")
	if !found || !both || source == "lua" || strings.HasSuffix(source, ":"+strconv.Itoa(redisPort)) {
		return "", x, false
	}
	words := strings.Split(strings.TrimSpace(rest), " ")
	for _, word := range words[1:] {
		parts := strings.Split(strings.Trim(word, `"`), ":")
		for i, part := range parts {
			if !e.knows(part) {
				continue
			}
			if i+1 < len(parts) {
				x.N, _ = strconv.Atoi(parts[i+1])
			}
			x.At, x.Write = moment(stamp), !strings.EqualFold(words[0], `"get"`)
			return part, x, true
		}
	}
	return "", x, false
}

func (e *Executions) knows(key string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, ok := e.byKey[key]
	return ok
}

// moment reads seconds.micros.
func moment(stamp string) time.Time {
	seconds, micros, _ := strings.Cut(stamp, ".")
	s, _ := strconv.ParseInt(seconds, 10, 64)
	m, _ := strconv.ParseInt(micros, 10, 64)
	return time.UnixMicro(s*1e6 + m)
}
