package service

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"
	"github.com/sirupsen/logrus/hooks/test"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestProbesTellStrangersAWord: who is not in the pod hears of no master and of no right.
func TestProbesTellStrangersAWord(t *testing.T) {
	const reason = "cannot list pods: not allowed"
	log, said := test.NewNullLogger()
	handler := newHTTP(prometheus.NewRegistry(), func() []string { return []string{reason} }, func() error { return errors.New("stuck at mymaster") }, log).Handler
	get := func(path, from string) string {
		t.Helper()
		request := httptest.NewRequest(http.MethodGet, path, nil)
		request.RemoteAddr = from
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		if answer.Code != http.StatusServiceUnavailable {
			t.Errorf("%s from %s: %d", path, from, answer.Code)
		}
		return strings.TrimSpace(answer.Body.String())
	}
	for _, from := range []string{"10.0.0.7:1000", "[2001:db8::1]:1000", "[::ffff:10.0.0.7]:1", "nonsense"} {
		if ready, alive := get("/readyz", from), get("/healthz", from); ready != "not ready" || alive != "not alive" {
			t.Errorf("%s is told %q and %q", from, ready, alive)
		}
	}
	for _, from := range []string{"127.0.0.1:1000", "[::1]:1000"} {
		if ready, alive := get("/readyz", from), get("/healthz", from); ready != reason || alive != "stuck at mymaster" {
			t.Errorf("%s is told %q and %q", from, ready, alive)
		}
	}
	if warned, informed := count(said, logrus.WarnLevel), count(said, logrus.InfoLevel); warned != 1 || informed != 1 {
		t.Errorf("%d warnings and %d other lines in the log, want one for each probe", warned, informed)
	}
}

// TestVerdictIsToldOnce for each turn, and a reason that changes all the time now and then.
func TestVerdictIsToldOnce(t *testing.T) {
	log, said := test.NewNullLogger()
	v, now := &verdict{log: log, level: logrus.InfoLevel, good: "ready", bad: "not ready"}, time.Now()
	for i := range 100 {
		v.tell(fmt.Sprintf("stuck for %d", i), now.Add(time.Duration(i)*time.Second))
	}
	v.tell("", now.Add(101*time.Second))
	v.tell("", now.Add(102*time.Second))
	v.tell("again", now.Add(102*time.Second))
	if have := len(said.AllEntries()); have != 12 {
		t.Errorf("%d lines, want 10, a good one and one more", have)
	}
}

// claimed is a connection from a host.
type claimed struct {
	net.Conn
	host   string
	closed bool
}

func (c *claimed) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(c.host), Port: 1} }

func (c *claimed) Close() error {
	c.closed = true
	if c.Conn == nil {
		return nil
	}
	return c.Conn.Close()
}

// TestConnectionsOfOneKeepNobodyOut: who has most loses its oldest.
func TestConnectionsOfOneKeepNobodyOut(t *testing.T) {
	conns := newHTTPConns(8)
	open := func(host string) *claimed {
		c := &claimed{host: host}
		conns.changed(c, http.StateNew)
		return c
	}
	probe := open("10.0.0.1")
	var greedy []*claimed
	for range 100 {
		greedy = append(greedy, open("10.6.6.6"))
	}
	second := open("10.0.0.1")
	if probe.closed || second.closed {
		t.Error("a greedy client has kept the probe out")
	}
	live := 0
	for i, c := range greedy {
		if !c.closed {
			live++
		} else if i > len(greedy)-6 {
			t.Errorf("number %d was closed, and it is not the oldest", i)
		}
	}
	if live+2 != 8 {
		t.Errorf("%d connections, want 8", live+2)
	}
	conns.changed(second, http.StateClosed)
	if len(conns.born) != 7 {
		t.Errorf("%d are kept, want 7", len(conns.born))
	}
}

// TestIdleConnectionsDoNotStopProbes against the real server.
func TestIdleConnectionsDoNotStopProbes(t *testing.T) {
	log, _ := test.NewNullLogger()
	server := newHTTP(prometheus.NewRegistry(), func() []string { return nil }, func() error { return nil }, log)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	idle := func() net.Conn {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	first := idle()
	for range 2 * httpConnsMost {
		idle()
	}
	answer, err := (&http.Client{Timeout: 30 * time.Second}).Get("http://" + listener.Addr().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if !bytes.Equal(body, []byte("ok\n")) {
		t.Errorf("%s", body)
	}
	_ = first.SetReadDeadline(time.Now().Add(30 * time.Second))
	if _, err := first.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("the oldest of %d is still open (%v)", 2*httpConnsMost, err)
	}
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// gone hears that a master is gone.
type gone struct {
	k8s.Handler
	heard string
}

func (g *gone) SetGone(master string) { g.heard = master }

var _ k8s.Handler = forgetting{}

// TestMetricsForgetMasters that are gone.
func TestMetricsForgetMasters(t *testing.T) {
	problems, next := newProblems(), &gone{}
	for _, master := range []string{"stays", "goes"} {
		problems.WithLabelValues(k8s.InvalidOption, master).Inc()
		problems.WithLabelValues(k8s.DuplicateMaster, master).Inc()
	}
	forgetting{next, problems}.SetGone("goes")
	registry := prometheus.NewRegistry()
	registry.MustRegister(problems)
	families, err := registry.Gather()
	if err != nil || len(families) != 1 {
		t.Fatalf("%d families, %v", len(families), err)
	}
	if have := len(families[0].GetMetric()); have != 2 || next.heard != "goes" {
		t.Errorf("%d series are left, want 2; %q is told to be gone", have, next.heard)
	}
}

// TestLogLevelHidesNoWarnings, whatever a client sets.
func TestLogLevelHidesNoWarnings(t *testing.T) {
	for level := range sentinel.LogLevels {
		log, said := test.NewNullLogger()
		p := &parts{config: Defaults(), log: log}
		p.settingsChanged(sentinel.Settings{}.With([]sentinel.Setting{{Option: sentinel.SettingLogLevel, Value: level}}))
		if log.Warn("look here"); len(said.AllEntries()) != 1 {
			t.Errorf("at loglevel %s warnings are not told", level)
		}
	}
}
