package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// nonsense is what a program answers that has the address of a Redis and is none: each
// connection gets another one, again for each thing that is said on it. Half of them
// are refused HELLO first, as by an old Redis, and hear it later.
var nonsense = []string{
	"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
	"+OK\r\n",
	":1\r\n",
	"-ERR what do you mean\r\n",
	"$9223372036854775807\r\n",
	"$536870912\r\nx",
	"*9223372036854775807\r\n",
	"%4611686018427387904\r\n",
	"$-7\r\n*-7\r\n",
	"\r\n\r\n\r\n",
	"\x16\x03\x01\x00\x00\xff\xfe\x00", // as if it spoke TLS
	withoutEnd,
}

// withoutEnd stands for a line of a quarter of a GiB.
const withoutEnd = "x"

// babbler answers nonsense at an address.
type babbler struct {
	listener net.Listener
	wg       sync.WaitGroup
	release  func() // lets the one come back whose place it has

	mu    sync.Mutex
	heard int
	conns []net.Conn
}

// standIn is the one that has a Redis's place now.
var standIn *babbler

// babble takes an address as soon as it is free.
func babble(t *testing.T, addr string) *babbler {
	t.Helper()
	b := &babbler{}
	cluster.Eventually(t, 10*time.Second, addr+" is free", func(context.Context) (err error) {
		b.listener, err = net.Listen("tcp", addr)
		return err
	})
	b.wg.Go(b.serve)
	t.Cleanup(b.end)
	return b
}

func (b *babbler) serve() {
	for {
		conn, err := b.listener.Accept()
		if err != nil {
			return
		}
		b.mu.Lock()
		text, later := nonsense[b.heard/2%len(nonsense)], b.heard%2 == 1
		b.heard++
		b.conns = append(b.conns, conn)
		b.mu.Unlock()
		b.wg.Go(func() { answer(conn, text, later) })
	}
}

func answer(conn net.Conn, text string, later bool) {
	defer conn.Close()
	said := make([]byte, 1<<12)
	for first := true; ; first = false {
		if _, err := conn.Read(said); err != nil {
			return
		}
		reply := spoken(text)
		if first && later {
			reply = strings.NewReader("-ERR unknown command 'hello'\r\n")
		}
		_ = conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.Copy(conn, reply); err != nil {
			return
		}
	}
}

func spoken(text string) io.Reader {
	if text != withoutEnd {
		return strings.NewReader(text)
	}
	piece := strings.Repeat(withoutEnd, 1<<20)
	var pieces []io.Reader
	for range 1 << 8 {
		pieces = append(pieces, strings.NewReader(piece))
	}
	return io.MultiReader(pieces...)
}

// awaitHeard waits until so many connections were made.
func (b *babbler) awaitHeard(t *testing.T, n int) {
	t.Helper()
	cluster.Eventually(t, time.Minute, "nonsense is heard", func(context.Context) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.heard < n {
			return fmt.Errorf("%d connections, want %d", b.heard, n)
		}
		return nil
	})
}

func (b *babbler) end() {
	_ = b.listener.Close()
	b.mu.Lock()
	for _, conn := range b.conns {
		_ = conn.Close()
	}
	b.mu.Unlock()
	b.wg.Wait()
}

// inTheWay puts a folder in the place of the file to which a Redis saves, or takes it away.
func (r *release) inTheWay(addr string, put bool) {
	r.t.Helper()
	path := r.dumpOf(addr)
	if err := os.RemoveAll(path); err != nil {
		r.t.Fatal(err)
	}
	if put {
		if err := os.Mkdir(path, 0o700); err != nil {
			r.t.Fatal(err)
		}
	}
}

// dumpOf is the file that a Redis saves to.
func (r *release) dumpOf(addr string) string {
	r.t.Helper()
	dir, err := node(r.t, addr).ConfigGet(r.t.Context(), "dir").Result()
	if err != nil {
		r.t.Fatal(err)
	}
	return filepath.Join(dir["dir"], "dump.rdb")
}

// peakMemory is the most that a process had in memory so far.
func peakMemory(t *testing.T, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 {
			return kib << 10
		}
	}
	t.Fatal(errors.New("no VmHWM in the status of a process"))
	return 0
}
