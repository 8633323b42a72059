package monitor

import (
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestAttention: late looks cost nothing, pauses count, also one that lasts still.
func TestAttention(t *testing.T) {
	now := time.Now()
	a := newAttention(now)
	pass := func(d time.Duration) time.Time { now = now.Add(d); return now }
	for range 50 {
		a.attend(pass(attendEvery + 40*time.Millisecond))
	}
	if got := a.missed(now); got != 0 {
		t.Errorf("late looks cost %s", got)
	}
	if got, want := a.missed(pass(5*time.Second)), 5*time.Second-attendEvery; got != want {
		t.Errorf("in the middle of a pause %s were missed, want %s", got, want)
	}
	a.attend(now)
	a.attend(pass(attendEvery))
	if got, want := a.missed(now), 5*time.Second-attendEvery; got != want {
		t.Errorf("after a pause %s were missed, want %s", got, want)
	}
}

// TestSilenceNeedsAttention: what was not listened to is no silence.
func TestSilenceNeedsAttention(t *testing.T) {
	began := time.Now()
	m := &Monitor{attention: newAttention(began)}
	p := &probe{loop: &loop{m: m}, vitals: sentinel.NewVitals(began)}
	p.heard(began)
	if got := p.silence(began.Add(5 * time.Second)); got > inattentive {
		t.Errorf("a process that was not run for 5 s counts %s of silence", got)
	}
	for at := began; at.Before(began.Add(3 * time.Second)); at = at.Add(attendEvery) {
		m.attention.attend(at)
	}
	if got := p.silence(began.Add(3 * time.Second)); got < 3*time.Second-inattentive {
		t.Errorf("3 s of silence that was listened to count as %s", got)
	}
}
