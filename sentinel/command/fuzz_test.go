package command_test

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// FuzzServer holds that no bytes that a client sends make the server panic, or keep a
// connection open that the client has left.
func FuzzServer(f *testing.F) {
	for _, seed := range []string{
		"*1\r\n$4\r\nPING\r\n", "SENTINEL masters\r\nSENTINEL SET mymaster quorum 2 x\r\n", "HELLO 3 SETNAME a\r\nCLIENT LIST\r\n",
		"SUBSCRIBE a b\r\nPSUBSCRIBE *\r\nUNSUBSCRIBE\r\nPING\r\n", "COMMAND DOCS\r\nCOMMAND LIST FILTERBY PATTERN *\r\n",
		"CLIENT KILL TYPE normal SKIPME no\r\n", "CLIENT REPLY SKIP\r\nINFO all\r\nCLIENT TRACKING ON BCAST PREFIX a\r\n",
		"ACL SETUSER a on >b +@all -sentinel|master &x\r\nACL DRYRUN a SENTINEL master\r\nACL LOG\r\n", "RESET\r\nQUIT\r\n",
		"SENTINEL CONFIG SET announce-port\r\nSENTINEL DEBUG a\r\nSENTINEL INFO-CACHE mymaster\r\n",
		"SENTINEL IS-MASTER-DOWN-BY-ADDR a b c d\r\nSENTINEL RESET *\r\nAUTH a b\r\nCOMMAND GETKEYS a b\r\n",
	} {
		f.Add([]byte(seed))
	}
	views := store.New()
	views.CommitMaster(healthy())
	looks := atomic.Int64{}
	clock := func() time.Time { return now.Add(time.Duration(looks.Add(1)) * time.Hour) } // so that no failed login is held back
	commands := command.New(command.Options{Store: views, MyID: id("a"), Now: clock})
	server := resp.NewServer(resp.Options{WriteTimeout: time.Second}, commands)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	f.Cleanup(server.Close)
	f.Fuzz(func(t *testing.T, data []byte) {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Skip("no connection: ", err)
		}
		defer func() { _ = conn.Close() }()
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		go func() {
			_, _ = conn.Write(data)
			_ = conn.(*net.TCPConn).CloseWrite()
		}()
		if _, err := io.Copy(io.Discard, conn); err != nil && isTimeout(err) {
			t.Fatalf("still open after %q", data)
		}
		if n := server.Stats().Panics; n != 0 {
			t.Fatalf("panic after %q", data)
		}
	})
}

func isTimeout(err error) bool {
	timeout, ok := err.(net.Error) //nolint:errorlint // of the connection itself
	return ok && timeout.Timeout()
}
