package command_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// BenchmarkMasterAddr is the query of every client after a failover, in a pipeline
// of 100, with 1000 other masters in the store.
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
	const pipeline = 100
	request := []byte(strings.Repeat("*3\r\n$8\r\nSENTINEL\r\n$23\r\nget-master-addr-by-name\r\n$8\r\nmymaster\r\n", pipeline))
	reply := make([]byte, pipeline*len("*2\r\n$9\r\n127.0.0.1\r\n$4\r\n6379\r\n"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Write(request); err != nil {
			b.Fatal(err)
		}
		for n := 0; n < len(reply); {
			m, err := conn.Read(reply[n:])
			if err != nil {
				b.Fatal(err)
			}
			n += m
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*pipeline), "ns/query")
}
