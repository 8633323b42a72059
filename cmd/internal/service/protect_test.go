package service

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus/hooks/test"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
)

// abroad lets every connection seem to come from another computer.
type abroad struct{ net.Listener }

func (l abroad) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &claimed{Conn: conn, host: "203.0.113.7"}, nil
}

// TestProtectedModeIsOn where no flag says otherwise, for who is not in the pod.
func TestProtectedModeIsOn(t *testing.T) {
	const order = "SENTINEL FAILOVER mymaster"
	protected := func(*Config) {}
	open := func(c *Config) { c.ProtectedMode = false }
	for _, test := range []struct {
		name   string
		change func(*Config)
		wrap   func(net.Listener) net.Listener
		want   string
	}{
		{"from abroad", protected, func(l net.Listener) net.Listener { return abroad{l} }, "-NOPERM"},
		{"from the pod", protected, func(l net.Listener) net.Listener { return l }, "-ERR No such master"},
		{"from abroad, and open", open, func(l net.Listener) net.Listener { return abroad{l} }, "-ERR No such master"},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := valid()
			test.change(&config)
			if have := asked(t, config, test.wrap, order); !strings.HasPrefix(have, test.want) {
				t.Errorf("%s: %q, want %s", order, have, test.want)
			}
		})
	}
}

// asked is what a replica with this configuration answers to one request; it never gets
// to know a cluster.
func asked(t *testing.T, config Config, wrap func(net.Listener) net.Listener, request string) string {
	t.Helper()
	nobody, err := kubernetes.NewForConfig(&rest.Config{Host: "127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	log, _ := test.NewNullLogger()
	p, err := assemble(config, k8s.Clients{Calls: nobody, Watches: nobody, Leader: nobody, Asides: nobody, Endpoints: nobody}, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- p.server.Serve(wrap(listener)) }()
	t.Cleanup(func() {
		p.server.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := fmt.Fprintf(conn, "%s\r\n", request); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}
