package load

import (
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

// begin starts a load as a test of a cluster does, over HTTP.
func begin(t *testing.T, plan Plan) Client {
	t.Helper()
	server := httptest.NewServer(new(Server).Handler())
	t.Cleanup(server.Close)
	c := Client{Address: strings.TrimPrefix(server.URL, "http://")}
	if err := c.Begin(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	return c
}

// done waits until n operations have succeeded.
func done(t *testing.T, c Client, name string, n int) {
	t.Helper()
	redis.Eventually(t, 30*time.Second, "successes", func() bool {
		return progress(t, c, name).Done >= n
	})
}

func progress(t *testing.T, c Client, name string) Progress {
	t.Helper()
	now, err := c.Progress(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return now
}

// TestGapAndLoss: a server that is emptied by a restart has lost all writes before it, and
// the time without it is the longest gap.
func TestGapAndLoss(t *testing.T) {
	server := redis.Start(t, "127.0.77.1", 6379)
	c := begin(t, Plan{Name: "w", Kind: Plain, Address: server.Addr(), Workers: 2, Pause: time.Millisecond})
	done(t, c, "w", 50)
	stopped := time.Now()
	server.Kill()
	before := progress(t, c, "w").Done
	// Else a client that dials again finds the new process, and has not seen a failure.
	redis.Eventually(t, 30*time.Second, "a write that fails", func() bool { return progress(t, c, "w").Failed > 0 })
	if err := server.Boot(); err != nil {
		t.Fatal(err)
	}
	away := time.Since(stopped)
	done(t, c, "w", before+50)
	report, err := c.End(t.Context(), "w")
	if err != nil {
		t.Fatal(err)
	}
	if report.Lost < 50 || report.Lost > before || report.Done < before+50 {
		t.Errorf("lost %d of %d, %d before the end", report.Lost, report.Done, before)
	}
	if gap := report.Longest(stopped); gap.For < away/2 || gap.From.After(stopped.Add(time.Second)) {
		t.Errorf("the longest gap is %v from %v; it was away for %v from %v", gap.For, gap.From, away, stopped)
	}
	if report.Failures() == 0 {
		t.Error("no write has failed")
	}
	client := server.Client()
	if left, err := client.DBSize(t.Context()).Result(); err != nil || left > 2 {
		t.Errorf("%d keys are left behind, more than were being written: %v", left, err)
	}
}

// TestAsker: a connection that is refused, and one that is not answered, are counted.
func TestAsker(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.77.2:0")
	if err != nil {
		t.Fatal(err)
	}
	c := begin(t, Plan{Name: "a", Kind: Asker, Address: listener.Addr().String(), Master: "m", Workers: 1, Pause: time.Millisecond})
	answer := func(text string) {
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		request := make([]byte, 1000)
		_, _ = conn.Read(request)
		_, _ = conn.Write([]byte(text))
		_ = conn.Close()
	}
	answer("*2\r\n$9\r\n127.0.0.1\r\n$4\r\n6379\r\n")
	answer("*-1\r\n")
	answer("")
	_ = listener.Close()
	redis.Eventually(t, 30*time.Second, "an answer and two failures", func() bool {
		now := progress(t, c, "a")
		return now.Done >= 1 && now.Failed >= 2
	})
	report, err := c.End(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if report.Done != 1 || report.Errors[`answer: "*-1"`] != 1 || report.Errors["answer: EOF"] != 1 {
		t.Errorf("%d answered, errors %v", report.Done, report.Errors)
	}
}
