package node

import (
	"context"
	"net"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestConnectBeginsAnew: a host that has not answered for a while is reached soon after it
// is back. The kernel alone would try again after 1 and 3 s.
func TestConnectBeginsAnew(t *testing.T) {
	socket, addr := deaf(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	began := time.Now()
	hears := time.AfterFunc(1200*time.Millisecond, func() {
		for range 2 {
			if fd, _, err := syscall.Accept(socket); err == nil {
				_ = syscall.Close(fd)
			}
		}
	})
	defer hears.Stop()
	conn, err := connect(ctx, addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if took := time.Since(began); took < time.Second || took > 2800*time.Millisecond {
		t.Errorf("connected after %s; heard since 1.2 s", took)
	}
}

// deaf is a socket whose queue is full, so that the kernel drops who wants to connect.
func deaf(t *testing.T) (socket int, addr sentinel.Addr) {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(socket) })
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(socket, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(socket)
	if err != nil {
		t.Fatal(err)
	}
	addr = sentinel.Addr{Host: "127.0.0.1", Port: name.(*syscall.SockaddrInet4).Port}
	for {
		conn, err := net.DialTimeout("tcp", net.JoinHostPort(addr.Host, strconv.Itoa(addr.Port)), 200*time.Millisecond)
		if err != nil {
			return socket, addr
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
}

// TestConnectFromAnAddress: connections come from the address that was asked for.
func TestConnectFromAnAddress(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	addr := sentinel.Addr{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port}
	conn, err := open(t.Context(), addr, Options{Source: net.ParseIP("127.0.0.9")})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if from := conn.LocalAddr().(*net.TCPAddr).IP.String(); from != "127.0.0.9" {
		t.Errorf("it comes from %s", from)
	}
}
