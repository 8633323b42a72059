package hostile

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Dial opens a connection to one port of the service, from where the attacker is: for what
// protected mode refuses that is another address than a loopback one.
type Dial func(ctx context.Context) (net.Conn, error)

// takeOvers lock others out, send them astray, silence the service, or tell who may do so.
var takeOvers = []string{
	"ACL SETUSER default resetpass >x", "ACL SETUSER mallory on nopass +@all &*", "ACL DELUSER app", "ACL LOAD", "ACL SAVE", "ACL LOG RESET",
	"ACL LIST", "ACL USERS", "ACL GETUSER default", "ACL LOG", "ACL DRYRUN default PING",
	"SENTINEL CONFIG SET announce-ip 6.6.6.6", "SENTINEL CONFIG SET announce-port 6", "SENTINEL CONFIG SET loglevel nothing",
	"SENTINEL CONFIG SET sentinel-pass x", "SENTINEL SET mymaster down-after-milliseconds 86400000", "SENTINEL SET mymaster auth-pass x",
	"SENTINEL MONITOR mallory 6.6.6.6 6379 1", "SENTINEL REMOVE mymaster", "SENTINEL RESET *", "SENTINEL FAILOVER mymaster",
	"SENTINEL DEBUG ping-period 86400000", "SENTINEL FLUSHCONFIG", "SENTINEL SIMULATE-FAILURE crash-after-election",
	"CLIENT KILL TYPE pubsub", "CLIENT KILL TYPE normal SKIPME yes", "CLIENT PAUSE 86400000", "CLIENT UNBLOCK 1", "SHUTDOWN NOSAVE",
}

// TakeOver tries, as whoever reaches the port, what nobody may who has not logged in. It
// returns the commands that were not refused; an error is one of the connection.
func TakeOver(ctx context.Context, dial Dial) (obeyed []string, err error) {
	for _, login := range []string{"PING", "HELLO 3", "AUTH default x", "AUTH mallory x", "RESET"} {
		answers, err := converse(ctx, dial, append([]string{login}, takeOvers...)...)
		if err != nil {
			return obeyed, fmt.Errorf("after %s: %w", login, err)
		}
		for n, answer := range answers[1:] {
			if !strings.HasPrefix(answer, "-NOPERM") && !strings.HasPrefix(answer, "-NOAUTH") {
				obeyed = append(obeyed, takeOvers[n])
			}
		}
	}
	return obeyed, nil
}

// converse sends requests on a connection of its own, each when the one before it was
// answered, and returns the first lines of the answers.
func converse(ctx context.Context, dial Dial, requests ...string) ([]string, error) {
	conn, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	lines := bufio.NewReader(conn)
	var firsts []string
	for _, request := range requests {
		// Behind each request stands one whose answer is known: what comes before that is
		// the answer, of however many lines.
		if _, err := fmt.Fprintf(conn, "%s\r\nFENCE\r\n", request); err != nil {
			return nil, err
		}
		first, err := untilFence(lines)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", request, err)
		}
		firsts = append(firsts, first)
	}
	return firsts, nil
}

func untilFence(lines *bufio.Reader) (first string, err error) {
	for {
		line, err := lines.ReadString('\n')
		switch {
		case err != nil:
			return "", err
		case strings.Contains(line, "'FENCE'"):
			return first, nil
		case first == "":
			first = strings.TrimSpace(line)
		}
	}
}

// Guess tries passwords over many connections, each as fast as it is answered, until ctx is
// done. It returns how many were refused; a password that is taken is an error.
func Guess(ctx context.Context, dial Dial, conns int) (refused int64, err error) {
	var count atomic.Int64
	errs := make(chan error, conns)
	for range conns {
		go func() {
			for ctx.Err() == nil {
				if err := guessOn(ctx, dial, &count); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range conns {
		err = errors.Join(err, <-errs)
	}
	return count.Load(), err
}

// guessOn goes on until the connection ends.
func guessOn(ctx context.Context, dial Dial, refused *atomic.Int64) error {
	conn, err := dial(ctx)
	if err != nil {
		return nil //nolint:nilerr // turned away: try again
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer func() { _ = conn.Close() }()
	lines := bufio.NewReader(conn)
	for n := 0; ; n++ {
		if _, err := fmt.Fprintf(conn, "AUTH user-%d %d\r\n", n, n); err != nil {
			return nil //nolint:nilerr // cut off: likewise
		}
		switch line, err := lines.ReadString('\n'); {
		case err != nil:
			return nil //nolint:nilerr // likewise
		case strings.HasPrefix(line, "+OK"):
			return fmt.Errorf("user-%d is let in", n)
		}
		refused.Add(1)
	}
}

// TellApart measures how long a wrong password takes for a user that there is, and for a
// name that there is not: the medians of so many attempts each, by turns. Each attempt has
// a connection of its own from the source that dial gives it, so few that none is slowed.
func TellApart(ctx context.Context, dial Dial, user string, attempts int) (known, unknown time.Duration, err error) {
	took := map[string][]time.Duration{}
	for n := range 2 * attempts {
		name := user
		if n%2 == 1 {
			name = "nobody-" + user
		}
		began := time.Now()
		if _, err := converse(ctx, dial, "AUTH "+name+" wrong"); err != nil {
			return 0, 0, err
		}
		took[name] = append(took[name], time.Since(began))
	}
	return middle(took[user]), middle(took["nobody-"+user]), nil
}

func middle(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// HoldPort keeps connections to the port of metrics and probes open: every second one has
// half a request on it. They are closed by release; who was cut off comes again meanwhile.
func HoldPort(ctx context.Context, dial Dial, conns int) (release func()) {
	ctx, stop := context.WithCancel(ctx)
	var held sync.WaitGroup
	for n := range conns {
		held.Go(func() {
			for ctx.Err() == nil {
				holdPort(ctx, dial, n%2 == 1)
			}
		})
	}
	return func() {
		stop()
		held.Wait()
	}
}

func holdPort(ctx context.Context, dial Dial, half bool) {
	conn, err := dial(ctx)
	if err != nil {
		select { // full: not so fast again
		case <-ctx.Done():
		case <-time.After(10 * time.Millisecond):
		}
		return
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer func() { _ = conn.Close() }()
	if half {
		_, _ = fmt.Fprint(conn, "GET /metrics HTTP/1.1\r\nHost: x\r\n")
	}
	_, _ = conn.Read(make([]byte, 1)) // until one of us ends it
}

// Scrape asks for /metrics on many connections at once, again and again, until ctx is done.
// It returns how many were answered and how many turned away.
func Scrape(ctx context.Context, dial Dial, conns int) (answered, turnedAway int64) {
	var good, bad atomic.Int64
	var all sync.WaitGroup
	for range conns {
		all.Go(func() {
			for ctx.Err() == nil {
				if scrape(ctx, dial) {
					good.Add(1)
				} else {
					bad.Add(1)
				}
			}
		})
	}
	all.Wait()
	return good.Load(), bad.Load()
}

func scrape(ctx context.Context, dial Dial) bool {
	conn, err := dial(ctx)
	if err != nil {
		return false
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprint(conn, "GET /metrics HTTP/1.0\r\nHost: x\r\n\r\n"); err != nil {
		return false
	}
	status, err := bufio.NewReader(conn).ReadString('\n')
	return err == nil && strings.Contains(status, " 200 ")
}
