package service

import (
	"context"
	"path/filepath"
	"testing"

	redistest "github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestLoginAfterAChange: nobody has told that the file has changed; the refusal is
// what has it read.
func TestLoginAfterAChange(t *testing.T) {
	server := redistest.Start(t, "127.0.10.21", 6379)
	client := server.Client()
	defer client.Close()
	path := filepath.Join(t.TempDir(), "password")
	write(t, path, "first")
	l, err := newLogin("probe", "", path)
	if err != nil {
		t.Fatal(err)
	}
	d, addr := newDialer(l, nil, "", nil), sentinel.Addr{Host: server.Host, Port: server.Port}
	// try connects in both ways, to give orders and to watch.
	try := func() error {
		conn, _, err := d.dial(t.Context(), addr, "test")
		if err == nil {
			conn.Close()
		}
		watch, _, watched := d.watch(t.Context(), addr, "test")
		if watched == nil {
			watch.Close()
		}
		if refused(err) != refused(watched) || (err == nil) != (watched == nil) {
			t.Errorf("to give orders: %v; to watch: %v", err, watched)
		}
		return err
	}
	accept := func(passwords ...any) {
		rules := append([]any{"ACL", "SETUSER", "probe", "on", "allcommands", "allkeys", "resetpass"}, passwords...)
		if err := client.Do(context.Background(), rules...).Err(); err != nil {
			t.Fatal(err)
		}
	}
	accept(">first")
	if err := try(); err != nil {
		t.Error(err)
	}
	accept(">second")
	if err := try(); !refused(err) {
		t.Errorf("with a wrong password: %v", err)
	}
	write(t, path, "second")
	if err := try(); err != nil {
		t.Errorf("the new password: %v", err)
	}
	accept(">first")
	if err := try(); !refused(err) {
		t.Errorf("the former password, where the new one was taken: %v", err)
	}
	server.Kill()
	if err := try(); err == nil || refused(err) {
		t.Errorf("nobody there: %v", err)
	}
	server.Restart(t)
	accept(">first")
	if err := try(); err != nil {
		t.Errorf("the former password, at a process that has not changed yet: %v", err)
	}
	accept(">third")
	write(t, path, "")
	if err := try(); !refused(err) {
		t.Errorf("with no good password, and a file that holds none: %v", err)
	}
}
