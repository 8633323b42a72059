package resp

import (
	"testing"
	"time"
)

// later is when the time of everybody who owes something is over.
func later() time.Time { return time.Now().Add(2 * time.Hour) }

func unhurried() Options { return Options{RequestTimeout: time.Hour} }

// TestHalfARequest: whoever begins a request, or connects, and does not go on is gone, and
// nobody else.
func TestHalfARequest(t *testing.T) {
	server, address := listen(t, unhurried(), nil)
	idle := dial(t, address)
	idle.asks()
	for name, data := range map[string]string{
		"nothing": "", "half a count": "*1", "half a line": "ECH", "half a request": "*2\r\n$4\r\nECHO\r\n$1\r\n", "half the second request": "ECHO a\r\nECH",
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, address)
			until(t, "the session", func() bool { return server.Stats().Connected == 2 })
			before := server.Stats().BytesIn
			c.send(data)
			until(t, "all read", func() bool { return server.Stats().BytesIn == before+uint64(len(data)) })
			until(t, "the session gone", func() bool {
				server.cutOverdue(later())
				return server.Stats().Connected == 1
			})
			c.wantClosed()
		})
	}
	idle.asks()
	if n := server.Stats().TimedOut; n != 5 {
		t.Errorf("%d timed out", n)
	}
}

// TestNobodyHasToBeAsked: it happens by itself.
func TestNobodyHasToBeAsked(t *testing.T) {
	_, address := listen(t, Options{RequestTimeout: 10 * time.Millisecond}, nil)
	dial(t, address).wantClosed()
}

// TestNoLogin: a client that asks and does not log in is gone as well.
func TestNoLogin(t *testing.T) {
	server, address := listenWith(t, shy{}, unhurried(), nil)
	in, out := dial(t, address), dial(t, address)
	in.send("AUTH\r\n")
	in.want("+OK\r\n")
	in.asks()
	out.asks()
	server.cutOverdue(later())
	out.wantClosed()
	in.asks()
}

// TestLongAnswerIsNoDebt: a client that waits for an answer owes nothing.
func TestLongAnswerIsNoDebt(t *testing.T) {
	options := unhurried()
	options.CloseTimeout = patience
	server, address := listen(t, options, nil)
	c := dial(t, address)
	c.send("WAIT\r\nECHO a")
	until(t, "the command", func() bool { return server.Stats().Commands == 1 })
	server.cutOverdue(later())
	server.Close()
	c.want("+OK\r\n")
}

func TestIdleTimeout(t *testing.T) {
	options := unhurried()
	options.IdleTimeout = time.Hour
	server, address := listen(t, options, nil)
	listens, idle := dial(t, address), dial(t, address)
	listens.send("SUBSCRIBE a\r\n")
	listens.want("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n")
	idle.asks()
	server.cutOverdue(time.Now())
	idle.asks()
	server.cutOverdue(later())
	idle.wantClosed()
	server.Hub().Publish("a", "x")
	listens.want("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n")
}
