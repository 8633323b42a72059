package command_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// BenchmarkMasterAddr is the query of every client after a failover, one at a time and
// in pipelines, with 1000 other masters in the store. `make profile` looks into it.
func BenchmarkMasterAddr(b *testing.B) {
	views := store.New()
	views.CommitMaster(healthy())
	for i := range 1000 {
		view := healthy()
		view.Name = fmt.Sprintf("m%d", i)
		views.CommitMaster(view)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := resp.NewServer(resp.Options{}, command.New(command.Options{Store: views, MyID: id("a")}))
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, pipeline := range []int{1, 16, 100} {
		b.Run(fmt.Sprintf("pipeline=%d", pipeline), func(b *testing.B) {
			request := []byte(strings.Repeat("*3\r\n$8\r\nSENTINEL\r\n$23\r\nget-master-addr-by-name\r\n$8\r\nmymaster\r\n", pipeline))
			reply := make([]byte, pipeline*len("*2\r\n$9\r\n127.0.0.1\r\n$4\r\n6379\r\n"))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := conn.Write(request); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(conn, reply); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*pipeline), "ns/query")
		})
	}
}

// BenchmarkRows are the replies that have one row or many, rendered without a socket.
func BenchmarkRows(b *testing.B) {
	views := store.New()
	for i := range 100 {
		view := healthy()
		view.Name = fmt.Sprintf("m%d", i)
		views.CommitMaster(view)
	}
	commands := command.New(command.Options{Store: views, MyID: id("a")})
	var session *resp.Session
	server := resp.NewServer(resp.Options{}, opened{commands, func(s *resp.Session) { session = s }})
	here, there := net.Pipe()
	defer func() { _ = there.Close() }()
	listener := &once{conn: make(chan net.Conn, 1)}
	listener.conn <- here
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	if _, err := there.Write([]byte("PING\r\n")); err != nil {
		b.Fatal(err)
	}
	if _, err := there.Read(make([]byte, 16)); err != nil {
		b.Fatal(err)
	}
	for _, line := range []string{"SENTINEL get-master-addr-by-name m7", "SENTINEL MASTER m7", "SENTINEL REPLICAS m7", "SENTINEL MASTERS"} {
		b.Run(strings.Fields(line)[1], func(b *testing.B) {
			var args [][]byte
			for word := range strings.FieldsSeq(line) {
				args = append(args, []byte(word))
			}
			var out []byte
			b.ReportAllocs()
			for b.Loop() {
				out = commands.Serve(session, args).Append(out[:0], resp.RESP2)
			}
			b.ReportMetric(float64(len(out)), "bytes")
		})
	}
}

// opened hands the session out that a benchmark speaks for.
type opened struct {
	*command.Commands
	tell func(*resp.Session)
}

func (o opened) Open(s *resp.Session) {
	o.Commands.Open(s)
	o.tell(s)
}

// once is a listener with one connection.
type once struct{ conn chan net.Conn }

func (l *once) Accept() (net.Conn, error) {
	if conn, open := <-l.conn; open {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (l *once) Close() error   { close(l.conn); return nil }
func (l *once) Addr() net.Addr { return &net.TCPAddr{} }
