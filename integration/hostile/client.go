package hostile

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ClientAttack is something that a client may do to the Sentinel port at addr. It goes on
// until ctx ends, whatever is answered; an error says that it could not even begin. Master
// names a set that the service knows.
type ClientAttack func(ctx context.Context, addr, master string) error

// ClientAttacks are all attacks of clients, by name.
var ClientAttacks = map[string]ClientAttack{
	"patterns that take long to match":           Patterns,
	"patterns of its own for each connection":    ManyPatterns,
	"subscribers that do not read":               DeafSubscribers,
	"COMMAND INFO without reading":               UnreadAnswers,
	"half a request":                             HalfRequests,
	"connections that say nothing":               SilentConnections,
	"SENTINEL SET in a loop":                     ChangesInALoop,
	"SENTINEL RESET in a loop":                   ResetsInALoop,
	"SENTINEL CONFIG SET in a loop":              SettingsInALoop,
	"long names for all connections":             LongNames,
	"CLIENT LIST from many connections, unread":  UnreadClientLists,
	"CLIENT TRACKING with prefixes without end":  TrackingPrefixes,
	"connections opened and closed all the time": Churn,
}

// What an attacker has. All traffic stays on one computer, and is bounded.
const (
	crowd      = 200
	few        = 40
	manyArgs   = 1000
	reconnect  = 50 * time.Millisecond // before a connection that was cut is opened again
	breath     = 10 * time.Millisecond // between the visits of those who come again and again
	loopConns  = 20
	churnConns = 50
)

// Patterns are four of 15.9 kB on each of 40 connections, with a class that never ends: they
// had a failover fail once.
func Patterns(ctx context.Context, addr, _ string) error {
	pattern := "*" + strings.Repeat("[", 15900)
	return hold(ctx, addr, few, func(int) string { return request("PSUBSCRIBE", pattern, "*"+pattern, "**"+pattern, "***"+pattern) }, read)
}

// ManyPatterns are as many different ones as the server takes, as slow as they can be.
func ManyPatterns(ctx context.Context, addr, _ string) error {
	return hold(ctx, addr, crowd, func(conn int) string {
		var all strings.Builder
		for i := range 64 {
			all.WriteString(request("PSUBSCRIBE", fmt.Sprintf("*%s[^a]*%d-%d*", strings.Repeat("[^x]*", 40), conn, i)))
		}
		return all.String()
	}, read)
}

// DeafSubscribers listen to everything, ask for more, and read nothing.
func DeafSubscribers(ctx context.Context, addr, _ string) error {
	return hold(ctx, addr, crowd, func(int) string {
		return request("HELLO", "3") + request("PSUBSCRIBE", "*") + strings.Repeat(request("COMMAND"), 300)
	}, ignore)
}

// UnreadAnswers ask for 2 MB with 14 kB, again and again, and read nothing.
func UnreadAnswers(ctx context.Context, addr, _ string) error {
	question := request(append([]string{"COMMAND", "INFO"}, repeated("sentinel", manyArgs)...)...)
	return hold(ctx, addr, crowd, func(int) string { return strings.Repeat(question, 4) }, ignore)
}

// UnreadClientLists have an answer that grows with the number of connections.
func UnreadClientLists(ctx context.Context, addr, _ string) error {
	return hold(ctx, addr, crowd, func(int) string {
		return request("CLIENT", "SETNAME", strings.Repeat("n", 256)) + strings.Repeat(request("CLIENT", "LIST"), 200)
	}, ignore)
}

// HalfRequests fill what a request may have, but for its last byte.
func HalfRequests(ctx context.Context, addr, _ string) error {
	bulk := fmt.Sprintf("$16000\r\n%s\r\n", strings.Repeat("x", 16000))
	return hold(ctx, addr, crowd, func(int) string { return "*5\r\n" + strings.Repeat(bulk, 4) + "$1000\r\nx" }, read)
}

// SilentConnections only hold their places.
func SilentConnections(ctx context.Context, addr, _ string) error {
	return hold(ctx, addr, 5*crowd, func(int) string { return "" }, read)
}

// LongNames are kept for as long as a connection is open.
func LongNames(ctx context.Context, addr, _ string) error {
	name := strings.Repeat("n", 16000)
	return hold(ctx, addr, crowd, func(int) string {
		return request("CLIENT", "SETNAME", name) + request("CLIENT", "SETINFO", "LIB-NAME", name) + request("CLIENT", "SETINFO", "LIB-VER", name)
	}, read)
}

// TrackingPrefixes are kept, too.
func TrackingPrefixes(ctx context.Context, addr, _ string) error {
	return hold(ctx, addr, crowd, func(int) string {
		var all strings.Builder
		for i := range 60 {
			all.WriteString(request("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", fmt.Sprintf("%02d%s", i, strings.Repeat("p", 1000))))
		}
		return all.String()
	}, read)
}

// ChangesInALoop have the service write to the API server.
func ChangesInALoop(ctx context.Context, addr, master string) error {
	return loop(ctx, addr, func(i int) string {
		return request("SENTINEL", "SET", master, "failover-timeout", fmt.Sprint(180000+i%1000))
	})
}

// ResetsInALoop do so for every master.
func ResetsInALoop(ctx context.Context, addr, _ string) error {
	return loop(ctx, addr, func(int) string { return request("SENTINEL", "RESET", "*") })
}

// SettingsInALoop change what every replica of the service follows.
func SettingsInALoop(ctx context.Context, addr, _ string) error {
	return loop(ctx, addr, func(i int) string { return request("SENTINEL", "DEBUG", "info-period", fmt.Sprint(10000+i%100)) })
}

// Churn opens connections, asks once and leaves, up to 5000 times a second: no more, so that
// no computer runs out of ports.
func Churn(ctx context.Context, addr, _ string) error {
	return each(ctx, addr, churnConns, func(ctx context.Context, _ int) error {
		defer pause(ctx, breath)
		return visit(ctx, addr, func(conn net.Conn) error {
			if _, err := io.WriteString(conn, request("PING")); err != nil {
				return err
			}
			_, err := bufio.NewReader(conn).ReadString('\n')
			return err
		})
	})
}

// read takes what comes until the connection ends; ignore takes nothing.
func read(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

func ignore(net.Conn) {}

// hold keeps so many connections open. Each sends its words once and then does what after
// says; one that is cut is opened again.
func hold(ctx context.Context, addr string, conns int, words func(conn int) string, after func(net.Conn)) error {
	return each(ctx, addr, conns, func(ctx context.Context, number int) error {
		return visit(ctx, addr, func(conn net.Conn) error {
			_, err := io.WriteString(conn, words(number))
			if err != nil {
				return err
			}
			after(conn)
			// Whoever reads nothing learns by its writes that it was cut.
			for err == nil {
				select {
				case <-ctx.Done():
					return nil
				case <-time.After(reconnect):
					_, err = io.WriteString(conn, "\r\n")
				}
			}
			return err
		})
	})
}

// loop asks as fast as it is answered, on some connections.
func loop(ctx context.Context, addr string, words func(i int) string) error {
	return each(ctx, addr, loopConns, func(ctx context.Context, _ int) error {
		return visit(ctx, addr, func(conn net.Conn) error {
			answers := bufio.NewReader(conn)
			for i := 0; ; i++ {
				if _, err := io.WriteString(conn, words(i)); err != nil {
					return err
				}
				if _, err := answers.ReadString('\n'); err != nil {
					return err
				}
			}
		})
	})
}

// each lets so many attackers do their work again and again until ctx ends. It fails if the
// address cannot be reached at all.
func each(ctx context.Context, addr string, attackers int, work func(ctx context.Context, number int) error) error {
	if err := visit(ctx, addr, func(net.Conn) error { return nil }); err != nil {
		return fmt.Errorf("no attack on %s: %w", addr, err)
	}
	var running sync.WaitGroup
	for number := range attackers {
		running.Go(func() {
			for ctx.Err() == nil {
				if work(ctx, number) != nil { // it was cut, which is the purpose of all bounds
					pause(ctx, reconnect)
				}
			}
		})
	}
	running.Wait()
	return nil
}

func pause(ctx context.Context, wait time.Duration) {
	select {
	case <-time.After(wait):
	case <-ctx.Done():
	}
}

// stranger is an address of the attacker's own, where there is one to be had: on a computer
// alone. Else it comes from wherever other clients come from.
func stranger(addr string) net.Addr {
	host, _, _ := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() && ip.To4() != nil {
		return &net.TCPAddr{IP: net.IPv4(127, 66, 6, 6)}
	}
	return nil
}

// visit is one connection, which ends with ctx.
func visit(ctx context.Context, addr string, with func(net.Conn) error) error {
	dialer := net.Dialer{LocalAddr: stranger(addr), Control: sharePorts}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	return errors.Join(with(conn), conn.Close())
}

// sharePorts lets an address be bound without a port of its own until the connection is made.
// A port that is bound at once is taken for the whole computer, for a minute after the
// connection has ended (ip(7), IP_BIND_ADDRESS_NO_PORT), and others run out of them.
func sharePorts(_, _ string, conn syscall.RawConn) error {
	const bindAddressNoPort = 24
	if runtime.GOOS != "linux" {
		return nil
	}
	var err error
	if failed := conn.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, bindAddressNoPort, 1)
	}); failed != nil {
		return failed
	}
	return err
}

func request(args ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	return b.String()
}

func repeated(word string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = word
	}
	return list
}
