package chaos

import (
	"bufio"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestLineHolds: while a line is held nothing passes, not even the end of a connection;
// then everything does.
func TestLineHolds(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	accepted := make(chan net.Conn, 2)
	go func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			accepted <- conn
		}
	}()
	l := newLines(t)
	pod := corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "a", UID: "a"}}
	if l.cut(t.Context(), pod, 0) == nil {
		t.Error("a line that is not there was cut")
	}
	url := l.server(&pod, "https://"+server.Addr().String())
	if again := l.server(&pod, "https://"+server.Addr().String()); again != url || url == "https://"+server.Addr().String() {
		t.Fatalf("the API server is at %s, then at %s", url, again)
	}
	near, err := net.Dial("tcp", url[len("https://"):])
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	far := <-accepted
	say := func(conn net.Conn, text string) {
		t.Helper()
		if _, err := conn.Write([]byte(text + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	hear := func(r *bufio.Reader, want string) {
		t.Helper()
		if text, err := r.ReadString('\n'); text != want+"\n" {
			t.Fatalf("%q (%v), want %q", text, err, want)
		}
	}
	fromNear, fromFar := bufio.NewReader(far), bufio.NewReader(near)
	say(near, "one")
	hear(fromNear, "one")

	own := l.of["a"]
	own.hold()
	say(near, "two")
	say(far, "three")
	if err := far.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	// On loopback what passes does so in microseconds; the time only gives it a chance to.
	for _, conn := range []net.Conn{near, far} {
		if err := conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if n, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("%d bytes and %v passed a line that is held", n, err)
		}
		if err := conn.SetReadDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	own.release()
	hear(fromNear, "two")
	hear(fromFar, "three")
	if _, err := fromFar.ReadByte(); err == nil {
		t.Error("the end of the connection did not pass")
	}
}

// TestDeathLog: ends are found once each, also those in lines that grow and in new files.
func TestDeathLog(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "pods", "test_a_1", "sentinel")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	add := func(name, text string) {
		t.Helper()
		file, err := os.OpenFile(filepath.Join(folder, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := file.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	l := newDeathLog(dir)
	add("0.log", "level=info msg=candidate\nlevel=warning msg=\"crash simulated, as asked for\" component=monitor err=\"<nil>\" master=beta po")
	if have := l.since(0); len(have) != 0 {
		t.Errorf("%v of half a line", have)
	}
	add("0.log", "int=crash-after-pause\n")
	add("1.log", "level=warning msg=\"crash simulated, as asked for\" master=beta point=crash-after-promote\n")
	first, second := Death{Point: "crash-after-pause", Master: "beta", Pod: "a"}, Death{Point: "crash-after-promote", Master: "beta", Pod: "a"}
	if have := l.since(0); !slices.Equal(have, []Death{first, second}) {
		t.Errorf("%v, want %v and %v", have, first, second)
	}
	if have := l.since(1); !slices.Equal(have, []Death{second}) {
		t.Errorf("%v, want %v", have, second)
	}
}
