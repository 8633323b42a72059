package clients

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Switch is a +switch-master, as a Sentinel told it.
type Switch struct {
	To string // host of the new master, as announced
	At time.Time
}

// Ears are subscribed at every Sentinel, behind the proxies.
type Ears struct {
	mu    sync.Mutex
	heard []Switch
}

// Listen goes on until ctx is done.
func (e *Ears) Listen(ctx context.Context, client *redis.Client) {
	subscription := client.Subscribe(ctx, "+switch-master")
	defer subscription.Close()
	for ctx.Err() == nil {
		message, err := subscription.ReceiveMessage(ctx)
		if err != nil {
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
			continue
		}
		if words := strings.Fields(message.Payload); len(words) == 5 && words[0] == MasterName {
			e.mu.Lock()
			e.heard = append(e.heard, Switch{To: words[3], At: time.Now()})
			e.mu.Unlock()
		}
	}
}

// First is the first switch since a time that does not lead to the master of that time:
// a Sentinel may tell late of the switch before.
func (e *Ears) First(since time.Time, isOld func(host string) bool) (Switch, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.heard {
		if s.At.After(since) && !isOld(s.To) {
			return s, true
		}
	}
	return Switch{}, false
}
