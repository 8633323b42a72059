package resp

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

// still is a connection that gives one pipeline again and again and takes all replies.
type still struct {
	net.Conn
	request []byte
	left    int
}

func (c *still) Read(b []byte) (int, error) {
	if c.left == 0 {
		return 0, net.ErrClosed
	}
	c.left--
	return copy(b, c.request), nil
}

func (c *still) Write(b []byte) (int, error)      { return len(b), nil }
func (c *still) Close() error                     { return nil }
func (c *still) SetWriteDeadline(time.Time) error { return nil }
func (c *still) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c *still) LocalAddr() net.Addr              { return &net.TCPAddr{} }

// constant answers everything alike, as cheaply as a handler can.
type constant struct{ reply Reply }

func (constant) Open(s *Session) { s.SetTrusted(true) }

func (c constant) Serve(*Session, [][]byte) Reply { return c.reply }

// BenchmarkSession is what a request costs without the kernel, in pipelines of 16.
func BenchmarkSession(b *testing.B) {
	const pipeline = 16
	server := NewServer(Options{}, constant{Address("127.0.0.1", 6379)})
	conn := &still{request: []byte(strings.Repeat("*3\r\n$8\r\nSENTINEL\r\n$23\r\nget-master-addr-by-name\r\n$8\r\nmymaster\r\n", pipeline)), left: b.N/pipeline + 1}
	session := newSession(server, conn, 1)
	b.ReportAllocs()
	b.ResetTimer()
	server.handler.Open(session)
	if err := session.read(); !errors.Is(err, net.ErrClosed) {
		b.Fatal(err)
	}
}

// BenchmarkFields is a row of SENTINEL MASTERS.
func BenchmarkFields(b *testing.B) {
	var out []byte
	role, period := NewField("role-reported"), NewField("down-after-milliseconds")
	b.ReportAllocs()
	for b.Loop() {
		f := AppendFields(out[:0], RESP2)
		for range 13 {
			f.Text(role, "master")
			f.Number(period, 1000)
		}
		out = f.End()
	}
}

// BenchmarkPublish is a message to 10 000 queues.
func BenchmarkPublish(b *testing.B) {
	server := NewServer(Options{QueueBytes: 1 << 40}, constant{})
	for i := range 10_000 {
		s := newSession(server, &still{}, int64(i))
		s.outbox = newOutbox(1 << 40)
		server.hub.add(s, "+switch-master", false)
	}
	b.ReportAllocs()
	for b.Loop() {
		server.hub.deliver("+switch-master", "mymaster 127.0.0.1 6379 127.0.0.2 6379")
	}
}
