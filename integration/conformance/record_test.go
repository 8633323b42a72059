package conformance

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// recorder keeps all that a Sentinel publishes.
type recorder struct {
	mu     sync.Mutex
	events []sentinel.Event
}

// record subscribes to everything at addr until the test ends.
func record(t *testing.T, addr string) *recorder {
	t.Helper()
	r := &recorder{}
	client := goredis.NewClient(&goredis.Options{Addr: addr, Protocol: 2, DisableIdentity: true})
	subscription := client.PSubscribe(t.Context(), "*")
	if _, err := subscription.Receive(t.Context()); err != nil {
		t.Fatal(err)
	}
	messages := subscription.Channel(goredis.WithChannelSize(10_000))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for m := range messages {
			r.mu.Lock()
			r.events = append(r.events, sentinel.Event{Type: m.Channel, Payload: m.Payload})
			r.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = subscription.Close()
		<-ended
		_ = client.Close()
	})
	return r
}

// clear begins a story.
func (r *recorder) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = nil
}

// heard are the events so far.
func (r *recorder) heard() []sentinel.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]sentinel.Event(nil), r.events...)
}

// has tells whether these events have come, in this order; each is a channel and,
// after a blank, a part of the payload.
func has(events []sentinel.Event, wanted ...string) bool {
	for _, e := range events {
		if len(wanted) == 0 {
			return true
		}
		channel, part, _ := strings.Cut(wanted[0], " ")
		if e.Type == channel && strings.Contains(e.Payload, part) {
			wanted = wanted[1:]
		}
	}
	return len(wanted) == 0
}

// await waits until every recorder has these events.
func await(t *testing.T, recorders []*recorder, wanted ...string) {
	t.Helper()
	until(t, strings.Join(wanted, ", "), func(context.Context) bool {
		for _, r := range recorders {
			if !has(r.heard(), wanted...) {
				return false
			}
		}
		return true
	})
}

var (
	anyID     = regexp.MustCompile(`\b[0-9a-f]{40}\b`)
	anyQuorum = regexp.MustCompile(`#quorum \d+/\d+`)
)

// form spells an event so that two systems can be compared: the parts of the set
// instead of their addresses.
func form(e sentinel.Event, parts map[string]string) string {
	payload := anyID.ReplaceAllString(e.Payload, "<id>")
	payload = anyQuorum.ReplaceAllString(payload, "#quorum <n>/<n>")
	if e.Type == "+new-epoch" {
		payload = "<n>"
	}
	for host, part := range parts {
		payload = regexp.MustCompile(regexp.QuoteMeta(host)+`\b`).ReplaceAllString(payload, part)
	}
	return e.Type + " " + payload
}
