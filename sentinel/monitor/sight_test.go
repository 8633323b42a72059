package monitor

import (
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestSight: it is blind that heard of nobody for the shortest down-after, and sees that
// heard of one within half of it.
func TestSight(t *testing.T) {
	const downAfter = 2 * time.Second
	set := func(d time.Duration) *loop {
		l := &loop{}
		l.downAfter.Store(int64(d))
		return l
	}
	born := time.Now()
	at := func(ago time.Duration) *Monitor {
		m := &Monitor{attention: newAttention(born.Add(-time.Hour)), loops: map[string]*loop{"a": set(downAfter), "b": set(time.Minute), "c": set(0)}}
		m.attention.last.Store(int64(time.Hour)) // it was run all the time
		m.sight.probes.Store(3)
		m.sight.heard.Store(int64(time.Hour - ago))
		m.sight.since.Store(int64(time.Hour - ago))
		return m
	}
	check := func(what string, m *Monitor, want sentinel.Sight) {
		t.Helper()
		if got := m.Sight(); got != want {
			t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
	check("heard just now", at(0), sentinel.SightSome)
	check("heard a while ago", at(downAfter*3/4), sentinel.SightUnclear)
	check("silence", at(downAfter), sentinel.SightNone)
	never := at(0)
	never.sight.heard.Store(0)
	check("not heard yet", never, sentinel.SightUnclear)
	never.sight.since.Store(int64(time.Hour - downAfter))
	check("never heard", never, sentinel.SightNone)
	nobody := at(time.Minute)
	nobody.sight.probes.Store(0)
	check("nobody to hear", nobody, sentinel.SightUnclear)
	nobody.begin()
	check("the first to hear", nobody, sentinel.SightUnclear)
	nobody.loops = nil
	check("no set", nobody, sentinel.SightUnclear)
	asleep := at(time.Minute)
	asleep.attention.last.Store(int64(time.Hour - time.Minute))
	check("not run for a minute", asleep, sentinel.SightUnclear)
}

// TestSpeaks: a refused connection comes from a machine that lives, a timeout from nowhere.
func TestSpeaks(t *testing.T) {
	for err, want := range map[error]bool{
		syscall.ECONNREFUSED: true, errNotValid: true, syscall.ECONNRESET: false, os.ErrDeadlineExceeded: false, syscall.EHOSTUNREACH: false, syscall.ENETUNREACH: false,
	} {
		if got := speaks(fmt.Errorf("connect: %w", err)); got != want {
			t.Errorf("%v: %t", err, got)
		}
	}
}
