package monitor

import (
	"errors"
	"fmt"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestOlder: a later term is believed by its seal alone.
func TestOlder(t *testing.T) {
	seal := func(term uint64) string { return fmt.Sprintf("seal-of-%d", term) }
	for _, c := range []struct {
		name  string
		older bool
		err   error
	}{
		{"ctl-6.seal-of-6.1", true, nil},
		{"ctl-7.seal-of-7.2", true, nil},
		{"ctl-7.seal-of-7.1", false, nil}, // to be kept
		{"ctl-8.seal-of-8.1", false, sentinel.ErrOvertaken},
		{"ctl-8.seal-of-7.1", true, nil},
		{"ctl-99999.x", true, nil},
		{"ctl-99999", true, nil},
		{"ctl-x.y", false, nil},
		{"somebody", false, nil},
		{"", false, nil},
	} {
		is, err := older(c.name, 7, seal, []string{"ctl-7.seal-of-7.1"})
		if is != c.older || !errors.Is(err, c.err) {
			t.Errorf("%q: %t, %v", c.name, is, err)
		}
	}
	if _, err := older("ctl-8.1", 7, func(uint64) string { return "" }, nil); !errors.Is(err, sentinel.ErrOvertaken) {
		t.Errorf("without seals: %v", err)
	}
}

// TestForgedName: a client of Redis that takes the name of a later leader stops nobody.
func TestForgedName(t *testing.T) {
	s := redis.Start(t, "127.0.44.4", 6379, redis.Fence...)
	seal := func(term uint64) string { return fmt.Sprintf("seal-of-%d", term) }
	leader := newCommander(t, s, 1)
	leader.control.seal = seal
	client := s.Client().Conn()
	defer client.Close()
	if err := client.Do(t.Context(), "CLIENT", "SETNAME", "ctl-99999.x").Err(); err != nil {
		t.Fatal(err)
	}
	leader.must(t, sentinel.Follow{Process: leader.process, Master: sentinel.Addr{Host: "127.0.44.9", Port: 6379}})
	later := newCommander(t, s, 2)
	later.control.seal = seal
	later.must(t, sentinel.Inspect{Process: later.process, Purge: true})
	if done := leader.command(t.Context(), sentinel.Freeze{Process: leader.process}); done.Err == nil {
		t.Error("an overtaken leader's order was carried out")
	}
}
