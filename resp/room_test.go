package resp

import (
	"bufio"
	"net"
	"testing"
	"time"
)

// dialFrom is dial with another address of this computer.
func dialFrom(t *testing.T, source, address string) *peer {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}}
	conn, err := dialer.Dial("tcp4", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return &peer{t: t, Conn: conn, lines: bufio.NewReader(conn)}
}

func (p *peer) asks() {
	p.t.Helper()
	p.send("ECHO a\r\n")
	p.want("$1\r\na\r\n")
}

// TestSilentNewcomersMakeRoom: connections that nothing is asked on keep nobody out.
func TestSilentNewcomersMakeRoom(t *testing.T) {
	server, address := listen(t, Options{MaxClients: 3, RequestTimeout: time.Hour}, nil)
	known, first, second := dial(t, address), dial(t, address), dial(t, address)
	known.asks()
	var third *peer
	until(t, "room for a third one", func() bool {
		third = dial(t, address)
		_, _ = third.Write([]byte("ECHO a\r\n"))
		line, _ := third.lines.ReadString('\n')
		return line == "$1\r\n"
	})
	third.want("a\r\n")
	first.wantClosed()
	if n := server.Stats().Displaced; n != 1 {
		t.Errorf("%d made room", n)
	}
	known.asks()
	second.asks()
	third.asks()
	until(t, "three left", func() bool { return server.Stats().Connected == 3 })
}

// TestMajorityMakesRoom: one source may have all connections until another one wants some.
func TestMajorityMakesRoom(t *testing.T) {
	server, address := listen(t, Options{MaxClients: 4}, nil)
	listens := dial(t, address)
	listens.send("SUBSCRIBE a\r\n")
	listens.want("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n")
	var many []*peer
	for range 3 {
		c := dial(t, address)
		c.asks()
		many = append(many, c)
	}
	same := dial(t, address)
	same.want("-ERR max number of clients reached\r\n")
	many[0].asks()
	for i := range 2 {
		dialFrom(t, "127.0.0.2", address).asks()
		many[1+i].wantClosed()
	}
	third := dialFrom(t, "127.0.0.2", address)
	third.want("-ERR max number of clients reached\r\n")
	many[0].asks()
	server.Hub().Publish("a", "x")
	listens.want("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n")
}

func TestSourceOf(t *testing.T) {
	for addr, want := range map[string]string{
		"10.1.2.3:1": "10.1.2.3/32", "[::ffff:10.1.2.3]:1": "10.1.2.3/32", "[2001:db8::1:2:3:4]:1": "2001:db8::/64", "[fe80::1%lo]:1": "fe80::/64",
	} {
		tcp, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if have := sourceOf(tcp).String(); have != want {
			t.Errorf("%s: %s", addr, have)
		}
	}
	if sourceOf(&net.UnixAddr{}).IsValid() {
		t.Error("a unix socket has no source")
	}
}
